import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { ReferenceEntry, ReferenceUri } from "../ports.ts"
import { parseReferenceUri } from "./uri.ts"

export interface S3Address {
  readonly bucket: string
  /** As it is, nothing of it encoded. The bucket itself when empty. */
  readonly key: string
  readonly versionId: string | undefined
}

/** What one object of a bucket is known by. */
export interface S3Object {
  readonly key: string
  /** Without quotes. */
  readonly etag: string
  readonly size: number
  readonly versionId?: string | undefined
}

export const s3Ref = (bucket: string, key: string) => `s3://${bucket}/${key}`

/**
 * The object or folder that a caller names. As in Python `#` and `?` end the key; what follows them is refused unless it is
 * `?versionId=`, or another object than the caller means would be recorded. Without `checksum` it is dropped, as in Python.
 */
export function parseS3Address({ authority, path, query, fragment }: ReferenceUri, checksum: boolean): S3Address {
  const versionId = versionOf(query)
  const key = path.slice(1)
  if (authority === "") throw new InvalidArgumentError("uri", "An s3: address names its bucket: s3://bucket/key")
  if (checksum && (fragment !== "" || (query !== "" && versionId === undefined))) {
    throw new InvalidArgumentError(
      "uri",
      `In an s3: address "#" and "?" end the key, and only ?versionId=… may follow. To reference a key that holds one, add the folder it is in: ${s3Ref(authority, key.slice(0, key.lastIndexOf("/") + 1))}`,
    )
  }
  if (key === "" && versionId !== undefined) throw new InvalidArgumentError("uri", "?versionId= is of an object, not of a bucket")
  return { bucket: authority, key, versionId }
}

/** The object that an entry stands for. Listings write keys as they are, so `#` and `?` are part of them here. */
export function parseS3Ref({ ref, extra }: ReferenceEntry): S3Address {
  const { authority, path, query } = parseReferenceUri(ref)
  const recorded = typeof extra?.versionID === "string" && extra.versionID !== "null" ? extra.versionID : undefined
  const asked = recorded === undefined ? versionOf(query) : undefined
  if (asked !== undefined) return { bucket: authority, key: path.slice(1), versionId: asked }
  const bucketEnd = ref.indexOf("//") + 2 + authority.length
  return { bucket: authority, key: ref.slice(bucketEnd + 1), versionId: recorded }
}

/** As Python reads a query: the last one counts, an empty one does not. */
function versionOf(query: string): string | undefined {
  return new URLSearchParams(query).getAll("versionId").at(-1) || undefined
}

/** `fetch` resolves `.` and `..` in addresses, encoded or not, so that another object would be asked for. */
export function checkSendable(bucket: string, key: string): void {
  if (!key.split("/").some((part) => part === "." || part === "..")) return
  throw new UnsupportedError(
    `The key of ${s3Ref(bucket, key)} has a "." or ".." part, which cannot be asked for over the web. Copy the object to another key, or pass checksum: false to track its address alone`,
    { path: s3Ref(bucket, key) },
  )
}
