import { checkBoolean } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import type { Json } from "../core/json.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { ByteRange, CallOptions } from "../ports.ts"
import { checkCall } from "./call.ts"
import { downloadEntry } from "./download.ts"
import type { EntryStream } from "./entry-stream.ts"
import { trackProgress } from "./progress.ts"
import { artifactRefUrl, draftRefUrl } from "./reference.ts"
import { type ArtifactState, more } from "./state.ts"
import { defaultRoot, openTarget, type Target } from "./target.ts"

export interface EntryReadOptions extends CallOptions {}

export interface EntryStreamOptions extends CallOptions {
  /** Bytes `start` to `end`, end exclusive. Default: all. */
  readonly range?: ByteRange | undefined
}

/**
 * One file of an artifact: its line in the manifest, and the ways to read it. On a draft only the line can be read, until the
 * artifact is logged.
 */
export class ArtifactManifestEntry implements Entry {
  readonly path: string
  /** Base64 MD5 of the bytes; for a reference what identifies its target. */
  readonly digest: string
  /** Bytes; undefined for a reference whose size is unknown. */
  readonly size: number | undefined
  /** Address of the bytes, for a reference. */
  readonly ref: string | undefined
  readonly extra: { readonly [key: string]: Json } | undefined
  /** Id of the version that first stored these bytes. */
  readonly birthArtifactId: string | undefined
  readonly #state: ArtifactState

  constructor(state: ArtifactState, entry: Entry) {
    this.#state = state
    this.path = entry.path
    this.digest = entry.digest
    this.size = entry.size
    this.ref = entry.ref
    this.extra = entry.extra
    this.birthArtifactId = entry.birthArtifactId
  }

  /** The local file it was added from or staged in, on a draft; undefined when there is none. */
  get localPath(): string | undefined {
    return this.#state.files.get(this.path)?.content.path
  }

  /**
   * Writes the file into `root` under its entry path, verified.
   *
   * @param root default `./artifacts/name:vN`
   * @returns the path written
   * @throws DigestMismatchError when the stored bytes are damaged
   */
  async download(root?: Target, options: CallOptions & { readonly skipCache?: boolean } = {}): Promise<string> {
    checkCall(options, { skipCache: checkBoolean })
    const logged = this.#state.requireLogged("entry.download")
    const { platform } = logged.session
    const { collection, index } = logged.member.version.source
    const { directory } = await openTarget(root, defaultRoot(platform, `${collection}:v${index}`), platform, options)
    await downloadEntry(logged, this, directory, trackProgress(undefined), options)
    return `${directory.name}/${this.path}`
  }

  /**
   * The bytes as a stream, in constant memory. A whole read fails at its end with `DigestMismatchError` when they are damaged. A range
   * is checked when the whole file is on this machine; `stream.verified` says which it is.
   */
  async stream(options: EntryStreamOptions = {}): Promise<EntryStream> {
    const { openStream } = await more()
    return openStream(this.#state, this, options)
  }

  /** The whole file in memory, verified. */
  async bytes(options: EntryReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { readWhole } = await more()
    return readWhole(this.#state, this, options)
  }

  async blob(options: EntryReadOptions = {}): Promise<Blob> {
    return new Blob([await this.bytes(options)])
  }

  /** UTF-8; bytes that are not become U+FFFD, as in `Response.text()`. */
  async text(options: EntryReadOptions = {}): Promise<string> {
    return new TextDecoder().decode(await this.bytes(options))
  }

  async json(options: EntryReadOptions = {}): Promise<unknown> {
    const text = await this.text(options)
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new InvalidArgumentError(
        "entry",
        `"${this.path}" is not JSON: ${(cause as Error).message}`,
        { path: this.path },
        { cause },
      )
    }
  }

  /**
   * An address to GET the bytes from: that of an `http(s):` or `file:` reference, one that the registry gives out, or a `file:` URL of
   * the stored file.
   *
   * @param options.expiresInSeconds for registries over a bucket, which sign it; default one hour. Over W&B's protocol the server decides,
   * `createServer` by its `urlExpiresInSeconds`, and asking for more or less is an `UnsupportedError`
   * @throws UnsupportedError when there is none; serve the registry, or use `blob()` and `URL.createObjectURL`
   */
  async url(options: CallOptions & { readonly expiresInSeconds?: number } = {}): Promise<string> {
    const { entryUrl } = await more()
    return entryUrl(this.#state, this, options)
  }

  /**
   * The address by which another artifact can reference this entry: `wandb-artifact://…`, or `wandb-client-artifact://…` for a draft,
   * which is replaced when both are logged.
   */
  refUrl(): string {
    const { logged, clientId } = this.#state
    return logged === undefined ? draftRefUrl(clientId, this.path) : artifactRefUrl(logged.member.version.id, this.path)
  }

  /** The address a reference entry points at. @throws InvalidArgumentError when the entry is not a reference */
  refTarget(): string {
    if (this.ref !== undefined) return this.ref
    throw new InvalidArgumentError("entry", `Only reference entries have a target; "${this.path}" is a file of the artifact`, {
      path: this.path,
    })
  }

  toJSON(): Entry {
    const { path, digest, size, ref, extra, birthArtifactId } = this
    return { path, digest, size, ref, extra, birthArtifactId }
  }
}
