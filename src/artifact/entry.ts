import { checkBoolean, checkPositiveInteger, optional } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import type { Json } from "../core/json.ts"
import { ArtifactNotLoggedError, InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { ByteRange, CallOptions, Content } from "../ports.ts"
import { checkCall } from "./call.ts"
import { downloadEntry } from "./download.ts"
import { type EntryStream, openStream, readWhole } from "./entry-stream.ts"
import { trackProgress } from "./progress.ts"
import { openStored, storedEntry } from "./read.ts"
import { artifactRefUrl, draftRefUrl } from "./reference.ts"
import type { ArtifactState, Logged } from "./state.ts"
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
    checkCall(options, ["signal", "skipCache"])
    optional(checkBoolean, "options.skipCache", options.skipCache)
    const logged = this.#logged("entry.download")
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
    checkCall(options, ["signal", "range"])
    checkRange(options.range)
    return openStream(this.#logged("entry.stream"), this, options)
  }

  /** The whole file in memory, verified. */
  async bytes(options: EntryReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    checkCall(options)
    return readWhole(this.#logged("entry.bytes"), this, options)
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
   * @param options.expiresInSeconds for registries that sign addresses
   * @throws UnsupportedError when there is none; serve the registry, or use `blob()` and `URL.createObjectURL`
   */
  async url(options: CallOptions & { readonly expiresInSeconds?: number } = {}): Promise<string> {
    checkCall(options, ["signal", "expiresInSeconds"])
    optional(checkPositiveInteger, "options.expiresInSeconds", options.expiresInSeconds)
    const logged = this.#logged("entry.url")
    if (this.ref !== undefined) return referenceUrl(this, this.ref)
    const { registry } = logged.session
    const member = { ...logged.member.collection, index: logged.member.index, id: logged.member.version.id }
    if (registry.fileUrl !== undefined) return registry.fileUrl(member, storedEntry(this), options)
    const content = await openStored(logged, storedEntry(this), options)
    if (content.path !== undefined) return fileUrl(content)
    throw new UnsupportedError(
      `"${this.path}" has no address in ${registry.name}: serve the registry, or use blob() and URL.createObjectURL`,
      { path: this.path },
    )
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

  #logged(member: string): Logged {
    const { logged } = this.#state
    if (logged !== undefined) return logged
    throw new ArtifactNotLoggedError(`${member} reads stored bytes, and "${this.#state.collection}" is a draft: log it first`, {
      operation: member,
    })
  }
}

function referenceUrl({ path }: Entry, ref: string): string {
  if (/^(https?|file):/i.test(ref)) return ref
  throw new UnsupportedError(
    `"${path}" references ${ref.replace(/[?#].*$/s, "")}, which nothing can GET as it stands; see refTarget()`,
    { path },
  )
}

function fileUrl({ path }: Content): string {
  const encoded = path!.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/")
  return `file://${encoded.startsWith("/") ? "" : "/"}${encoded.replace(/^(\/?[A-Za-z])%3A/, "$1:")}`
}

function checkRange(range: unknown): void {
  if (range === undefined) return
  const { start, end } = (range ?? {}) as Partial<ByteRange>
  if (isOffset(start) && (end === undefined || (isOffset(end) && end >= start))) return
  throw new InvalidArgumentError(
    "options.range",
    "range must be { start, end? } in bytes: whole numbers, 0 <= start <= end, end exclusive",
  )
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
