import { untilAborted } from "../bytes/streams.ts"

/** One at a time for each key: the same bytes from many sides at once are read from one of them. */
export function createTurns(): <T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>) => Promise<T> {
  const busy = new Map<string, Promise<unknown>>()
  return async (key, signal, work) => {
    signal?.throwIfAborted()
    for (let other = busy.get(key); other !== undefined; other = busy.get(key)) {
      await untilAborted(
        other.catch(() => undefined),
        signal,
      )
    }
    const turn = work().finally(() => busy.delete(key))
    busy.set(key, turn)
    return turn
  }
}
