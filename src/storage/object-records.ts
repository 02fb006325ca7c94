import { pause } from "../bytes/pause.ts"
import { hexEncode } from "../core/digest-text.ts"
import type { Json } from "../core/json.ts"
import { md5 } from "../core/md5.ts"
import { StorageError } from "../errors.ts"
import { isPassing } from "../net/retry.ts"
import type { CallOptions, RecordEntry, RecordStore } from "../ports.ts"
import type { Condition, ObjectInfo, Objects } from "./object-port.ts"
import { createQueue } from "./object-queue.ts"
import { mapObjects } from "./object-turns.ts"
import { keySegments } from "./record-keys.ts"

const RECORDS = "records/"
const TOKEN_BYTES = 16
/** What stands for absence is one of these words and random digits, as long as the token that a record starts with. */
const GONE = "gone:"
const LEAVING = "away:"
const KEPT_CHARS = 700
/** In no key. */
const CUT = "@"
const PATH = /^records\/[\w.~%/-]+(@[0-9a-f]{32})?$/
const MARK = /^(gone:|away:)[0-9a-f]{11}$/
/** Tombstones younger than this may be about to be used again, which is cheaper than to remove them. */
const GONE_MS = 60 * 60 * 1000
/**
 * A deletion takes effect within this time or never. Far more than any request lives, and more than the 15 minutes by which a clock may
 * be wrong before S3 turns its requests away.
 */
const LEAVING_MS = 30 * 60 * 1000
const WAIT_MS = 10_000
const POLL_MS = 100

/**
 * Records as objects `records/<key>`, changed by conditional writes. An object starts with a random token, because etags are hashes of
 * the content as a rule and must not come back when the content does.
 *
 * No store but AWS's own deletes on a condition, so a record is deleted by a conditional write too: of a tombstone, which like no other
 * object is 16 bytes long, says so and is random. It counts as absent and is written over, on condition, by whoever creates the record
 * again. Removing it for good takes `sweep`, and two steps, since a plain deletion that is under way would take with it whatever is
 * created meanwhile: first it is replaced, on condition, by a mark which says that a deletion is coming and which nobody writes over
 * until that deletion, sent once and never again, can no longer be under way. So an unconditional deletion only ever meets such a mark,
 * or nothing.
 */
