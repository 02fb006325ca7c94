import type { Entry } from "../core/entry.ts"
import { baseName, entryPath } from "../core/path.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { TrackOptions } from "../ports.ts"
import { folderEntries, objectEntry, type StoredObject } from "./objects.ts"
import { type S3Address, type S3Object, s3Ref } from "./s3-address.ts"

/** What stores put where a folder should be seen; it is the folder, not something in it. */
export const isFolderMarker = (key: string, size: number, contentType = "") =>
  contentType.includes("x-directory") || (size === 0 && key.endsWith("/"))

/** An address that is tracked as it stands. As in Python it is called by its whole key. */
export function uncheckedS3Entry({ bucket, key }: S3Address, name: string | undefined): Entry {
  const ref = s3Ref(bucket, key)
  return { path: entryPath(name ?? (key || bucket), "options.name"), ref, digest: ref }
}

export function singleS3Entry(bucket: string, object: S3Object, name: string | undefined): Entry {
  const place = { base: s3Ref(bucket, ""), key: object.key }
  return objectEntry(place, toStored(object), name ?? baseName(object.key.replace(/\/+$/, "")))
}

/** The entries of a folder, from the pages of its listing. */
export function folderS3Entries(
  { bucket, key }: S3Address,
  pages: AsyncIterable<Iterable<S3Object>>,
  options: TrackOptions,
): Promise<Entry[]> {
  return folderEntries({ base: s3Ref(bucket, ""), key }, storedObjects(bucket, pages, options), options)
}

async function* storedObjects(
  bucket: string,
  pages: AsyncIterable<Iterable<S3Object>>,
  { signal }: TrackOptions,
): AsyncGenerator<StoredObject> {
  for await (const page of pages) {
    signal?.throwIfAborted()
    for (const object of page) {
      if (object.key.endsWith("/") && object.size > 0) throw folderWithBytes(s3Ref(bucket, object.key))
      yield toStored(object)
    }
  }
}

function toStored({ key, etag, size, versionId }: S3Object): StoredObject {
  return {
    key,
    digest: etag,
    size,
    extra: { etag, ...(versionId !== undefined && versionId !== "null" && { versionID: versionId }) },
  }
}

export function noVersion(ref: string, versionId: string): EntryNotFoundError {
  return new EntryNotFoundError(`${ref} has no version "${versionId}" (any more)`, { path: ref })
}

function folderWithBytes(ref: string): InvalidArgumentError {
  return new InvalidArgumentError(
    "uri",
    `${ref} is called like a folder and holds bytes, so it would be a file and a folder of one name; copy it to another key`,
    { path: ref },
  )
}
