import { pause } from "../bytes/pause.ts"
import { ConflictError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import type { Context } from "./context.ts"
import { gcLockKey, newToken } from "./keys.ts"
import { changeRecord, readRecord, removeRecord } from "./records.ts"

/** A collector that died keeps others waiting this long. */
const leaseMs = 15_000
/** A collector stops deleting this long before its lease ends: other machines' clocks may be ahead of ours. */
const marginMs = 5_000
const pollMs = 100

interface LockRow {
  readonly owner: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

export interface Lease {
  /** Before each deletion: prolongs the lease when it is due, and rejects with `ConflictError` once it is lost. */
  keep(): Promise<void>
  release(): Promise<void>
}

/** The right to delete blobs. While somebody holds it, commits wait; a second collector is turned away. */
export async function acquireLease(context: Context, options: CallOptions): Promise<Lease> {
  const owner = newToken()
  const extend = (mayTake: (current: LockRow | undefined) => boolean) => {
    const until = context.now() + leaseMs
    const swap = (current: LockRow | undefined) =>
      mayTake(current) ? { next: { owner, until }, result: until } : { result: undefined }
    return changeRecord<LockRow, number | undefined>(context.records, gcLockKey, swap, options)
  }
  const isFree = (current: LockRow | undefined) => current === undefined || current.until <= context.now()
  let until = await extend(isFree)
  if (until === undefined) {
    const dead = await awaitUnlikely(context, options)
    until = await extend((current) => isFree(current) || isSame(current, dead))
  }
  if (until === undefined) throw new ConflictError("Garbage is being collected by somebody else; let that end first.")
  return {
    async keep() {
      if (until !== undefined && context.now() < until - leaseMs + marginMs) return
      until = await extend((current) => current?.owner === owner && current.until > context.now())
      if (until === undefined) throw new ConflictError("Collecting garbage took a pause that was too long; run it again.")
    },
    async release() {
      await removeRecord<LockRow>(context.records, gcLockKey, (current) => current.owner === owner)
    },
  }
}

/** Resolves when nobody is deleting blobs. */
export async function waitForSweep(context: Context, options: CallOptions): Promise<void> {
  const hasLapsed = watchLease()
  for (;;) {
    const lock = await readLock(context, options)
    if (lock === undefined || lock.until <= context.now() || hasLapsed(lock)) return
    await pause(pollMs, options.signal)
  }
}

/**
 * A lease that ends later than any lease can was written under a wrong clock: the time it names says nothing. Resolves with it once it has
 * lapsed under our eyes; with undefined when there is none like that, or its owner prolongs it.
 */
async function awaitUnlikely(context: Context, options: CallOptions): Promise<LockRow | undefined> {
  const first = await readLock(context, options)
  if (first === undefined || first.until <= context.now() + leaseMs + marginMs) return undefined
  const hasLapsed = watchLease()
  for (let lock: LockRow | undefined = first; isSame(lock, first); lock = await readLock(context, options)) {
    if (hasLapsed(first)) return first
    await pause(pollMs, options.signal)
  }
  return undefined
}

/** Tells whether a lease has not been prolonged for as long as one lasts, by a clock that nobody can set. */
function watchLease(): (lock: LockRow) => boolean {
  let seen: LockRow | undefined
  let since = 0
  return (lock) => {
    if (!isSame(seen, lock)) {
      seen = lock
      since = performance.now()
    }
    return performance.now() - since >= leaseMs
  }
}

function isSame(a: LockRow | undefined, b: LockRow | undefined): boolean {
  return a?.owner === b?.owner && a?.until === b?.until
}

function readLock(context: Context, options: CallOptions): Promise<LockRow | undefined> {
  return readRecord<LockRow>(context.records, gcLockKey, options)
}
