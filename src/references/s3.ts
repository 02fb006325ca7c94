/** References to objects in S3 and what speaks its language: MinIO, Ceph, CoreWeave, R2 from outside of a Worker, … @module isofact/references/s3 */
import { checkBoolean, checkFunction, checkOptions, checkPositiveInteger, refuse } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { ReferenceHandler, ReferenceUri, TrackOptions } from "../ports.ts"
import { parseS3Address, s3Ref } from "./s3-address.ts"
import { completeEndpoint, openS3Bucket, type S3Bucket, type S3ReferenceOptions } from "./s3-bucket.ts"
import { isFolderMarker, noVersion, singleS3Entry, uncheckedS3Entry } from "./s3-collect.ts"
import { collectFolder, findVersion } from "./s3-list.ts"
import { headObject } from "./s3-object.ts"
import { openS3Object } from "./s3-open.ts"

export type { S3Credentials } from "../net/s3-client.ts"
export type { S3ReferenceOptions } from "./s3-bucket.ts"

type BucketOf = (name: string) => S3Bucket

/**
 * `s3:` references: an object, or all that is below a folder, identified by ETag and, where the bucket keeps them, version. Reading one
 * asks for the recorded version as long as the store has it. Refusals are `StorageError` with the status; credentials go to the endpoint
 * and nowhere else, and are in no message.
 */
export function s3References(options: S3ReferenceOptions = {}): ReferenceHandler {
  checkS3Options(options)
  const opened = new Map<string, S3Bucket>()
  const bucketOf: BucketOf = (name) => {
    const bucket = opened.get(name) ?? openS3Bucket(checkBucket(name), options)
    opened.set(name, bucket)
    return bucket
  }
  return {
    handles: ({ scheme, authority }) => scheme === "s3" && (options.buckets?.includes(authority) ?? true),
    track: (uri, call) => trackS3(bucketOf, uri, call),
    open: async (entry) => openS3Object(bucketOf, entry),
  }
}

async function trackS3(bucketOf: BucketOf, uri: ReferenceUri, options: TrackOptions): Promise<Entry[]> {
  const address = parseS3Address(uri, options.checksum)
  const { bucket: bucketName, key, versionId } = address
  if (!options.checksum) return [uncheckedS3Entry(address, options.name)]
  const bucket = bucketOf(bucketName)
  const { signal } = options
  const head = key === "" ? undefined : await headObject(bucket, key, versionId, { signal })
  if (head === undefined && versionId !== undefined) throw noVersion(s3Ref(bucketName, key), versionId)
  if (head === undefined || (versionId === undefined && isFolderMarker(key, head.size, head.contentType))) {
    return collectFolder(bucket, address, options)
  }
  const object = head.object()
  // A page that is not let see the version finds it in the listing, when it may list.
  const found = head.isHidden ? await findVersion(bucket, key, object.etag, { label: s3Ref(bucketName, key), signal }) : undefined
  return [singleS3Entry(bucketName, found === undefined ? object : { ...object, versionId: found }, options.name)]
}

function checkBucket(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]+$/.test(name)) return name
  throw new InvalidArgumentError(
    "uri",
    `An s3: address begins with the name of a bucket, s3://bucket/key, not ${JSON.stringify(name)}`,
  )
}

function checkS3Options(options: S3ReferenceOptions): void {
  checkOptions("options", options, {
    credentials: checkCredentials,
    region: (place, value) =>
      (typeof value === "string" && /^[a-z0-9-]+$/.test(value)) || refuse(place, "the name of a region", value),
    endpoint: (place, value) =>
      URL.canParse(completeEndpoint(String(value))) || refuse(place, "an address such as https://s3.example.org", value),
    virtualHost: checkBoolean,
    buckets: (place, value) => Array.isArray(value) || refuse(place, "a list of buckets' names", value),
    fetch: checkFunction,
    timeoutMs: checkPositiveInteger,
  })
}

/** Says what is missing, never what is there. */
function checkCredentials(place: string, value: unknown): void {
  if (typeof value === "function") return
  const { accessKeyId, secretAccessKey } = (value ?? {}) as Record<string, unknown>
  if (typeof accessKeyId === "string" && typeof secretAccessKey === "string") return
  throw new InvalidArgumentError(
    place,
    `${place} must be { accessKeyId, secretAccessKey, sessionToken? } or a function that returns them`,
  )
}
