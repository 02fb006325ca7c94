/** The longest that one call relies on another. */
const OTHERS_MS = 10_000

/**
 * Whether `other`, the promise of another call, settles within ten seconds: in a Worker that call may belong to a request that was
 * cancelled, and what a cancelled request waits for never settles.
 */
export function settlesSoon(other: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, OTHERS_MS, false)
    const done = () => {
      clearTimeout(timer)
      resolve(true)
    }
    other.then(done, done)
  })
}
