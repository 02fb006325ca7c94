import { createJsHasher } from "../../src/bytes/js-hasher.ts"
import type { BlobStore, RecordStore } from "../../src/ports.ts"
import type { EmbeddedRegistryOptions } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"

export type Stores = Pick<EmbeddedRegistryOptions, "records" | "blobs">

export const memoryStores = (now: () => number = Date.now) => ({
  records: createMemoryRecordStore(),
  blobs: createMemoryBlobStore({ hasher: createJsHasher(), now }),
})

/** Called around every operation of either store, the `at`-th from 1; what it throws is what the operation rejects with. */
export type Gate = (when: "before" | "after", operation: string, at: number) => void | Promise<void>

/** The same stores with a gate: failing before an operation, or after it took effect and the answer was lost. */
export function gatedStores({ records, blobs }: Stores, gate: Gate): Stores {
  let count = 0
  const gated =
    <A extends unknown[], R>(operation: string, work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const at = ++count
      await gate("before", operation, at)
      const result = await work(...args)
      await gate("after", operation, at)
      return result
    }
  async function* gatedList<T>(operation: string, items: AsyncIterable<T>): AsyncGenerator<T> {
    const at = ++count
    await gate("before", operation, at)
    yield* items
    await gate("after", operation, at)
  }
  const gatedRecords: RecordStore = {
    name: records.name,
    get: gated("records.get", records.get),
    put: gated("records.put", records.put),
    delete: gated("records.delete", records.delete),
    list: (prefix, options) => gatedList("records.list", records.list(prefix, options)),
  }
  const gatedBlobs: BlobStore = {
    name: blobs.name,
    remote: blobs.remote,
    stat: gated("blobs.stat", blobs.stat),
    put: gated("blobs.put", blobs.put),
    get: gated("blobs.get", blobs.get),
    delete: gated("blobs.delete", blobs.delete),
    list: (options) => gatedList("blobs.list", blobs.list(options)),
  }
  return { records: gatedRecords, blobs: gatedBlobs }
}
