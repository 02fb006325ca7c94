import { ArtifactFinalizedError, InvalidArgumentError } from "../errors.ts"
import { checkString, refuse } from "./check.ts"
import { checkEntry, type Entry } from "./entry.ts"
import { decodeManifest, type StorageLayout } from "./manifest-decode.ts"
import { digestManifest, encodeEntry, encodeEnvelope, encodeManifest, type ManifestJson } from "./manifest-encode.ts"
import { entryPath } from "./path.ts"
import { show } from "./show.ts"

export { diffManifests, type ManifestDiff } from "./manifest-diff.ts"

export interface ManifestOptions {
  /** Where a W&B server should keep the bytes. */
  readonly storageRegion?: string | undefined
}

/**
 * What an artifact holds: every path and what its bytes are, W&B's manifest v1. Entries keep the order in which they were added;
 * the digest does not depend on it.
 */
export class Manifest {
  #entries = new Map<string, Entry>()
  #spellings = new Map<string, string>()
  #storageLayout: StorageLayout | undefined = "V2"
  #storageRegion: string | undefined
  #size = 0
  #digest: string | undefined
  #frozen = false

  constructor(options: ManifestOptions = {}) {
    if (options.storageRegion === undefined) return
    const region = checkString("storageRegion", options.storageRegion).trim()
    this.#storageRegion = region === "" ? refuse("storageRegion", "the name of a region, or left out", region) : region
  }

  /**
   * Reads manifest JSON. Hostile or malformed text is an `InvalidArgumentError`; what is harmless and known from other writers is
   * let pass (see `decodeManifest`). The strings of a large manifest may share the memory of `text`.
   */
  static decode(text: string): Manifest {
    const parts = decodeManifest(text)
    const manifest = new Manifest()
    manifest.#entries = parts.entries
    manifest.#spellings = parts.spellings
    manifest.#storageLayout = parts.storageLayout
    manifest.#storageRegion = parts.storageRegion
    for (const entry of parts.entries.values()) manifest.#size += entry.size ?? 0
    return manifest
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries
  }

  /** Undefined for one that was read and did not say, which W&B takes as V1. */
  get storageLayout(): StorageLayout | undefined {
    return this.#storageLayout
  }

  get storageRegion(): string | undefined {
    return this.#storageRegion
  }

  /** Bytes, references included, each entry counted whether or not another has the same content. */
  get size(): number {
    return this.#size
  }

  /** Entries, references included. */
  get fileCount(): number {
    return this.#entries.size
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  /** The entry at exactly this path. */
  get(path: string): Entry | undefined {
    return this.#entries.get(path)
  }

  /**
   * Adds a copy of `entry` under its tidied path and returns it. The same path again replaces the entry if the digest is the same
   * or `overwrite` is set; else it is an `InvalidArgumentError`, as every malformed member is. Frozen: `ArtifactFinalizedError`.
   */
  add(entry: Entry, options: { readonly overwrite?: boolean | undefined } = {}): Entry {
    this.#assertMutable("add to")
    const copy = copyEntry(entry)
    const { path } = copy
    const old = this.#entries.get(path)
    if (options.overwrite !== true) refuseOtherContent(old, path, copy.digest)
    if (old !== undefined && this.#spellings.size > 0) this.#spellings.delete(path)
    this.#size += (copy.size ?? 0) - (old?.size ?? 0)
    this.#digest = undefined
    this.#entries.set(path, copy)
    return copy
  }

  /** Removes the entry at `path`, or, if there is none, all below that directory. How many went; 0 when nothing is there. */
  remove(path: string): number {
    this.#assertMutable("remove from")
    const target = entryPath(path, "path")
    const isBelow = (name: string) => name.startsWith(`${target}/`)
    const names = this.#entries.has(target) ? [target] : Array.from(this.#entries.keys()).filter(isBelow)
    for (const name of names) {
      this.#size -= this.#entries.get(name)?.size ?? 0
      this.#entries.delete(name)
      this.#spellings.delete(name)
    }
    if (names.length > 0) this.#digest = undefined
    return names.length
  }

  /** No change from now on. */
  freeze(): this {
    this.#frozen = true
    return this
  }

  /** The same content, and not frozen. */
  copy(): Manifest {
    const copy = new Manifest()
    copy.#entries = new Map(this.#entries)
    copy.#spellings = new Map(this.#spellings)
    copy.#storageLayout = this.#storageLayout
    copy.#storageRegion = this.#storageRegion
    copy.#size = this.#size
    copy.#digest = this.#digest
    return copy
  }

  /** Hex MD5 over paths and digests: what W&B calls the artifact's digest. */
  digest(): string {
    this.#digest ??= digestManifest(this.#stored())
    return this.#digest
  }

  /** A plain object, as Python's `to_manifest_json` has it. For large manifests {@link encode} is far cheaper. */
  toJSON(): ManifestJson {
    const contents = Object.fromEntries(Array.from(this.#stored(), ([path, entry]) => [path, encodeEntry(entry)]))
    return { ...encodeEnvelope(this), contents }
  }

  /** Compact manifest JSON text; {@link decode} reads it back. */
  encode(): string {
    return encodeManifest(encodeEnvelope(this), this.#stored())
  }

  /** Entries by the path that stands in the document. */
  #stored(): ReadonlyMap<string, Entry> {
    if (this.#spellings.size === 0) return this.#entries
    return new Map(Array.from(this.#entries, ([path, entry]) => [this.#spellings.get(path) ?? path, entry]))
  }

  #assertMutable(verb: string): void {
    if (this.#frozen)
      throw new ArtifactFinalizedError(`Cannot ${verb} an artifact that is final. Use newDraft() to make the next version.`)
  }
}

function copyEntry(entry: Entry): Entry {
  if (typeof entry !== "object" || entry === null) refuse("entry", "an object with path and digest", entry)
  return checkEntry(entryPath(entry.path), entry, (key) => `entry.${key}`)
}

/** The one who adds has to say that other content is to be replaced. */
export function refuseOtherContent(old: Entry | undefined, path: string, digest: string): void {
  if (old === undefined || old.digest === digest) return
  const message = `${show(path)} is in the artifact already, with other content; pass overwrite: true (addDir: merge: true) to replace it`
  throw new InvalidArgumentError("name", message, { path, expected: old.digest, actual: digest })
}
