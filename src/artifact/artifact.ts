import type { Manifest } from "../core/manifest.ts"
import { entryPath } from "../core/path.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { CallOptions, MediaObject } from "../ports.ts"
import { encodeAttributes } from "./attributes.ts"
import { ArtifactBuilder } from "./builder.ts"
import { checkCall } from "./call.ts"
import { checkDownloadOptions, type DownloadOptions, download } from "./download.ts"
import { type ArtifactOptions, draftState } from "./draft.ts"
import { ArtifactManifestEntry } from "./entry.ts"
import { type ArtifactFile, type FilesOptions, listFiles, singleFile } from "./files.ts"
import { loadManifest } from "./load.ts"
import { ensureLogged, type SaveOptions, saveChecks } from "./log.ts"
import type { OnProgress } from "./progress.ts"
import { RunInfo } from "./run-info.ts"
import { ArtifactState, type Logged, more } from "./state.ts"
import { defaultRoot, openTarget, type Target } from "./target.ts"
import type { VerifyOptions, VerifyReport } from "./verify.ts"

/**
 * A versioned set of files: a draft that is built and logged, or a version that a registry has. What Python's `wandb.Artifact` is.
 *
 * @example
 * const artifact = new Artifact("birds", "dataset")
 * await artifact.addDir("./birds")
 * await run.logArtifact(artifact)
 */
export class Artifact extends ArtifactBuilder {
  readonly #state: ArtifactState

  /**
   * @param name letters, digits, `_ - .`; at most 128; unique in a project
   * @param type free text, such as `"dataset"` or `"model"`; `job` and `wandb-…` are reserved
   * @throws InvalidArgumentError naming the argument
   */
  constructor(name: string, type: string, options?: ArtifactOptions)
  /** @internal */
  constructor(state: ArtifactState)
  constructor(name: string | ArtifactState, type?: string, options: ArtifactOptions = {}) {
    const state = name instanceof ArtifactState ? name : draftState(name, type!, options)
    super(state)
    this.#state = state
  }

  // ------------------------------------------------------------ logging

