import type { Entry } from "../core/entry.ts"
import { baseName, entryPath, joinEntryPath } from "../core/path.ts"
import { EntryNotFoundError, InvalidArgumentError, StorageError } from "../errors.ts"
import type { TrackOptions } from "../ports.ts"

/** What a store tells of one object, as its entry records it. */
export interface StoredObject extends Pick<Entry, "digest" | "size" | "extra"> {
  readonly key: string
}

export interface ObjectPlace {
  /** What comes before the key in a reference: `"gs://bucket/"`. */
  readonly base: string
  readonly key: string
}

/**
 * What no store says of an object would make a manifest that nobody can read.
 *
 * @throws StorageError unless there are a size and something that identifies the content
 */
function checkStored(ref: string, { digest, size }: Pick<StoredObject, "digest" | "size">): void {
  if (digest !== "" && Number.isSafeInteger(size) && size! >= 0) return
  throw new StorageError(`The store tells no ${digest === "" ? "ETag" : "size"} of ${ref}`, { operation: "look up", path: ref })
}

/** The one entry of an object, called as it is or as the caller wants. */
export function objectEntry({ base }: ObjectPlace, object: StoredObject, name: string | undefined): Entry {
  const { key, ...facts } = object
  checkStored(base + key, facts)
  return { path: entryPath(name ?? baseName(key), "options.name"), ref: base + key, ...facts }
}

/** What a listing of everything has to begin with to hold what is below `key`, and nothing beside it. */
export function folderPrefix(key: string): string {
  return key === "" || key.endsWith("/") ? key : `${key}/`
}

/**
 * The entries of everything below a key. Markers of folders, which end in a slash, stand for no file.
 *
 * @throws EntryNotFoundError for none at all
 * @throws InvalidArgumentError for more than `maxObjects`, or for two that would be one file of the artifact
 */
export async function folderEntries(
  { base, key }: ObjectPlace,
  objects: AsyncIterable<StoredObject>,
  { name, maxObjects }: TrackOptions,
): Promise<Entry[]> {
  const prefix = folderPrefix(key)
  const entries = new Map<string, Entry>()
  for await (const { key: found, ...facts } of objects) {
    if (found.endsWith("/") || !found.startsWith(prefix)) continue
    if (entries.size === maxObjects) {
      throw new InvalidArgumentError(
        "options.maxObjects",
        `Exceeded ${maxObjects} objects tracked; pass a larger maxObjects to addReference`,
      )
    }
    checkStored(base + found, facts)
    const path = joinEntryPath(name ?? "", found.slice(prefix.length).replace(/^\/+/, ""), "uri")
    const other = entries.get(path)
    if (other !== undefined) throw samePath(path, other.ref!, base + found)
    entries.set(path, { path, ref: base + found, ...facts })
  }
  if (entries.size === 0) throw new EntryNotFoundError(`Nothing is at ${base}${key}, and nothing below it`, { path: base + key })
  return [...entries.values()]
}

function samePath(path: string, one: string, other: string): InvalidArgumentError {
  return new InvalidArgumentError("uri", `${one} and ${other} would both be "${path}"; track them one by one, with names`, { path })
}

/** Adds the way out to the error of a store that refuses; every other one stays as it is. */
export function advise(error: unknown, advice: string): unknown {
  if (!(error instanceof StorageError) || ![401, 403, 409].includes(error.details.status ?? 0)) return error
  return new StorageError(`${error.message}. ${advice}`, error.details, { cause: error.cause })
}
