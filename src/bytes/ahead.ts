/** Requests kept in flight: enough to hide a store's latency, few enough for its limits. */
const requestsAtOnce = 16

/**
 * Maps in order, working at most `limit` items ahead of whoever consumes it; stopping early stops asking. The first failure is thrown
 * in its place.
 */
export async function* mapAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  limit = requestsAtOnce,
): AsyncGenerator<R> {
  const flying: Promise<R>[] = []
  for await (const item of items) {
    const result = work(item)
    // It may fail long before its turn to be awaited.
    result.catch(() => undefined)
    flying.push(result)
    if (flying.length >= limit) yield await flying.shift()!
  }
  for (const result of flying) yield await result
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
