import { untilAborted } from "../bytes/streams.ts"
import { pause } from "./object-retry.ts"

/** The longest that one call relies on another. */
const OTHERS_MS = 10_000
/** Work that has shown no sign of life for this long no longer counts. */
const SILENT_MS = 60_000
const POLL_MS = 25

/**
 * Maps in order, working at most `limit` items ahead of whoever consumes it. The first failure is thrown in its place. However it ends,
 * no work goes on after it.
 */
export async function* mapObjects<T, R>(items: AsyncIterable<T>, limit: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const flying: Promise<R>[] = []
  try {
    for await (const item of items) {
      const result = work(item)
      // It may fail long before its turn to be awaited.
      result.catch(() => undefined)
      flying.push(result)
      if (flying.length >= limit) yield await flying.shift()!
    }
    while (flying.length > 0) yield await flying.shift()!
  } finally {
    await Promise.allSettled(flying)
  }
}

/**
 * Resolves when `other`, the promise of another call, has settled, or after ten seconds: in a Worker that call may belong to a request
 * that was cancelled, and what a cancelled request waits for never settles.
 */
export function awaitOther(other: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const settled = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, OTHERS_MS)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    other.then(done, done)
  })
  return untilAborted(settled, signal)
}

/**
 * Lets `limit` pieces of work run at a time. Each shows that it lives by calling `beat`; places are data and not promises, for the reason
 * given at {@link awaitOther}.
 */
export function createGate(limit: number) {
  const places = new Set<{ at: number }>()
  const isFull = () => {
    for (const place of places) if (performance.now() - place.at > SILENT_MS) places.delete(place)
    return places.size >= limit
  }
  return async <T>(work: (beat: () => void) => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    while (isFull()) await pause(POLL_MS, signal)
    const place = { at: performance.now() }
    places.add(place)
    try {
      return await work(() => {
        place.at = performance.now()
      })
    } finally {
      places.delete(place)
    }
  }
}
