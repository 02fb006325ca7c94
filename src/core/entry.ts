import { hasLoneSurrogate, refuse } from "./check.ts"
import { type Json, toJson } from "./json.ts"

/**
 * One line of a manifest: a path, and what its bytes are. Its shape is W&B's manifest v1 without what writers leak (`local_path`,
 * `skip_cache`).
 */
export interface Entry {
  readonly path: string
  /**
   * For a file, the base64 MD5 of its bytes, unless `extra.alg` names another algorithm. For a reference whatever identifies the
   * content: an ETag, an MD5, or the address itself. Not yet proven to be a digest: ask `isDigest` before naming a blob by it.
   */
  readonly digest: string
  /** Bytes, when known. */
  readonly size?: number | undefined
  /** The address, for a reference. */
  readonly ref?: string | undefined
  /** What else is known of it, `etag` and `versionID` for instance. Never empty: undefined then. */
  readonly extra?: { readonly [key: string]: Json } | undefined
  /** Id of the artifact version under which these bytes were first stored. */
  readonly birthArtifactId?: string | undefined
}

/** Whether an entry is identified by its MD5: all are but those that say otherwise. As in Python, words that mean nothing are MD5. */
export function hasMd5({ extra, ref }: Entry): boolean {
  return ref !== undefined || extra?.alg !== "XXH128"
}

/**
 * A copy of an entry, every member but the path checked; `place` names a member in errors. It is called a million times, so nothing is
 * made but the entry.
 */
export function checkEntry(
  path: string,
  { digest, size, ref, extra, birthArtifactId }: { readonly [K in keyof Entry]?: unknown },
  place: (key: keyof Entry, path: string) => string,
): Entry {
  if (typeof digest !== "string" || hasLoneSurrogate(digest)) return refuse(place("digest", path), "a string", digest)
  if (size !== undefined && !isSize(size)) return refuse(place("size", path), "a whole number of bytes from 0 to 2^53 - 1", size)
  if (ref === undefined && extra === undefined && birthArtifactId === undefined) {
    return size === undefined ? { path, digest } : { path, digest, size }
  }
  if (ref !== undefined && typeof ref !== "string") return refuse(place("ref", path), "a string", ref)
  const copy = extra === undefined ? undefined : copyExtra(extra, place("extra", path))
  if (birthArtifactId === undefined || typeof birthArtifactId === "string") {
    return { path, digest, size, ref, extra: copy, birthArtifactId }
  }
  return refuse(place("birthArtifactId", path), "a string", birthArtifactId)
}

const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) >= 0

function copyExtra(extra: unknown, place: string): { readonly [key: string]: Json } | undefined {
  if (typeof extra !== "object" || extra === null || Array.isArray(extra)) return refuse(place, "an object", extra)
  const copy = toJson(extra, place) as { [key: string]: Json }
  return Object.keys(copy).length === 0 ? undefined : copy
}
