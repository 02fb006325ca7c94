import { pause } from "../bytes/pause.ts"
import type { CallOptions } from "../ports.ts"
import type { Condition } from "./object-port.ts"
import { awaitOther } from "./object-turns.ts"

const MAX_SPREAD_MS = 5_000

type Swap = (path: string, text: string, condition: Condition, call: CallOptions) => Promise<string | undefined>

interface Queue {
  last: Promise<unknown>
  length: number
  /** How long a write took. */
  tookMs: number
  lost?: string
}

/**
 * Writes to one key one after the other: stores limit them (R2 to one a second), and of many that build on one etag only the first can
 * win, so the rest are told without asking: spread over the time that as many writes take, lest they all come back at once.
 */
export function createQueue(swap: Swap) {
  const queues = new Map<string, Queue>()
  return async (path: string, text: string, etag: string, call: CallOptions): Promise<string | undefined> => {
    call.signal?.throwIfAborted()
    const before = queues.get(path)
    const queue: Queue = before ?? { last: Promise.resolve(), length: 0, tookMs: 0 }
    queues.set(path, queue)
    queue.length++
    const turn = async () => {
      if (before !== undefined) await awaitOther(previous, call.signal)
      if (queue.lost === etag) return undefined
      const begun = performance.now()
      const written = await swap(path, text, { etag }, call)
      queue.tookMs = performance.now() - begun
      queue.lost = etag
      return written
    }
    const previous = queue.last
    const work = turn()
    queue.last = work
    try {
      const written = await work
      const spreadMs = Math.min(queue.length * queue.tookMs, MAX_SPREAD_MS)
      if (written === undefined && before !== undefined) await pause(Math.random() * spreadMs, call.signal)
      return written
    } finally {
      if (queue.last === work) queues.delete(path)
    }
  }
}
