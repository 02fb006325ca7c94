import type { Digest } from "../core/digest-text.ts"
import { type Entry, hasMd5 } from "../core/entry.ts"
import { DigestMismatchError, EntryNotFoundError, StorageError } from "../errors.ts"
import type { CallOptions, Content, Directory, OpenFileOptions, StoredEntry } from "../ports.ts"
import { type Logged, more } from "./state.ts"

/** An entry as registries know it. */
export function storedEntry(entry: Entry): StoredEntry {
  return { path: entry.path, digest: entry.digest as Digest, size: entry.size, birthArtifactId: entry.birthArtifactId }
}

/** The bytes of a stored file as the registry hands them out, not yet verified. */
export function openStored({ session, member }: Logged, file: StoredEntry, options: OpenFileOptions = {}): Promise<Content> {
  return session.registry.openFile({ ...member.collection, index: member.index, id: member.version.id }, file, options)
}

/** Stored bytes, and what they must hash to; undefined for those that prove themselves as they are read. */
export async function provable(entry: Entry, content: Content): Promise<{ content: Content; expect: Digest | undefined }> {
  if (hasMd5(entry)) return { content, expect: entry.digest as Digest }
  return { content: (await more()).selfProving(entry, content), expect: undefined }
}

/** Whether the file at the entry's path in `directory` is the right one; undefined when there is none. */
export async function isRight(entry: Entry, directory: Directory, options: CallOptions): Promise<boolean | undefined> {
  if (!hasMd5(entry)) return (await more()).matchesFile(entry, directory, options)
  const file = await directory.digest(entry.path, options)
  return file && file.digest === entry.digest
}

export interface StoredReadOptions extends CallOptions {
  /** Do not keep a copy in the local cache. */
  readonly skipCache?: boolean | undefined
}

/**
 * Runs `use` on the bytes of a stored file; `use` hashes what it reads and rejects with `DigestMismatchError` when that is not `expect`.
 * A wrong copy in the cache is dropped and the registry asked; a wrong byte from a network is asked for once more. What is still
 * wrong then is wrong where it is stored: the registry is told, and the error names the file.
 */
export async function useStored<T>(
  logged: Logged,
  entry: Entry,
  use: (content: Content, expect: Digest | undefined) => Promise<T>,
  options: StoredReadOptions = {},
): Promise<T> {
  const { registry, cache } = logged.session
  const file = storedEntry(entry)
  const attempts = [() => openStored(logged, file, options)]
  if (registry.remote) attempts.push(() => openStored(logged, file, { ...options, isDoubted: true }))
  // The cache knows blobs by their MD5.
  if (registry.remote && cache !== undefined && hasMd5(entry)) {
    attempts.unshift(async () => {
      const cached =
        (await cache.get(file.digest, options)) ?? (options.skipCache ? undefined : await fillCache(logged, file, options))
      return cached ?? openStored(logged, file, options)
    })
  }
  let mismatch: DigestMismatchError | undefined
  for (const open of attempts) {
    try {
      const { content, expect } = await provable(entry, await open())
      return await use(content, expect)
    } catch (error) {
      // What was wrong is taken out of sight where it is stored.
      if (mismatch !== undefined && error instanceof EntryNotFoundError) break
      if (!(error instanceof DigestMismatchError)) throw error
      mismatch = error
      await discard(logged, file.digest)
    }
  }
  throw await reportDamaged(logged, entry, mismatch)
}

async function fillCache(logged: Logged, file: StoredEntry, options: CallOptions): Promise<Content | undefined> {
  const { cache } = logged.session
  try {
    await cache?.put(file.digest, await openStored(logged, file, options), options)
    return await cache?.get(file.digest, options)
  } catch (error) {
    // A cache that is full or cannot be written costs speed, not the download.
    if (error instanceof StorageError) return undefined
    throw error
  }
}

/** A wrong copy goes from the cache. That it could not is no news beside the mismatch itself. */
async function discard({ session }: Logged, digest: Digest): Promise<void> {
  await session.cache?.delete(digest).catch(() => undefined)
}

/** Tells the stores and words the mismatch for the user: which file, of which version, stored where, and the way out. */
export async function reportDamaged(
  logged: Logged,
  entry: Entry,
  error: DigestMismatchError | undefined,
): Promise<DigestMismatchError> {
  const digest = entry.digest as Digest
  await discard(logged, digest)
  await logged.session.registry.reportCorrupt?.(digest).catch(() => undefined)
  const actual = error?.details.actual
  return new DigestMismatchError(
    `"${entry.path}" of ${logged.name} is damaged in ${logged.session.registry.name}: its bytes hash to ${actual ?? "something else"}, ` +
      `not ${entry.digest}. Nothing of it was kept; log the same content again to repair it`,
    { path: entry.path, paths: [entry.path], expected: entry.digest, ...(actual === undefined ? {} : { actual }) },
  )
}
