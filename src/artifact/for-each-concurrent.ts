import { untilAborted } from "../bytes/streams.ts"

/** More workers than this help nobody, and a limit of a billion must not cost a billion promises. */
const maxWorkers = 1000

/**
 * Runs `work` on each item, at most `limit` at once, taking the next item only when there is room for it. The first failure aborts
 * the signal that the others were given, waits for them to end, and rejects.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let failure: { reason: unknown } | undefined
  const fail = (reason: unknown) => {
    failure ??= { reason }
    stop.abort(reason)
  }
  const worker = async () => {
    while (failure === undefined) {
      signal.throwIfAborted()
      const next = await takeTurn()
      if (next.done === true) return
      await work(next.value, signal)
    }
  }
  // Async generators queue concurrent next() calls themselves, plain async iterators need not.
  let turn: Promise<unknown> = Promise.resolve()
  const takeTurn = async (): Promise<IteratorResult<T>> => {
    if (!(Symbol.asyncIterator in items)) return (iterator as Iterator<T>).next()
    const mine = turn.then(() => iterator.next())
    turn = mine.catch(() => undefined)
    return untilAborted(mine, signal)
  }
  await Promise.all(Array.from({ length: Math.min(limit, maxWorkers) }, () => worker().catch(fail)))
  if (failure === undefined) return
  // Asked to end, not waited for: an iterator that hangs would keep the failure from being told.
  void Promise.resolve(iterator.return?.()).catch(() => undefined)
  throw failure.reason
}
