import { ConflictError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import type { Context } from "./context.ts"
import { gcLockKey, newToken } from "./keys.ts"
import { changeRecord, readRecord, removeRecord } from "./records.ts"
import { sleep } from "./sleep.ts"

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
  let until = await extend((current) => current === undefined || current.until <= context.now())
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
  for (;;) {
    const lock = await readRecord<LockRow>(context.records, gcLockKey, options)
    if (lock === undefined || lock.until <= context.now()) return
    await sleep(pollMs, options)
  }
}
