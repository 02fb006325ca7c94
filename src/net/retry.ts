import { pause } from "../bytes/pause.ts"
import { StorageError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"

const MAX_ATTEMPTS = 8
const BASE_DELAY_MS = 100
const MAX_DELAY_MS = 5_000
/** No attempt begins later than this after the first. */
const DEADLINE_MS = 30_000

/** `"again"`: the store turned the request away; `"unclear"`: it may have done what was asked; `"final"`: asking again is no use. */
type Verdict = "again" | "unclear" | "final"

/** What an adapter throws for a request that failed. `reason` is for the message, so it holds no secret. */
export class RequestFailure extends Error {
  readonly verdict: Verdict
  readonly reason: string
  readonly status: number | undefined
  readonly retryAfterMs: number

  constructor(
    verdict: Verdict,
    reason: string,
    about: { status?: number; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(reason, { cause: about.cause })
    this.verdict = verdict
    this.reason = reason
    this.status = about.status
    this.retryAfterMs = about.retryAfterMs ?? 0
  }
}

interface RetryOptions extends CallOptions {
  /** `"put"`, `"list"`, … */
  readonly operation: string
  readonly key: string
  /** What to call the store. */
  readonly store: string
  /** False: what is sent can be had only once. */
  readonly repeatable?: boolean | undefined
}

/**
 * Repeats `work` while it fails with an {@link RequestFailure} that is not final: at most 8 times, beginning none after 30 seconds, with
 * full jitter and no sooner than the store asked for. `work` is told whether an earlier attempt may have succeeded. Rejects with
 * `StorageError` in the end; every other error passes through.
 */
export async function retrying<T>(work: (unclear: boolean) => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, repeatable = true } = options
  const deadline = performance.now() + DEADLINE_MS
  let unclear = false
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await work(unclear)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof RequestFailure)) throw error
      const delay = Math.max(error.retryAfterMs, Math.random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** attempt))
      const isLast = !repeatable || attempt === MAX_ATTEMPTS || performance.now() + delay > deadline
      if (error.verdict === "final" || isLast) throw toStorageError(error, options)
      unclear ||= error.verdict === "unclear"
      await pause(delay, signal)
    }
  }
}

export function toStorageError(failure: RequestFailure, { operation, key, store }: RetryOptions): StorageError {
  const { reason, status, cause } = failure
  const about = status === undefined ? {} : { status }
  const error = new StorageError(
    `Cannot ${operation} "${key}" in ${store}: ${reason}`,
    { operation, path: key, ...about },
    { cause },
  )
  if (failure.verdict !== "final") passing.add(error)
  return error
}

const passing = new WeakSet<object>()

/** Whether {@link retrying} gave up on what may have been done, or may work later. */
export const isPassing = (error: unknown): boolean => passing.has(error as object)
