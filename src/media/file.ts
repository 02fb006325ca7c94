import { contentTypeOf } from "../core/content-type.ts"
import { baseName, entryPath } from "../core/path.ts"
import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { CallOptions, Content, MediaDraft, MediaSource } from "../ports.ts"
import { bytesContent } from "./bytes-content.ts"
import { sha256Hex, sha256OfText } from "./sha256.ts"

/** A local path, a `file:` URL, a `File`, a `Blob`, bytes or a stream: whatever `addFile` takes. */
export type MediaInput = string | URL | Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | Response

/** A file as it is in an artifact. */
export interface PlacedFile {
  readonly path: string
  readonly sha256: string
  /** What is in it, where that is at hand. */
  readonly content?: Content
}

/** The file behind a medium, wherever it comes from. */
export interface MediaFile {
  /** Its name as far as it is known: of a path, a `File`, an address. */
  readonly name: string | undefined
  /** Its content type; undefined as long as nothing tells. */
  readonly type: string | undefined
  /** Puts it into an artifact, below a folder; W&B's rules name it. */
  place(draft: MediaDraft, folder: string): Promise<PlacedFile>
  content(options?: CallOptions): Promise<Content>
}

const REFERENCE = /^(gs|s3|https?):\/\//

export const isReference = (source: unknown): source is string | URL =>
  (typeof source === "string" || source instanceof URL) && REFERENCE.test(String(source))

/**
 * A file of the user's. One that has a name keeps it, below a folder named by its SHA-256; one without is named by its content.
 *
 * @param extension what its name ends with where it has none, with the dot; asked for when the file is read
 */
export function userFile(source: MediaInput, extension: (content: Content) => string | Promise<string>): MediaFile {
  const name = nameOf(source)
  return {
    name,
    type: (source instanceof Blob && source.type) || (name === undefined ? undefined : contentTypeOf(name)),
    async place(draft, folder) {
      const content = await reusable(await draft.open(source), draft)
      const sha256 = await sha256Hex(content, draft)
      const added = content.path === undefined ? undefined : draft.addedPath(content.path)
      if (added !== undefined) return { path: added, sha256, content }
      const isTmp = !content.name
      const path = isTmp
        ? `${folder}/file${await extension(content)}`
        : `${folder}/${sha256.slice(0, 20)}/${baseName(content.name!)}`
      return { path: (await draft.addFile(content, { name: path, isTmp })).path, sha256, content }
    },
    async content() {
      if (source instanceof Blob) return blobContent(source)
      if (source instanceof ArrayBuffer) return bytesContent(new Uint8Array(source))
      if (ArrayBuffer.isView(source)) return bytesContent(new Uint8Array(source.buffer, source.byteOffset, source.byteLength))
      throw new UnsupportedError(
        "A medium made of a path or a stream is read when it is added; read the file itself, or get the medium from the artifact",
      )
    },
  }
}

/** A file that is made, of the same bytes each time. */
export function madeFile(make: () => Promise<Uint8Array> | Uint8Array, extension: string): MediaFile {
  let made: Promise<Content> | undefined
  const content = () => {
    made ??= Promise.resolve(make()).then(bytesContent)
    return made
  }
  return {
    name: undefined,
    type: contentTypeOf(extension),
    content,
    async place(draft, folder) {
      const file = await content()
      const { path } = await draft.addFile(file, { name: `${folder}/file${extension}`, isTmp: true })
      return { path, sha256: await sha256Hex(file, draft), content: file }
    },
  }
}

/** What lives elsewhere and stays there. Its SHA-256 is that of its address, as in Python. */
export function referenceFile(address: string | URL): MediaFile {
  const uri = String(address)
  const name = baseName(uri.replace(/[?#].*$/s, ""))
  return {
    name,
    type: contentTypeOf(name),
    async place(draft, folder) {
      const sha256 = await sha256OfText(uri)
      const path = `${folder}/${sha256.slice(0, 20)}/${baseName(uri)}`
      await draft.addReference(uri, { name: path })
      return { path, sha256 }
    },
    content() {
      throw new UnsupportedError(
        "A medium that is tracked by its address has no file here; get it from the artifact after that was logged",
      )
    },
  }
}

/** A file of a version. Anywhere else it becomes a reference to that, under the same path. */
export function storedFile(source: MediaSource, json: Readonly<Record<string, unknown>>, logType: string): MediaFile {
  if (typeof json.path !== "string")
    throw new InvalidArgumentError("name", `The JSON of a ${logType} names no file: path is missing`)
  const path = entryPath(json.path, `the path of the ${logType}`)
  const { sha256 } = json
  return {
    name: baseName(path),
    type: contentTypeOf(path),
    async place(draft) {
      await draft.addStored(source, path)
      return { path, sha256: typeof sha256 === "string" ? sha256 : await sha256Hex(await source.open(path, draft), draft) }
    },
    content: (options = {}) => source.open(path, options),
  }
}

/** The extension of a name, without the dot and as it is written; empty when there is none. */
export function extensionOf(name: string | undefined): string {
  const base = name === undefined ? "" : baseName(name)
  const dot = base.lastIndexOf(".")
  return dot > 0 ? base.slice(dot + 1) : ""
}

/** @throws InvalidArgumentError when it has another one */
export function requireExtension(argument: string, name: string, allowed: readonly string[]): void {
  if (allowed.includes(extensionOf(name))) return
  throw new InvalidArgumentError(
    argument,
    `${argument} is a file of none of these types: ${allowed.join(", ")}; found "${baseName(name)}"`,
  )
}

function nameOf(source: MediaInput): string | undefined {
  if (typeof source === "string") return source
  if (source instanceof URL) return decodeURIComponent(source.pathname)
  const { name } = source as { name?: unknown }
  return typeof name === "string" && name !== "" ? name : undefined
}

/** A stream can be read once, and a medium is read to be measured before it is stored. */
async function reusable(content: Content, draft: MediaDraft): Promise<Content> {
  if (content.stability !== "once") return content
  const kept = await draft.keep(content)
  // What is kept has a name of its own.
  const { name } = content
  return { stability: kept.stability, size: kept.size, name, stream: (options) => kept.stream(options) }
}

function blobContent(blob: Blob): Content {
  return {
    stability: "frozen",
    size: blob.size,
    stream: ({ range } = {}) => (range ? blob.slice(range.start, range.end) : blob).stream(),
  }
}
