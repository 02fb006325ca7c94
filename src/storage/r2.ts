/** Blobs and records in a Cloudflare R2 bucket that is bound to a Worker. @module isofact/storage/r2 */
import type { BlobStore, RecordStore } from "../ports.ts"
import { createObjectBlobStore, type ObjectBlobOptions } from "./object-blobs.ts"
import { createObjectRecordStore } from "./object-records.ts"
import { createObjectStage, type ObjectStage } from "./object-stage.ts"
import { createR2Objects, type R2Options } from "./r2-objects.ts"

export type { R2BucketBinding } from "../net/r2-bucket.ts"
export type { ObjectBlobOptions } from "./object-blobs.ts"
export type { ObjectStage } from "./object-stage.ts"
export type { R2Options } from "./r2-objects.ts"

/** Blobs in an R2 bucket; bytes of known length stream through, and R2 verifies them. Rejects with `StorageError`. */
export function createR2BlobStore(options: R2Options & ObjectBlobOptions): BlobStore {
  return createObjectBlobStore(createR2Objects(options), options)
}

/** Records in an R2 bucket, changed by conditional writes. May share bucket and prefix with the blobs. */
export function createR2RecordStore(options: R2Options): RecordStore {
  return createObjectRecordStore(createR2Objects(options))
}

/** Holds what was added to drafts in an R2 bucket once it is too much for a Worker's memory. */
export function createR2Stage(options: R2Options & Pick<ObjectBlobOptions, "hasher">): ObjectStage {
  return createObjectStage(createR2Objects(options), options)
}
