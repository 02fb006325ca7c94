import { mapAhead } from "../bytes/ahead.ts"
import { pause } from "../bytes/pause.ts"
import { settlesSoon } from "../bytes/settles.ts"
import { untilAborted } from "../bytes/streams.ts"

/** Work that has shown no sign of life for this long no longer counts. */
const SILENT_MS = 60_000
const POLL_MS = 25
/** Seldom, and still often enough that one that comes late does no harm. */
const BEAT_MS = 20_000

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

/** Waits for `other`, the promise of another call, as long as {@link settlesSoon} does. */
export async function awaitOther(other: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  await untilAborted(settlesSoon(other), signal)
}

/** Calls `beat` now and then while a store is at work that shows nothing of how far it is. */
export async function beating<T>(work: Promise<T>, beat: () => void): Promise<T> {
  const timer = setInterval(beat, BEAT_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

/**
 * Lets `limit` pieces of work run at a time. Each shows that it lives by calling `beat`; places are data and not promises, for the reason
 * given at {@link settlesSoon}.
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
