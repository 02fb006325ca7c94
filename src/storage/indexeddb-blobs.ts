import { checkExpected, WHOLE_BYTES } from "../bytes/hash-stream.ts"
import { untilAborted } from "../bytes/streams.ts"
import type { Digest } from "../core/digest-text.ts"
import type { BlobInfo, BlobStore, CallOptions, Content, Hasher } from "../ports.ts"
import { blobContent } from "./browser-content.ts"
import { createMemorySpool, fillSpool, uniqueName, type WriteOptions } from "./browser-writes.ts"
import { DAMAGED_KEPT_MS } from "./damaged-kept.ts"
import { type Connection, createConnection, rangeOf, resultOf } from "./indexeddb-connection.ts"
import { createGroupedWrites } from "./indexeddb-groups.ts"
import { keepBytes, memoryContent } from "./memory-content.ts"
import { createTurns } from "./turns.ts"

const INFO = "i/"
const BYTES = "b/"
const DAMAGED = "d/"
const BATCH = 1000

interface Info extends BlobInfo {
  /** Differs each time the blob is stored. */
  readonly version: string
}
type Value = Uint8Array | Blob

/**
 * Blobs in IndexedDB, for pages and all kinds of workers: up to 1 MiB as bytes, above as a `Blob`, each in two rows, so that `stat` and
 * `list` read none of them. Bytes and row appear together or not at all; many small puts at once share transactions. They are safe
 * from a power failure when the next record of the database of the same name is.
 *
 * @param options.name of the database. Default `"isofact"`
 */
export function createIndexedDbBlobStore(options: { readonly hasher: Hasher; readonly name?: string | undefined }): BlobStore {
  const connection = createConnection(options.name ?? "isofact")
  const { name, transact } = connection
  const write = createGroupedWrites(connection)
  const inTurn = createTurns()
  const pathOf = (digest: Digest) => `${name}/${digest}`

  const find = (digest: Digest, { signal }: CallOptions): Promise<Info | undefined> => {
    signal?.throwIfAborted()
    const work = async (rows: IDBObjectStore) => {
      const [info, bytes] = await Promise.all([resultOf<Info>(rows.get(INFO + digest)), resultOf(rows.getKey(BYTES + digest))])
      return bytes === undefined ? undefined : info
    }
    return untilAborted(transact("readonly", work), signal)
  }
  const freshen = (digest: Digest) =>
    write(pathOf(digest), (rows) => {
      const reading = rows.get(INFO + digest)
      reading.onsuccess = () => reading.result && rows.put({ ...reading.result, modifiedAt: Date.now() }, INFO + digest)
    })
  const store = async (digest: Digest, content: Content, writing: WriteOptions) => {
    const { value, size } = await readValue(content, digest, options.hasher, pathOf(digest), writing)
    const info: Info = { digest, size, modifiedAt: Date.now(), version: uniqueName() }
    const put = (rows: IDBObjectStore) => {
      rows.put(value, BYTES + digest)
      rows.put(info, INFO + digest)
    }
    await write(pathOf(digest), put, size)
  }
  const remove = async (digest: Digest, { signal }: CallOptions, keepAside: boolean) => {
    signal?.throwIfAborted()
    await write(pathOf(digest), (rows) => {
      const reading = keepAside ? rows.get(BYTES + digest) : undefined
      if (reading) reading.onsuccess = () => reading.result && rows.put(reading.result, `${DAMAGED}${Date.now()}/${digest}`)
      rows.delete(INFO + digest)
      rows.delete(BYTES + digest)
    })
  }

  return {
    name,
    remote: false,
    async stat(digest, call = {}) {
      const info = await find(digest, call)
      return info && { digest, size: info.size, modifiedAt: info.modifiedAt }
    },
    put: (digest, content, { replace, ...writing } = {}) =>
      inTurn(digest, writing.signal, async () => {
        const info = replace ? undefined : await find(digest, writing)
        if (info !== undefined && (content.size ?? info.size) === info.size) {
          await freshen(digest)
          return "present"
        }
        await store(digest, content, writing)
        return "stored"
      }),
    async get(digest, { signal } = {}) {
      signal?.throwIfAborted()
      const work = async (rows: IDBObjectStore) =>
        Promise.all([resultOf<Info | undefined>(rows.get(INFO + digest)), resultOf<Value | undefined>(rows.get(BYTES + digest))])
      const [info, value] = await untilAborted(transact("readonly", work), signal)
      if (info === undefined || value === undefined) return undefined
      const labels = { version: info.version }
      return value instanceof Blob ? blobContent(value, pathOf(digest), labels) : memoryContent(value, labels)
    },
    delete: (digest, call = {}) => remove(digest, call, false),
    setAside: (digest, call = {}) => remove(digest, call, true),
    async *list({ signal } = {}) {
      for (let after: string | undefined, more = true; more; ) {
        signal?.throwIfAborted()
        const batch = await transact("readonly", (rows) => resultOf<Info[]>(rows.getAll(rangeOf(INFO, after), BATCH)))
        for (const { digest, size, modifiedAt } of batch) {
          signal?.throwIfAborted()
          yield { digest, size, modifiedAt }
        }
        more = batch.length === BATCH
        after = INFO + batch.at(-1)?.digest
      }
    },
    sweep: ({ signal } = {}) => sweepDamaged(connection, signal),
  }
}

/** The verified bytes, in the form that is faster to store and read at their size. */
async function readValue(
  content: Content,
  digest: Digest,
  hasher: Hasher,
  path: string,
  writing: WriteOptions,
): Promise<{ readonly value: Value; readonly size: number }> {
  if (content.size !== undefined && content.size <= WHOLE_BYTES) {
    const { bytes, size } = await keepBytes(content, hasher, { ...writing, expect: digest })
    return { value: bytes, size }
  }
  const found = await fillSpool(content, createMemorySpool(path), hasher, writing)
  checkExpected(content.name ?? digest, { digest, size: content.size }, found)
  return { value: found.blob, size: found.size }
}

/** Removes what was set aside more than 30 days ago; its key begins with the time. */
async function sweepDamaged({ transact }: Connection, signal: AbortSignal | undefined): Promise<number> {
  signal?.throwIfAborted()
  const old = IDBKeyRange.bound(DAMAGED, `${DAMAGED}${Date.now() - DAMAGED_KEPT_MS}`)
  return transact("readwrite", async (rows) => {
    let freed = 0
    for (const key of await resultOf(rows.getAllKeys(old))) {
      const value: Value = await resultOf(rows.get(key))
      freed += value instanceof Blob ? value.size : value.byteLength
      rows.delete(key)
    }
    return freed
  })
}
