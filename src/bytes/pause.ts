/** Resolves after `delayMs`; rejects with `signal.reason` as soon as it is aborted. */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop)
      resolve()
    }, delayMs)
    if (signal?.aborted) return stop()
    signal?.addEventListener("abort", stop, { once: true })
  })
}
