import { entryPath } from "../core/path.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { MediaObject } from "../ports.ts"
import { type AddDirOptions, type AddFileOptions, addDir, addFile } from "./add.ts"
import { ArtifactAttributes } from "./attributes.ts"
import { ArtifactManifestEntry } from "./entry.ts"
import type { ArtifactFileWriter } from "./file-writer.ts"
import type { NewFileOptions } from "./new-file.ts"
import type { AddOptions } from "./objects.ts"
import type { AddReferenceOptions } from "./reference.ts"
import type { DirectorySource, FileSource } from "./sources.ts"
import { type ArtifactState, more } from "./state.ts"

/** What changes a draft. On a final artifact each throws `ArtifactFinalizedError`. */
export abstract class ArtifactBuilder extends ArtifactAttributes {
  readonly #state: ArtifactState

  constructor(state: ArtifactState) {
    super(state)
    this.#state = state
  }

  /** Adds one file. @throws InvalidArgumentError when its path is taken by other content @throws ArtifactFinalizedError */
  async addFile(source: FileSource, options?: AddFileOptions): Promise<ArtifactManifestEntry> {
    return this.#entry(await addFile(this.#state, source, options))
  }

  /**
   * Adds every file of a directory, all or none; empty folders vanish. Symbolic links are followed unless `links` says otherwise. Folders
   * named `.isofact`, and links into them, are left out: they hold a registry, and the key of its server.
   *
   * @throws InvalidArgumentError when it is not a directory, or a path is taken by other content and `merge` is not set
   */
  async addDir(dir: DirectorySource, options?: AddDirOptions): Promise<void> {
    await addDir(this.#state, dir, options)
  }

  /** A file to write to; it joins the artifact when closed. @throws InvalidArgumentError when the name is taken and mode is `"x"` */
  newFile(name: string, options?: NewFileOptions): Promise<ArtifactFileWriter>
  /** Runs `write` on a new file and closes it; when `write` fails, nothing of it stays. */
  newFile(name: string, write: (file: ArtifactFileWriter) => unknown, options?: NewFileOptions): Promise<ArtifactManifestEntry>
  async newFile(
    name: string,
    write?: NewFileOptions | ((file: ArtifactFileWriter) => unknown),
    options?: NewFileOptions,
  ): Promise<ArtifactFileWriter | ArtifactManifestEntry> {
    const { newFile, writeFile } = await more()
    if (typeof write !== "function") return newFile(this.#state, name, write)
    return this.#entry(await writeFile(this.#state, name, write, options))
  }

  /**
   * Tracks what lives elsewhere without storing it: a file, a bucket, an entry of another artifact.
   *
   * @throws EntryNotFoundError when nothing is there @throws UnsupportedError when this runtime cannot read its checksum
   */
  async addReference(uri: string | URL | ArtifactManifestEntry, options?: AddReferenceOptions): Promise<ArtifactManifestEntry[]> {
    const { addEntryReference, addReference } = await more()
    const entries =
      uri instanceof ArtifactManifestEntry
        ? addEntryReference(this.#state, uri, uri.refUrl(), options)
        : await addReference(this.#state, uri, options)
    return entries.map((entry) => this.#entry(entry))
  }

  /**
   * Adds a typed object of `isofact/media` (a `Table`, an `Image`, …): a JSON file at `name` plus the suffix of its kind, and the files it
   * names. An object that was added before keeps its entry; one that another artifact holds becomes a reference to it.
   *
   * @throws InvalidArgumentError when the path is taken by other content and `overwrite` is not set
   */
  async add(obj: MediaObject, name: string, options?: AddOptions): Promise<ArtifactManifestEntry> {
    const { addObject } = await more()
    return this.#entry(await addObject(this.#state, obj, name, options))
  }

  /** The same as `add`, the other way round. */
  set(name: string, obj: MediaObject): Promise<ArtifactManifestEntry> {
    return this.add(obj, name)
  }

  /** Removes an entry, or everything below a directory. @throws EntryNotFoundError when there is nothing */
  remove(item: string | ArtifactManifestEntry): void {
    const manifest = this.#state.requireChangeable("remove")
    const path = entryPath(item instanceof ArtifactManifestEntry ? item.path : item, "item")
    if (manifest.remove(path) === 0) throw new EntryNotFoundError(`No such file or directory in "${this.name}": ${path}`, { path })
    for (const name of this.#state.files.keys()) if (manifest.get(name) === undefined) this.#state.files.delete(name)
    for (const [local, name] of this.#state.localNames) if (manifest.get(name) === undefined) this.#state.localNames.delete(local)
  }

  /** The entry path under which a local file was added. */
  getAddedLocalPathName(localPath: string): string | undefined {
    if (typeof localPath !== "string") throw new InvalidArgumentError("localPath", "localPath must be the path of a local file")
    return this.#state.localNames.get(this.#state.platform.resolvePath(localPath))
  }

  /** No change after this. Logging finalizes. */
  finalize(): void {
    this.#state.final = true
  }

  /** Whether it is not logged yet. */
  isDraft(): boolean {
    return this.#state.logged === undefined
  }

  #entry(entry: ConstructorParameters<typeof ArtifactManifestEntry>[1]): ArtifactManifestEntry {
    return new ArtifactManifestEntry(this.#state, entry)
  }
}
