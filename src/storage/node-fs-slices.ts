/** Long enough to be worth it, short enough that timers, sockets and a progress bar do not notice. */
const SLICE_MS = 8

/**
 * Runs short synchronous jobs in slices: for small files the thread pool's round trips cost several times the system calls
 * themselves, while one blocking call is over in microseconds. After 8 ms of work in one turn of the event loop the rest waits for
 * the next turn.
 */
export interface Slices {
  /** Resolves with what `job` returns. A job whose signal has fired by its turn is not run. */
  run<T>(job: () => T, signal?: AbortSignal | undefined): Promise<T>
}

export function createSlices(): Slices {
  const queue: (() => void)[] = []
  let next = 0
  let sliceEndsAt = 0
  let draining = false

  const drain = () => {
    draining = false
    while (next < queue.length && performance.now() < sliceEndsAt) queue[next++]!()
    if (next < queue.length) return
    queue.length = 0
    next = 0
  }
  const turn = () => {
    if (queue.length === 0) {
      sliceEndsAt = 0
      return
    }
    sliceEndsAt = performance.now() + SLICE_MS
    setImmediate(turn)
    drain()
  }
  const schedule = () => {
    if (sliceEndsAt === 0) {
      sliceEndsAt = performance.now() + SLICE_MS
      setImmediate(turn)
    }
    if (draining) return
    draining = true
    queueMicrotask(drain)
  }

  return {
    run(job, signal) {
      return new Promise((resolve, reject) => {
        queue.push(() => {
          try {
            signal?.throwIfAborted()
            resolve(job())
          } catch (error) {
            reject(error)
          }
        })
        schedule()
      })
    },
  }
}
