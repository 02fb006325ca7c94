import type { Entry } from "../core/entry.ts"
import { isArtifactError } from "../errors.ts"
import { decodeS3Key, OBJECT_MARKERS, s3Pages, VERSION_MARKERS } from "../net/s3-pages.ts"
import { readTag, readTags } from "../net/xml.ts"
import type { CallOptions, TrackOptions } from "../ports.ts"
import { stripQuotes } from "./etag.ts"
import { folderPrefix } from "./objects.ts"
import { checkSendable, type S3Address, type S3Object, s3Ref } from "./s3-address.ts"
import type { S3Bucket } from "./s3-bucket.ts"
import { folderS3Entries, isFolderMarker } from "./s3-collect.ts"
import { headObject } from "./s3-object.ts"

const HEADS_AT_ONCE = 16

type Call = CallOptions & { readonly label: string }

/** An object's version, one of those that a listing of versions tells. */
interface Version extends S3Object {
  readonly versionId: string
  readonly isLatest: boolean
}

/**
 * The entries of a folder. Listings do not tell versions, so in a bucket that keeps them (the first object says it) the versions are
 * listed instead. Who may not do that has one request for each object.
 */
export async function collectFolder(bucket: S3Bucket, address: S3Address, options: TrackOptions): Promise<Entry[]> {
  const prefix = folderPrefix(address.key)
  const call = { label: s3Ref(address.bucket, prefix), signal: options.signal }
  const gather = (pages: AsyncIterable<readonly S3Object[]>) => folderS3Entries(address, sendable(address.bucket, pages), options)
  const first = await firstObject(bucket, prefix, call)
  const head = first && (await headObject(bucket, first.key, undefined, call))
  const mayHaveVersions = head !== undefined && (head.versionId !== undefined || head.isHidden)
  if (!mayHaveVersions) return gather(objectPages(bucket, prefix, call))
  try {
    return await gather(latestOnly(versionPages(bucket, prefix, call)))
  } catch (error) {
    if (!isRefused(error)) throw error
  }
  const objects = objectPages(bucket, prefix, call)
  return gather(head.isHidden ? objects : headed(bucket, objects, call))
}

/** Any object of a folder that is no mark of one; to find it costs one short page. */
async function firstObject(bucket: S3Bucket, prefix: string, call: Call): Promise<S3Object | undefined> {
  for await (const objects of objectPages(bucket, prefix, call, { "max-keys": "100" })) {
    const found = objects.find(({ key }) => !key.endsWith("/"))
    if (found !== undefined) return found
  }
  return undefined
}

async function* sendable(bucket: string, pages: AsyncIterable<readonly S3Object[]>): AsyncGenerator<readonly S3Object[]> {
  for await (const page of pages) {
    for (const { key } of page) checkSendable(bucket, key)
    yield page
  }
}

async function* latestOnly(pages: AsyncIterable<readonly Version[]>): AsyncGenerator<Version[]> {
  for await (const versions of pages) yield versions.filter(({ isLatest }) => isLatest)
}

/** With the version that each has; those that are gone by then are left out. */
async function* headed(bucket: S3Bucket, pages: AsyncIterable<readonly S3Object[]>, call: Call): AsyncGenerator<S3Object[]> {
  for await (const objects of pages) {
    const files = objects.filter(({ key, size }) => !isFolderMarker(key, size))
    for (let at = 0; at < files.length; at += HEADS_AT_ONCE) {
      const some = files.slice(at, at + HEADS_AT_ONCE)
      const heads = await Promise.all(some.map(({ key }) => headObject(bucket, key, undefined, call)))
      yield heads.flatMap((head) => head?.object() ?? [])
    }
  }
}

/** The version of a key whose bytes have this ETag; undefined when there is none, or nobody tells. */
export async function findVersion(bucket: S3Bucket, key: string, etag: string, call: Call): Promise<string | undefined> {
  try {
    for await (const versions of versionPages(bucket, key, call)) {
      const found = versions.find((version) => version.key === key && version.etag === etag)
      if (found !== undefined) return found.versionId
      // A key comes before all that it is the beginning of.
      if (versions.some((version) => version.key !== key)) return undefined
    }
    return undefined
  } catch (error) {
    if (isRefused(error)) return undefined
    throw error
  }
}

async function* objectPages(bucket: S3Bucket, prefix: string, call: Call, more = {}): AsyncGenerator<S3Object[]> {
  const query = { "list-type": "2", "encoding-type": "url", prefix, ...more }
  for await (const page of s3Pages(bucket, query, OBJECT_MARKERS, call)) {
    const isEncoded = readTag(page, "EncodingType") === "url"
    yield readTags(page, "Contents").map((item) => toObject(item, isEncoded))
  }
}

async function* versionPages(bucket: S3Bucket, prefix: string, call: Call): AsyncGenerator<Version[]> {
  const query = { versions: "", "encoding-type": "url", prefix }
  for await (const page of s3Pages(bucket, query, VERSION_MARKERS, call)) {
    const isEncoded = readTag(page, "EncodingType") === "url"
    yield readTags(page, "Version").map((item) => ({
      ...toObject(item, isEncoded),
      versionId: readTag(item, "VersionId") ?? "null",
      isLatest: readTag(item, "IsLatest") === "true",
    }))
  }
}

function toObject(item: string, isEncoded: boolean): S3Object {
  const text = (tag: string) => readTag(item, tag) ?? ""
  return { key: decodeS3Key(text("Key"), isEncoded), etag: stripQuotes(text("ETag")), size: Number(text("Size") || Number.NaN) }
}

/** Whether the store does not let this be asked, or does not know it. */
function isRefused(error: unknown): boolean {
  return isArtifactError(error) && [403, 405, 501].includes(error.details.status ?? 0)
}
