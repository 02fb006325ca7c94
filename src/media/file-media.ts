import type { CallOptions, MediaDraft } from "../ports.ts"
import type { MediaFile, PlacedFile } from "./file.ts"
import { Media } from "./media.ts"

/** A medium that is one file and what is said about it. */
export abstract class FileMedia extends Media {
  readonly caption: string | undefined
  /** Where W&B keeps files of this kind in an artifact. */
  protected abstract readonly folder: string
  protected readonly file: MediaFile

  constructor(file: MediaFile, caption?: string | undefined) {
    super()
    this.file = file
    this.caption = caption
  }

  /**
   * Its file, of the type that its name tells; of one that was read from an artifact, verified while it is read.
   *
   * @throws UnsupportedError when it is not to be read here
   */
  async blob({ signal }: CallOptions = {}): Promise<Blob> {
    const parts: BlobPart[] = []
    const reader = (await this.stream({ signal })).getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(read.value as Uint8Array<ArrayBuffer>)
    return new Blob(parts, { type: this.file.type ?? "" })
  }

  async bytes(options: CallOptions = {}): Promise<Uint8Array> {
    return new Uint8Array(await (await this.blob(options)).arrayBuffer())
  }

  async stream({ signal }: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return (await this.file.content({ signal })).stream({ signal })
  }

  async toJson(draft: MediaDraft): Promise<Record<string, unknown>> {
    const { caption, logType } = this
    const placed = await this.file.place(draft, this.folder)
    const { path, sha256 } = placed
    return { ...(caption !== undefined && { caption }), path, sha256, _type: logType, ...(await this.details(placed, draft)) }
  }

  /** What else its JSON says. */
  protected async details(_: PlacedFile, __: MediaDraft): Promise<Record<string, unknown>> {
    return {}
  }
}
