import { createJsHasher } from "../../src/digest/js-md5.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { registryContract } from "../contracts/registry.ts"

registryContract("embedded in memory", async () =>
  createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs: createMemoryBlobStore({ hasher: createJsHasher() }) }),
)
