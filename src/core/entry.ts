import type { Json } from "./json.ts"

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
