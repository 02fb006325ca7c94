import { pause } from "../bytes/pause.ts"
import type { Json } from "../core/json.ts"
import { ConflictError } from "../errors.ts"
import type { CallOptions, ListRecordsOptions, RecordEntry, RecordStore } from "../ports.ts"

/** About a minute of losing every race: something is wrong by then. */
const maxAttempts = 400
const maxDelayMs = 250

export interface Found<T> {
  readonly value: T
  readonly etag: string
}

/** What to do with a record: `next` is written unless it is undefined, `result` is handed back. */
export interface Change<T, R> {
  readonly next?: T | undefined
  readonly result: R
}

export async function readRecord<T>(records: RecordStore, key: string, options: CallOptions = {}): Promise<T | undefined> {
  options.signal?.throwIfAborted()
  const entry = await records.get(key, options)
  return entry?.value as T | undefined
}

export async function* listRecords(records: RecordStore, prefix: string, options: ListRecordsOptions): AsyncGenerator<RecordEntry> {
  options.signal?.throwIfAborted()
  yield* records.list(prefix, options)
}

/** Whether it was created; false when there is one already. */
export async function createRecord(records: RecordStore, key: string, value: object, options: CallOptions = {}): Promise<boolean> {
  options.signal?.throwIfAborted()
  return (await records.put(key, { ...value, revision: 0 } as unknown as Json, null, options)) !== undefined
}

/**
 * Read, change, compare-and-swap, and again from the start when somebody else was faster. `change` may be called many times and
 * must not have effects. Every write counts `revision` up, so that no two states of a record look alike even to a store whose etags
 * are hashes of the content.
 */
export async function changeRecord<T extends object, R>(
  records: RecordStore,
  key: string,
  change: (current: T | undefined) => Change<T, R> | Promise<Change<T, R>>,
  options: CallOptions = {},
): Promise<R> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    options.signal?.throwIfAborted()
    const entry = await records.get(key, options)
    const current = entry?.value as (T & { readonly revision?: number }) | undefined
    const { next, result } = await change(current)
    if (next === undefined) return result
    const value = { ...next, revision: (current?.revision ?? 0) + 1 }
    if ((await records.put(key, value as unknown as Json, entry?.etag ?? null, options)) !== undefined) return result
    await pause(Math.random() * Math.min(maxDelayMs, 2 * 2 ** Math.min(attempt, 10)), options.signal)
  }
  throw new ConflictError(`Too many writers are changing ${key} in ${records.name}; nothing was changed, try again.`)
}

/** Removes a record if `matches` still holds for it. */
export async function removeRecord<T>(
  records: RecordStore,
  key: string,
  matches: (value: T) => boolean,
  options: CallOptions = {},
): Promise<boolean> {
  const entry = await records.get(key, options)
  if (entry === undefined || !matches(entry.value as T)) return false
  return records.delete(key, entry.etag, options)
}