  /**
   * A draft is logged by the active run, or by an automatic one of job type `auto`. On a logged artifact, edited aliases, tags,
   * description, metadata and ttl are persisted.
   */
  async save(options: SaveOptions = {}): Promise<void> {
    checkCall(options, saveChecks)
    if (this.isDraft()) await ensureLogged(this, options)
    else await (await more()).saveEdits(this.#state, options)
  }

  /** Until logging is done. @throws WaitTimeoutError after `timeoutMs`; logging goes on @throws what made logging fail */
  async wait(options: CallOptions & { readonly timeoutMs?: number | undefined } = {}): Promise<this> {
    const { saving } = this.#state
    const { waitLogged } = await more()
    await waitLogged(this.#state, saving, options)
    return this
  }

  /** A draft with the same content, based on this version; it stores only what it adds. Carries description and metadata. */
  async newDraft(options: CallOptions = {}): Promise<Artifact> {
    checkCall(options)
    const logged = this.#logged("newDraft")
    const { newDraft } = await more()
    return new Artifact(await newDraft(this.#state, logged, options))
  }

  // ------------------------------------------------------------ reading

  /** The manifest, fetched if it is not here yet. */
  async loadManifest(options: CallOptions = {}): Promise<Manifest> {
    checkCall(options)
    return loadManifest(this.#state, options)
  }

  /** The entry at `name`. @throws EntryNotFoundError @throws ArtifactNotLoggedError on a draft */
  getEntry(name: string): ArtifactManifestEntry {
    this.#logged("getEntry")
    const path = entryPath(name)
    const entry = this.manifest.get(path)
    if (entry !== undefined) return this.#entry(entry)
    throw new EntryNotFoundError(`Path not contained in "${this.name}": ${path}`, { path })
  }

  /** The typed object at `name`, with or without the suffix of its kind; undefined when there is none. Reads only what it is made of. */
  async get(name: string, options?: CallOptions): Promise<MediaObject | undefined> {
    const { getObject } = await more()
    return getObject(this.#state, name, options)
  }

  /** @deprecated use `getEntry` */
  getPath(name: string): ArtifactManifestEntry {
    return this.getEntry(name)
  }

  /** The files, all or those named. @throws EntryNotFoundError for a name that is not there */
  files(names?: readonly string[], options?: FilesOptions): AsyncIterable<ArtifactFile> {
    this.#logged("files")
    return listFiles(this.#state, (path) => this.getEntry(path), names, options)
  }

  /**
   * The file of an artifact that has one, verified: downloaded into `root`, and its path. Without `root` where files have no paths, such
   * as in a page: its bytes as a `Blob`.
   *
   * @throws InvalidArgumentError when there are more
   */
  file(root: Target, options?: CallOptions): Promise<string>
  file(root?: Target, options?: CallOptions): Promise<string | Blob>
  async file(root?: Target, options: CallOptions = {}): Promise<string | Blob> {
    checkCall(options)
    const logged = this.#logged("file")
    return singleFile(logged, await loadManifest(this.#state, options), (path) => this.getEntry(path), root, options)
  }

  /**
   * Writes the artifact below `root`, every byte verified; other files there stay, right ones are not written again.
   *
   * @param root a path, a `FileSystemDirectoryHandle` or a `Directory`; default `./artifacts/name:vN`
   * @returns `root`
   * @throws DigestMismatchError naming the file, of which nothing is kept
   */
  async download<T extends Target = string>(root?: T, options: DownloadOptions = {}): Promise<T | string> {
    checkDownloadOptions(options)
    const logged = this.#logged("download")
    const target = await openTarget(root, defaultRoot(this.#state.platform, this.sourceName), this.#state.platform, options)
    await download(logged, (await loadManifest(this.#state, options)).entries.values(), target.directory, options)
    return target.root
  }

  /** As `download`, and then **deletes** every other file below `root`. Default root: `./artifacts/name`. */
  async checkout<T extends Target = string>(
    root?: T,
    options: CallOptions & { readonly onProgress?: OnProgress } = {},
  ): Promise<T | string> {
    const { checkout } = await more()
    return checkout(this.#state, root, options)
  }

  /**
   * Hashes every file below `root` (default: where `download` puts them; or, with `stored`, in the registry) and compares. References are listed as unverified.
   *
   * @throws DigestMismatchError listing all files that are damaged, missing or not in the artifact
   */
  async verify(root?: Target, options: VerifyOptions = {}): Promise<VerifyReport> {
    const { verify } = await more()
    return verify(this.#state, root, options)
  }

  // ------------------------------------------------------------ collections and lineage

  /** Deletes this version; a link is only unlinked. @throws ConflictError when it has aliases and `deleteAliases` is not set */
  async delete(options: CallOptions & { readonly deleteAliases?: boolean } = {}): Promise<void> {
    const { deleteVersion } = await more()
    await deleteVersion(this.#state, options)
  }

  /** Links this version into a collection, `"[[entity/]project/]collection"`, made if need be. A draft is saved first. */
  async link(targetPath: string, options: CallOptions & { readonly aliases?: readonly string[] } = {}): Promise<Artifact> {
    const { linkVersion } = await more()
    return linkVersion(this, targetPath, options)
  }

  /** Takes this link out of its collection. @throws InvalidArgumentError when it is not a link */
  async unlink(options: CallOptions = {}): Promise<void> {
    const { unlinkVersion } = await more()
    await unlinkVersion(this.#state, options)
  }

  /** Every collection it is linked into, as an artifact reached through it. */
  async linkedArtifacts(options: CallOptions = {}): Promise<Artifact[]> {
    const { linkedArtifacts } = await more()
    return linkedArtifacts(this.#state, options)
  }

  /** The version as it was logged; itself unless it is a link. */
  async sourceArtifact(options: CallOptions = {}): Promise<Artifact> {
    const { sourceArtifact } = await more()
    return sourceArtifact(this, options)
  }

  /** The run that logged it. */
  async loggedBy(options: CallOptions = {}): Promise<RunInfo | undefined> {
    checkCall(options)
    const { session, member } = this.#logged("loggedBy")
    const record = await session.registry.loggedBy(member.version.id, options)
    return record === undefined ? undefined : new RunInfo(session, record)
  }

  /** The runs that used it. */
  async usedBy(options: CallOptions = {}): Promise<RunInfo[]> {
    checkCall(options)
    const { session, member } = this.#logged("usedBy")
    const records = await session.registry.usedBy(member.version.id, options)
    return records.map((record) => new RunInfo(session, record))
  }

  /** Its attributes as plain JSON. */
  jsonEncode(): { readonly [key: string]: unknown } {
    return encodeAttributes(this, !this.isDraft())
  }

  toJSON(): { readonly [key: string]: unknown } {
    return this.jsonEncode()
  }

  #logged(member: string): Logged {
    return this.#state.requireLiving(member)
  }

  #entry(entry: ConstructorParameters<typeof ArtifactManifestEntry>[1]): ArtifactManifestEntry {
    return new ArtifactManifestEntry(this.#state, entry)
  }
}
