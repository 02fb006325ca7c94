import { checkOptions, checkPositiveInteger, checkSignal, optional } from "../core/check.ts"
import type { Manifest } from "../core/manifest.ts"
import { comparePaths, entryPath } from "../core/path.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import { listed } from "./call.ts"
import type { ArtifactManifestEntry } from "./entry.ts"
import { loadManifest } from "./load.ts"
import type { ArtifactState, Logged } from "./state.ts"
import { defaultRoot, type Target } from "./target.ts"

export interface FilesOptions extends CallOptions {
  /** As in Python, and without effect: the manifest that lists them is read whole. */
  readonly perPage?: number | undefined
}

/** A stored file as a listing shows it. */
export class ArtifactFile {
  readonly #entry: ArtifactManifestEntry

  /** @internal */
  constructor(entry: ArtifactManifestEntry) {
    this.#entry = entry
  }

  /** Entry path. */
  get name(): string {
    return this.#entry.path
  }
  /** Bytes. */
  get size(): number {
    return this.#entry.size ?? 0
  }
  get digest(): string {
    return this.#entry.digest
  }
  /** As `ArtifactManifestEntry.url`. */
  url(options?: CallOptions & { readonly expiresInSeconds?: number }): Promise<string> {
    return this.#entry.url(options)
  }
  /** Writes it into `root` under its name, verified; returns the path written. */
  download(root?: Target, options?: CallOptions): Promise<string> {
    return this.#entry.download(root, options)
  }
}

type GetEntry = (path: string) => ArtifactManifestEntry

export function listFiles(
  state: ArtifactState,
  getEntry: GetEntry,
  names: readonly string[] | undefined,
  options: FilesOptions = {},
): AsyncIterable<ArtifactFile> {
  checkOptions("options", options, ["perPage", "signal"])
  if (options.perPage !== undefined) checkPositiveInteger("options.perPage", options.perPage)
  optional(checkSignal, "options.signal", options.signal)
  if (names !== undefined && !Array.isArray(names)) throw new InvalidArgumentError("names", "names must be an array of entry paths")
  const paths = names?.map((name, index) => entryPath(name, `names[${index}]`))
  return iterate(state, getEntry, paths, options)
}

async function* iterate(state: ArtifactState, getEntry: GetEntry, names: readonly string[] | undefined, options: CallOptions) {
  options.signal?.throwIfAborted()
  const manifest = await loadManifest(state, options)
  const paths = names ?? [...manifest.entries.keys()].sort(comparePaths)
  for await (const path of listed(paths, options.signal)) yield new ArtifactFile(getEntry(path))
}

export async function singleFile(
  logged: Logged,
  manifest: Manifest,
  getEntry: GetEntry,
  root: Target | undefined,
  options: CallOptions,
): Promise<string | Blob> {
  const [path, ...others] = manifest.entries.keys()
  if (path === undefined || others.length > 0) {
    throw new InvalidArgumentError(
      "artifact",
      `"${logged.name}" has ${manifest.fileCount} files, and file() is for one: call download() for all, or getEntry("${path ?? "name"}").download()`,
    )
  }
  const entry = getEntry(entryPath(path))
  const { platform } = logged.session
  if (root === undefined && !platform.hasPaths) return entry.blob(options)
  return entry.download(root === undefined ? defaultRoot(platform, logged.name) : root, options)
}
