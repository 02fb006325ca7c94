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
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    signal: controller.signal,
    touch(moreMs = 0) {
      clearTimeout(timer)
      const delayMs = Math.min(limitMs + moreMs, MAX_TIMER_MS)
      timer = setTimeout(() => controller.abort(new WireFailure("unclear", reason)), delayMs)
    },
    rest: () => clearTimeout(timer),
    abort: (reason) => controller.abort(reason),
    stop() {
      clearTimeout(timer)
      signal?.removeEventListener("abort", onAbort)
    },
  }
}