export function createObjectRecordStore(objects: Objects): RecordStore {
  /** The new etag, or undefined when the condition does not hold. */
  const swap = async (path: string, text: string, condition: Condition, { signal }: CallOptions) => {
    const { etag, unclear } = await objects.put(path, encoder.encode(text), { condition, signal })
    if (etag !== undefined || !unclear) return etag
    // The answer to the write was lost. Nobody else writes this text, so it tells.
    const found = await objects.read(path, { signal })
    if (found !== undefined && decoder.decode(found.bytes) === text) return found.etag
    throw new StorageError(`Whether "${path}" was written to ${objects.name} before others changed it cannot be known; try again`, {
      operation: "put",
      path,
    })
  }
  const queue = createQueue(swap)
  const read = async (path: string, call: CallOptions): Promise<RecordEntry | undefined> => {
    const found = await objects.read(path, { signal: call.signal })
    if (found === undefined || markOf(found.bytes) !== undefined) return undefined
    return { ...parseRecord(decoder.decode(found.bytes), path, objects.name), etag: found.etag }
  }
  const create = async (path: string, text: string, call: CallOptions): Promise<string | undefined> => {
    for (let waited = 0; ; waited += POLL_MS) {
      const created = await swap(path, text, { absent: true }, call)
      if (created !== undefined) return created
      const found = await objects.read(path, { signal: call.signal })
      const mark = found && markOf(found.bytes)
      if (found !== undefined && mark === undefined) return undefined
      if (found !== undefined && (mark === GONE || (await hasLeft(path, found.etag, call)))) {
        const replaced = await swap(path, text, { etag: found.etag }, call)
        if (replaced !== undefined) return replaced
      } else if (waited >= WAIT_MS) {
        throw new StorageError(`"${path}" in ${objects.name} is being removed by somebody who may have died; try again later`, {
          operation: "put",
          path,
        })
      } else await pause(POLL_MS, call.signal)
    }
  }
  /** Whether the deletion that a mark announces can no longer be under way. */
  const hasLeft = async (path: string, etag: string, call: CallOptions): Promise<boolean> => {
    const info = await objects.head(path, call)
    return info?.etag === etag && Date.now() - info.modifiedAt > LEAVING_MS
  }
  const remove = async ({ key, etag, size, modifiedAt }: ObjectInfo, { signal }: CallOptions): Promise<number> => {
    signal?.throwIfAborted()
    if (Date.now() - modifiedAt < GONE_MS) return 0
    const found = await objects.read(key, { etag, signal })
    if (found === undefined || markOf(found.bytes) === undefined) return 0
    // Without the signal from here on: a mark whose deletion does not come keeps the key from everybody for as long as it lasts.
    if ((await swap(key, newMark(LEAVING), { etag }, {})) === undefined) return 0
    try {
      await objects.delete(key, { once: true })
      return size
    } catch (error) {
      // It may still come, which the mark is there for; a later sweep tries again.
      if (isPassing(error)) return 0
      throw error
    }
  }

  return {
    name: objects.name,
    get: async (key, call = {}) => read(pathOf(key), call),
    async put(key, value, etag, call = {}) {
      const path = pathOf(key)
      const text = newToken() + formatRecord(path, key, value)
      return etag === null ? create(path, text, call) : queue(path, text, etag, call)
    },
    delete: async (key, etag, call = {}) => (await queue(pathOf(key), newMark(GONE), etag, call)) !== undefined,
    async *list(prefix, call = {}) {
      const start = `${keySegments(prefix).join("/")}/`
      const living = filter(objects.list(RECORDS + start.slice(0, KEPT_CHARS), call), ({ size }) => size > TOKEN_BYTES)
      for await (const entry of mapObjects(living, objects.requestsAtOnce, ({ key }) => read(key, call))) {
        if (entry?.key.startsWith(start)) yield entry
      }
    },
    async sweep(call = {}) {
      let freed = 0
      const gone = filter(objects.list(RECORDS, call), ({ key, size }) => size === TOKEN_BYTES && PATH.test(key))
      for await (const size of mapObjects(gone, objects.requestsAtOnce, (info) => remove(info, call))) freed += size
      return freed
    },
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Stores take keys of 1,024 bytes: of a longer one its hash stands for the end, and the record tells it whole. */
function pathOf(key: string): string {
  const whole = keySegments(key).join("/")
  if (whole.length <= KEPT_CHARS) return RECORDS + whole
  return `${RECORDS}${whole.slice(0, KEPT_CHARS)}${CUT}${hexEncode(md5(encoder.encode(whole)))}`
}

function formatRecord(path: string, key: string, value: Json): string {
  return (path.includes(CUT) ? `${key}\n` : "") + JSON.stringify(value)
}

function parseRecord(text: string, path: string, store: string): Pick<RecordEntry, "key" | "value"> {
  const end = path.includes(CUT) ? text.indexOf("\n") : TOKEN_BYTES - 1
  const key = path.includes(CUT) ? text.slice(TOKEN_BYTES, end) : path.slice(RECORDS.length)
  try {
    return { key, value: JSON.parse(text.slice(end + 1)) as Json }
  } catch (error) {
    throw new StorageError(`"${path}" in ${store} is not a record; was it written by another program?`, { path }, { cause: error })
  }
}

/** The word of what stands for absence. */
function markOf(bytes: Uint8Array): string | undefined {
  return bytes.byteLength === TOKEN_BYTES ? MARK.exec(decoder.decode(bytes))?.[1] : undefined
}

const newMark = (word: string): string => word + newToken().slice(word.length)

function newToken(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(-TOKEN_BYTES)
}

async function* filter<T>(items: AsyncIterable<T>, test: (item: T) => boolean): AsyncGenerator<T> {
  for await (const item of items) if (test(item)) yield item
}
