import type { Json } from "../core/json.ts"
import type { RecordEntry, RecordStore } from "../ports.ts"
import { compareKeys, keySegments } from "./record-keys.ts"

/** Records in this process's memory, gone with it. */
export function createMemoryRecordStore(): RecordStore {
  // As text, so that nobody changes a stored value by changing one they were given.
  const records = new Map<string, { text: string; etag: string }>()
  let writes = 0
  const open = (key: string): RecordEntry | undefined => {
    const record = records.get(key)
    return record && { key, value: JSON.parse(record.text) as Json, etag: record.etag }
  }
  return {
    name: "memory",
    async get(key, { signal } = {}) {
      keySegments(key)
      signal?.throwIfAborted()
      return open(key)
    },
    async put(key, value, etag, { signal } = {}) {
      keySegments(key)
      signal?.throwIfAborted()
      if ((records.get(key)?.etag ?? null) !== etag) return undefined
      // A number that is never used twice: a record made anew must not answer to the etags of its former life.
      const next = `${++writes}`
      records.set(key, { text: JSON.stringify(value), etag: next })
      return next
    },
    async delete(key, etag, { signal } = {}) {
      keySegments(key)
      signal?.throwIfAborted()
      return records.get(key)?.etag === etag && records.delete(key)
    },
    async *list(prefix, { signal } = {}) {
      const start = `${keySegments(prefix).join("/")}/`
      const keys = [...records.keys()].filter((key) => key.startsWith(start)).sort(compareKeys)
      for (const key of keys) {
        signal?.throwIfAborted()
        const entry = open(key)
        if (entry !== undefined) yield entry
      }
    },
  }
}
