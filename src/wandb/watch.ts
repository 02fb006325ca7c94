import { MAX_TIMER_MS } from "../bytes/pause.ts"
import { WireFailure } from "./failure.ts"

/** Fires when nothing has happened for too long, or with the caller's signal. */
export interface Watch {
  readonly signal: AbortSignal
  /** Something happened: the time starts again, with `moreMs` on top. */
  touch(moreMs?: number): void
  /** Nothing is expected to happen until the next `touch`. */
  rest(): void
  /** Ends what is watched, with this error. */
  abort(reason: unknown): void
  stop(): void
}

/** A watch that runs from its first `touch` on; when it fires, its signal's reason is an unclear {@link WireFailure}. */
export function createWatch(limitMs: number, reason: string, signal: AbortSignal | undefined): Watch {
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  // Not AbortSignal.any: a long-lived signal would collect one dependent per request.
  signal?.addEventListener("abort", onAbort, { once: true })
  let deadline = Number.POSITIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    timer = undefined
    const leftMs = deadline - performance.now()
    if (leftMs <= 0) controller.abort(new WireFailure("unclear", reason))
    else if (leftMs !== Number.POSITIVE_INFINITY) timer = setTimeout(look, leftMs)
  }
  return {
    signal: controller.signal,
    touch(moreMs = 0) {
      const delayMs = Math.min(limitMs + moreMs, MAX_TIMER_MS)
      deadline = performance.now() + delayMs
      // One timer for many touches: a timer for each chunk of a long file is felt.
      timer ??= setTimeout(look, delayMs)
    },
    rest() {
      deadline = Number.POSITIVE_INFINITY
    },
    abort: (reason) => controller.abort(reason),
    stop() {
      clearTimeout(timer)
      signal?.removeEventListener("abort", onAbort)
    },
  }
}
