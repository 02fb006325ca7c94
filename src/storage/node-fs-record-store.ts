import { hash, randomBytes } from "node:crypto"
import { linkSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { untilAborted } from "../bytes/streams.ts"
import type { Json } from "../core/json.ts"
import { StorageError, UnsupportedError } from "../errors.ts"
import type { RecordEntry, RecordStore } from "../ports.ts"
import { makeDirectory, syncDirectory, syncFile } from "./node-fs-durable.ts"
import { errnoCode, hasNoLinks, isMissing, orStorageError, storageError } from "./node-fs-errors.ts"
import { listRecordDirectories } from "./node-fs-record-list.ts"
import { prefixDirectory, recordDirectory, TEMPORARY } from "./node-fs-record-paths.ts"
import { createSlices, type Slices } from "./node-fs-slices.ts"
import { discard, sweepTemporary, temporaryName } from "./node-fs-temporary.ts"
import { writeNew } from "./node-fs-transfer-sync.ts"

/** Earlier writes that a record remembers: how far others may get between a writer's link and its look at the result. */
const HISTORY = 64
/** Tries to list a directory that is being changed under us; one is nearly always enough. */
const MAX_LISTINGS = 100

/** One state of a record, a file named by its number. */
interface Envelope {
  readonly key: string
  /** Absent: this is the tombstone of a deleted record. */
  readonly value?: Json | undefined
  /** Random, never used twice. */
  readonly nonce: string
  /** Nonces of the states before, newest first. */
  readonly history: readonly string[]
}

interface State extends Envelope {
  readonly number: number
}

interface NodeRecordStoreOptions {
  /** Share those of the transfer that works beside it. */
  readonly slices?: Slices | undefined
  /** Awaited before a record is written, so that nothing a record names is less durable than it: `flush` of the blob store. */
  readonly before?: (() => Promise<void>) | undefined
}

/**
 * Records below `directory`, safe for many processes at once and for being killed at any instant, without a lock anybody could
 * leave behind. A record is a directory of numbered files; the highest is its state. A file is a line of JSON and its SHA-256.
 *
 * - A writer that read state n writes and flushes a temporary file and links it as n+1. A link fails when the name is taken, so one
 *   of all who read state n wins; a reader sees a whole file or none.
 * - The winner then removes the states before n, lowest first. n itself stays until n+2 exists.
 * - A writer that slept while others moved on may find its number free again, because it was removed. So each looks again after its
 *   link: the highest state is its own, or names its nonce among its ancestors, or else the writer has lost and takes its file back.
 *   Its file is never the highest then. A reader that slept too, between its listing and its look into the file that was the highest,
 *   may open this one, and so lists again: numbers only grow, and what is still the highest was never free.
 * - Deleting writes a tombstone as the next state. It stays for good, one small file: if numbers began again at 1, a writer that
 *   slept through the deletion could link a higher one and win with what it read in the record's former life.
 *
 * Rejects with `UnsupportedError` where the file system has no hard links (FAT, exFAT).
 */
export function createNodeRecordStore(directory: string, options: NodeRecordStoreOptions = {}): RecordStore {
  const root = resolve(directory)
  const temporary = join(root, TEMPORARY)
  const { slices = createSlices(), before } = options

  const read = (key: string) => readState(recordDirectory(root, key))

  const prepare = async (path: string) => {
    const changed = await slices.run(() => makeDirectory(path))
    await Promise.all(changed.map(syncDirectory))
  }

  /** Writes the state after `base`; its etag, or undefined when another writer was first. */
  const write = async (key: string, value: Json | undefined, base: State | undefined, signal: AbortSignal | undefined) => {
    const nonce = randomBytes(9).toString("base64url")
    const history = base === undefined ? [] : [base.nonce, ...base.history].slice(0, HISTORY)
    const state = { key, value, nonce, history, number: (base?.number ?? 0) + 1 }
    const text = sealed(JSON.stringify({ key, value, nonce, history } satisfies Envelope))
    const temp = join(temporary, temporaryName())
    const home = recordDirectory(root, key)
    const writeTemp = () => orStorageError("write", temp, () => writeNew(temp, Buffer.from(text)))
    try {
      await retryMissing(
        () => slices.run(writeTemp, signal),
        () => prepare(temporary),
      )
      await Promise.all([syncFile(temp), before?.()])
      signal?.throwIfAborted()
      const won = await retryMissing(
        () => slices.run(() => contend(home, temp, state)),
        () => prepare(home),
      )
      if (!won) return undefined
      await syncDirectory(home)
      return etagOf(state)
    } finally {
      await slices.run(() => discard(temp))
    }
  }

  const turns = new Map<string, Promise<unknown>>()
  /** Writers of one process wait for each other: the later ones lose by one look, instead of by a flush and a failed link. */
  const inTurn = async <T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    for (let other = turns.get(key); other !== undefined; other = turns.get(key)) await untilAborted(other, signal)
    const mine = work()
    const ended = mine.then(
      () => turns.delete(key),
      () => turns.delete(key),
    )
    turns.set(key, ended)
    return mine
  }

  return {
    name: root,
    async get(key, { signal } = {}) {
      return entryOf(await slices.run(() => read(key), signal))
    },
    put: (key, value, etag, { signal } = {}) =>
      inTurn(key, signal, async () => {
        const state = await slices.run(() => read(key), signal)
        if ((entryOf(state)?.etag ?? null) !== etag) return undefined
        return write(key, value, state, signal)
      }),
    delete: (key, etag, { signal } = {}) =>
      inTurn(key, signal, async () => {
        const state = await slices.run(() => read(key), signal)
        if (entryOf(state)?.etag !== etag) return false
        return (await write(key, undefined, state, signal)) !== undefined
      }),
    async *list(prefix, { signal, onDamaged } = {}) {
      const below = prefixDirectory(root, prefix)
      const look = (home: string) => (onDamaged === undefined ? readState(home) : readSound(home, onDamaged))
      for (const { path } of await listRecordDirectories(below, prefix, slices, (home) => look(home)?.key, signal)) {
        const entry = entryOf(await slices.run(() => look(path), signal))
        if (entry !== undefined) yield entry
      }
    },
    sweep: ({ signal } = {}) => sweepTemporary(temporary, slices, { signal }),
  }
}

