/** 24 days, all that timers can count: to them a longer time is none. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** Resolves after `delayMs`, or as much of it as a timer can count; rejects with `signal.reason` as soon as it is aborted. */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", stop)
        resolve()
      },
      Math.min(delayMs, MAX_TIMER_MS),
    )
    if (signal?.aborted) return stop()
    signal?.addEventListener("abort", stop, { once: true })
  })
}
