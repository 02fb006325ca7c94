import { mapAhead } from "../bytes/ahead.ts"
import { pause } from "../bytes/pause.ts"
import { untilAborted } from "../bytes/streams.ts"

/** The longest that one call relies on another. */
const OTHERS_MS = 10_000
/** Work that has shown no sign of life for this long no longer counts. */
const SILENT_MS = 60_000
const POLL_MS = 25

/** {@link mapAhead}, after which, however it ends, none of the work it began goes on. */
export async function* mapObjects<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const flying = new Set<Promise<R>>()
  const begin = (item: T) => {
    const result = work(item)
    const land = () => flying.delete(result)
    flying.add(result)
    result.then(land, land)
    return result
  }
  try {
    yield* mapAhead(items, begin, limit)
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
