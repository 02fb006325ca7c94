/** Blobs and records in a bucket of S3 or of what speaks its language: R2, MinIO, Ceph, … @module isofact/storage/s3 */
import type { BlobStore, RecordStore } from "../ports.ts"
import { createObjectBlobStore, type ObjectBlobOptions } from "./object-blobs.ts"
import { createObjectRecordStore } from "./object-records.ts"
import { createS3Objects, type S3Options } from "./s3-objects.ts"

export type { S3ConnectionOptions, S3Credentials } from "../net/s3-client.ts"
export type { ObjectBlobOptions } from "./object-blobs.ts"
export type { S3Options } from "./s3-objects.ts"

/** Blobs in an S3 bucket, held in memory a few parts at a time. Rejects with `StorageError`, which never shows an address or a key. */
export function createS3BlobStore(options: S3Options & ObjectBlobOptions): BlobStore {
  return createObjectBlobStore(createS3Objects(options), options)
}

/** Records in an S3 bucket, changed by conditional writes (`If-Match`, `If-None-Match`), which the store has to know. */
export function createS3RecordStore(options: S3Options): RecordStore {
  return createObjectRecordStore(createS3Objects(options))
}
