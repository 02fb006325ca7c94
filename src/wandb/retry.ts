import { pause } from "../bytes/pause.ts"
import type { CallOptions } from "../ports.ts"
import { toError, WireFailure } from "./failure.ts"

const MAX_DELAY_MS = 30_000
/** Who asks for more wants to be asked another day. */
export const MAX_RETRY_AFTER_MS = 10 * 60_000

export interface RetryPolicy {
  /** What to call the server in a message. */
  readonly server: string
  /** Attempts after the first. */
  readonly retries: number
  /** The first wait is at most this long; each further one may be twice as long. */
  readonly retryDelayMs: number
}

export interface RetryOptions extends CallOptions {
  readonly operation: string
  /** The entry, where there is one. */
  readonly path?: string | undefined
  /** False: what is sent can be had only once. */
  readonly repeatable?: boolean | undefined
  /** Failures that the caller deals with, and gets as they are. */
  readonly handles?: ((failure: WireFailure) => boolean) | undefined
}

/**
 * Repeats `work` while it fails with a {@link WireFailure} that is not final, with full jitter and no sooner than the server asked for.
 * Rejects with the error that the failure means; others pass through.
 */
export async function retrying<T>(policy: RetryPolicy, options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { signal, repeatable = true } = options
  let failed = 0
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof WireFailure)) throw error
      if (options.handles?.(error)) throw error
      const { verdict } = error
      const { retryAfterMs = 0 } = error.facts
      const isLast = ++failed > policy.retries || retryAfterMs > MAX_RETRY_AFTER_MS
      if (verdict === "final" || isLast || !repeatable) throw toError(error, policy.server, options.operation, options.path)
      await pause(Math.max(retryAfterMs, backoffMs(policy, failed)), signal)
    }
  }
}

function backoffMs({ retryDelayMs }: RetryPolicy, failed: number): number {
  return Math.random() * Math.min(MAX_DELAY_MS, retryDelayMs * 2 ** (failed - 1))
}
