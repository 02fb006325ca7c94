import { describe } from "vitest"
import { digestToHex } from "../../../src/core/digest-text.ts"
import { createEmbeddedRegistry } from "../../../src/registry/embedded.ts"
import { createR2BlobStore, createR2RecordStore, createR2Stage } from "../../../src/storage/r2.ts"
import { testBlobStore } from "../../contracts/blob-store.ts"
import { testHasher } from "../../contracts/hasher.ts"
import { testRecordStore } from "../../contracts/record-store.ts"
import { registryContract } from "../../contracts/registry.ts"
import { testStage } from "../../contracts/stage.ts"
import { bucket, hasher, keysBelow, newPrefix } from "./bucket.ts"

describe("DigestStream", () => testHasher(() => hasher))

describe("R2 blobs", () =>
  testBlobStore(async () => {
    const prefix = newPrefix()
    return {
      store: createR2BlobStore({ bucket, prefix, hasher, refreshAfterMs: 0 }),
      rot: async (digest, bytes) => void (await bucket.put(`${prefix}/blobs/${digestToHex(digest)}`, bytes)),
      leftovers: async () => (await keysBelow(prefix)).filter((key) => !key.includes("/blobs/")).length,
    }
  }))

describe("R2 records", () =>
  testRecordStore(async () => {
    const prefix = newPrefix()
    return { store: createR2RecordStore({ bucket, prefix }), reopen: () => createR2RecordStore({ bucket, prefix }) }
  }))

describe("R2 stage", () =>
  testStage(async () => {
    const prefix = newPrefix()
    return { stage: createR2Stage({ bucket, prefix, hasher }), leftovers: async () => (await keysBelow(prefix)).length }
  }))

registryContract("embedded on R2", async () => {
  const prefix = newPrefix()
  const blobs = createR2BlobStore({ bucket, prefix, hasher })
  return createEmbeddedRegistry({ records: createR2RecordStore({ bucket, prefix }), blobs, hasher })
})
