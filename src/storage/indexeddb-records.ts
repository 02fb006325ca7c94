import { untilAborted } from "../bytes/streams.ts"
import type { Json } from "../core/json.ts"
import type { CallOptions, RecordEntry, RecordStore } from "../ports.ts"
import { uniqueName } from "./browser-writes.ts"
import { createConnection, rangeOf, resultOf } from "./indexeddb-connection.ts"
import { keySegments } from "./record-keys.ts"

const RECORDS = "r/"
const BATCH = 100

/** As text: the same JSON as in every other store, and a copy. */
interface Row {
  readonly key: string
  readonly text: string
  readonly etag: string
}

/**
 * Records in IndexedDB, for pages and all kinds of workers. Compare and swap is one transaction, so it holds across tabs; a write is on
 * disk when it resolves, and with it the blobs that were stored before in the database of the same name.
 *
 * @param options.name of the database. Default `"isofact"`
 */
export function createIndexedDbRecordStore(options: { readonly name?: string | undefined } = {}): RecordStore {
  const { name, transact } = createConnection(options.name ?? "isofact")

  /** Swaps the row for `next`, or removes it; whether the row was as `etag` says. */
  const swap = (key: string, etag: string | null, next: Row | undefined, { signal }: CallOptions) => {
    keySegments(key)
    signal?.throwIfAborted()
    const work = async (rows: IDBObjectStore) => {
      const found: Row | undefined = await resultOf(rows.get(RECORDS + key))
      // A lost connection does not say whether its transaction was: this one was.
      if (next !== undefined && found?.etag === next.etag) return true
      if ((found?.etag ?? null) !== etag) return false
      if (next === undefined) rows.delete(RECORDS + key)
      else rows.put(next, RECORDS + key)
      return true
    }
    return transact("readwrite", work, { durability: "strict", path: `${name}/${key}`, needed: next?.text.length })
  }

  return {
    name,
    async get(key, { signal } = {}) {
      keySegments(key)
      signal?.throwIfAborted()
      const row: Row | undefined = await untilAborted(
        transact("readonly", (rows) => resultOf(rows.get(RECORDS + key))),
        signal,
      )
      return row && entryOf(row)
    },
    async put(key, value, etag, call = {}) {
      const next = { key, text: JSON.stringify(value), etag: uniqueName() }
      return (await swap(key, etag, next, call)) ? next.etag : undefined
    },
    delete: async (key, etag, call = {}) => swap(key, etag, undefined, call),
    async *list(prefix, { signal } = {}) {
      const start = `${RECORDS}${keySegments(prefix).join("/")}/`
      for (let after: string | undefined, more = true; more; ) {
        signal?.throwIfAborted()
        const batch: Row[] = await untilAborted(
          transact("readonly", (rows) => resultOf(rows.getAll(rangeOf(start, after), BATCH))),
          signal,
        )
        for (const row of batch) {
          signal?.throwIfAborted()
          yield entryOf(row)
        }
        more = batch.length === BATCH
        after = RECORDS + batch.at(-1)?.key
      }
    },
  }
}

const entryOf = ({ key, text, etag }: Row): RecordEntry => ({ key, value: JSON.parse(text) as Json, etag })