async function retryMissing<T>(work: () => Promise<T>, prepare: () => Promise<void>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isMissing((error as Error | null)?.cause)) throw error
    await prepare()
    return work()
  }
}

const etagOf = ({ number, nonce }: State): string => `${number}.${nonce}`

function entryOf(state: State | undefined): RecordEntry | undefined {
  return state?.value === undefined ? undefined : { key: state.key, value: state.value, etag: etagOf(state) }
}

/** Links `temp` as the state's number and says whether it is, or was, the record's state. Synchronous, so that nothing comes between. */
function contend(home: string, temp: string, state: State): boolean {
  const path = join(home, `${state.number}`)
  try {
    orStorageError("write", path, () => linkSync(temp, path))
  } catch (error) {
    const { cause } = error as Error
    if (errnoCode(cause) === "EEXIST") return false
    if (!hasNoLinks(cause)) throw error
    throw new UnsupportedError(
      `"${home}" is on a file system without hard links, which the registry needs; choose a directory on another one`,
      {
        path: home,
      },
    )
  }
  const highest = readState(home)
  const won = highest?.nonce === state.nonce || highest?.history.includes(state.nonce) === true
  if (won) removeBelow(home, state.number - 1)
  else rmSync(path, { force: true })
  return won
}

/** Lowest first: as long as a state is there, all between it and the highest are. */
function removeBelow(home: string, limit: number): void {
  try {
    for (const number of listNumbers(home)) {
      if (number < limit) rmSync(join(home, `${number}`), { force: true })
    }
  } catch {
    // The write stands; the next winner tidies up.
  }
}

function readState(home: string): State | undefined {
  for (let listing = 1; ; listing++) {
    const numbers = listNumbers(home)
    const number = numbers.at(-1)
    if (number === undefined) return undefined
    // Its predecessor is kept, so a listing without it was taken while states came and went, and may lack the newest too.
    const torn = number > 1 && !numbers.includes(number - 1)
    if (torn && listing < MAX_LISTINGS) continue
    const path = join(home, `${number}`)
    try {
      const state = { ...parseEnvelope(readFileSync(path, "utf8"), path), number }
      if (listing >= MAX_LISTINGS || listNumbers(home).at(-1) === number) return state
    } catch (error) {
      // Gone since the listing: there is a newer one.
      if (!isMissing(error) || listing >= MAX_LISTINGS) throw storageError(error, "read", path)
    }
  }
}

function readSound(home: string, onDamaged: (error: unknown) => void): State | undefined {
  try {
    return readState(home)
  } catch (error) {
    onDamaged(error)
    return undefined
  }
}

/** Ascending; none when the record has never been. */
function listNumbers(home: string): number[] {
  try {
    const names = readdirSync(home)
    return names
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number)
      .sort((a, b) => a - b)
  } catch (error) {
    if (isMissing(error)) return []
    throw storageError(error, "read", home)
  }
}

/** A line that tells whether the line before it is still what was written: JSON with a bit flipped is often JSON. */
function sealed(text: string): string {
  return `${text}\n${hash("sha256", text)}\n`
}

function parseEnvelope(text: string, path: string): Envelope {
  const [json = ""] = text.split("\n", 1)
  if (sealed(json) === text) return JSON.parse(json) as Envelope
  throw new StorageError(`"${path}" is damaged: it is not a record of this registry`, { path })
}
