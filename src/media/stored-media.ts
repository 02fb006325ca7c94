import { entryPath } from "../core/path.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content, MediaDraft, MediaSource } from "../ports.ts"
import { Media } from "./media.ts"
import { isDictionary } from "./types/list.ts"
import { keptType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"

/**
 * An image, a sound, a video or any other medium of a version: what its JSON says, and the file that it names. Added to another artifact, it
 * and its files become references to that version.
 */
export class StoredMedia extends Media {
  readonly logType: string
  /** As it stands in the artifact: `caption`, `width`, `boxes` and what else its kind has. */
  readonly json: Readonly<Record<string, unknown>>
  readonly #source: MediaSource

  /** @throws InvalidArgumentError when the JSON is of another kind, or names files outside of the artifact */
  constructor(logType: string, json: unknown, source: MediaSource) {
    super()
    this.logType = logType
    this.json = asObject(logType, json)
    this.#source = source
    for (const path of this.paths()) entryPath(path, `the path of the ${logType}`)
  }

  /** The path of its file; undefined for what has none, as classes. */
  get path(): string | undefined {
    return typeof this.json.path === "string" ? this.json.path : undefined
  }

  get caption(): string | undefined {
    return typeof this.json.caption === "string" ? this.json.caption : undefined
  }

  /** Its file, verified while it is read. @throws InvalidArgumentError when it has none */
  async content(options: CallOptions = {}): Promise<Content> {
    const { path } = this
    if (path === undefined) throw new InvalidArgumentError("path", `This ${this.logType} has no file; all of it is in json`)
    return this.#source.open(path, options)
  }

  async blob({ signal }: CallOptions = {}): Promise<Blob> {
    const stream = (await this.content({ signal })).stream({ signal }) as ReadableStream<Uint8Array<ArrayBuffer>>
    return new Response(stream).blob()
  }

  override columnType(): ColumnType {
    return keptType(this.logType)
  }

  async toJson(draft: MediaDraft): Promise<unknown> {
    for (const path of this.paths()) await draft.addStored(this.#source, path)
    return this.json
  }

  /** Of its file, and of the masks and classes of an image. */
  paths(): Set<string> {
    const paths = new Set<string>()
    const { masks, classes } = this.json
    for (const part of [this.json, classes, ...(isDictionary(masks) ? Object.values(masks) : [])]) {
      const { path } = isDictionary(part) ? part : {}
      if (typeof path === "string") paths.add(path)
    }
    return paths
  }
}

/** What a file holds without naming its kind: the boxes of an image are a list. */
function asObject(logType: string, json: unknown): Readonly<Record<string, unknown>> {
  if (logType === "bounding-boxes" && Array.isArray(json)) return { boxes: json }
  if (isDictionary(json) && (json._type === undefined || json._type === logType)) return json
  throw new InvalidArgumentError("name", `What should be of the kind ${logType} has another _type`)
}
