import { refuse } from "../core/check.ts"
import type { ByteRange, ReadOptions } from "../ports.ts"

const CHUNK_BYTES = 256 * 1024

interface PullSource {
  /** The next chunk, or undefined at the end. Called again only after it has settled. */
  pull(): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** Called once when it ends early: the reader cancelled, `signal` fired or `pull` failed. */
  cancel?(reason: unknown): unknown
  /** Called once, however it ends. */
  close?(): unknown
}

/**
 * A stream that asks for a chunk only when somebody reads, and holds none itself unless it is to be `aheadBytes` ahead. When `signal`
 * fires, the pending read rejects with `signal.reason` at once, also while `pull` is still busy.
 */
export function pullStream(source: PullSource, signal?: AbortSignal | undefined, aheadBytes = 0): ReadableStream<Uint8Array> {
  let ended = false
  let onAbort: (() => void) | undefined
  const end = (): boolean => {
    if (ended) return false
    ended = true
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort)
    return true
  }
  const stop = (reason: unknown) => {
    ignoreFailure(() => source.cancel?.(reason))
    ignoreFailure(() => source.close?.())
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (signal === undefined) return
        onAbort = () => {
          if (!end()) return
          controller.error(signal.reason)
          stop(signal.reason)
        }
        if (signal.aborted) onAbort()
        else signal.addEventListener("abort", onAbort, { once: true })
      },
      async pull(controller) {
        try {
          let chunk = await source.pull()
          // An empty chunk would satisfy no reader and stall a stream that asks only on demand.
          while (chunk?.byteLength === 0 && !ended) chunk = await source.pull()
          if (ended) return
          if (chunk !== undefined) return controller.enqueue(chunk)
          end()
          controller.close()
          await source.close?.()
        } catch (error) {
          if (!end()) return
          controller.error(error)
          stop(error)
        }
      },
      cancel(reason) {
        if (end()) stop(reason)
      },
    },
    { highWaterMark: aheadBytes, size: (chunk) => chunk?.byteLength ?? 0 },
  )
}

/** What `stream` gives, as such a stream; `explain` makes of its failure what the reader gets to see. */
export function relayStream(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
  explain: (error: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  const pull = async () => {
    try {
      return (await readHeld(reader)).value
    } catch (error) {
      throw await explain(error)
    }
  }
  return pullStream({ pull, cancel: (reason) => reader.cancel(reason) }, signal)
}

const held = new Set<object>()

/**
 * Reads on, holding on to the reader meanwhile: Chromium's workers collect the stream of a Blob that only waits to be answered, and the
 * read never ends.
 */
export async function readHeld<T>(reader: { read(): Promise<T> }): Promise<T> {
  held.add(reader)
  try {
    return await reader.read()
  } finally {
    held.delete(reader)
  }
}

function ignoreFailure(work: () => unknown): void {
  try {
    const result = work()
    if (result instanceof Promise) result.catch(() => undefined)
  } catch {
    // The failure that got us here is the one to report.
  }
}

/** `range` within `size` bytes, clamped as `Blob.slice` clamps. Throws `InvalidArgumentError` for what is not a byte offset. */
function resolveRange(range: ByteRange | undefined, size: number): { start: number; end: number } {
  checkRange(range)
  const end = Math.min(range?.end ?? size, size)
  return { start: Math.min(range?.start ?? 0, end), end }
}

/** Throws `InvalidArgumentError` unless both ends are byte offsets. */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return
  for (const offset of [range.start, range.end ?? 0]) {
    if (!Number.isSafeInteger(offset) || offset < 0) refuse("options.range", "byte offsets: whole numbers from 0", offset)
  }
}

/** Bytes in memory as a stream of pieces. With `copy`, pieces are the reader's own, so that writing to one changes nothing else. */
export function bytesStream(bytes: Uint8Array, { range, signal }: ReadOptions = {}, copy = false): ReadableStream<Uint8Array> {
  const { start, end } = resolveRange(range, bytes.byteLength)
  let position = start
  const pull = () => {
    if (position >= end) return undefined
    const from = position
    position = Math.min(from + CHUNK_BYTES, end)
    const piece = bytes.subarray(from, position)
    return copy ? copyBytes(piece) : piece
  }
  return pullStream({ pull }, signal)
}

/** The part of a stream that `range` names, for sources that can only be read from their start. */
export function sliceStream(stream: ReadableStream<Uint8Array>, { range, signal }: ReadOptions): ReadableStream<Uint8Array> {
  checkRange(range)
  const reader = stream.getReader()
  const start = range?.start ?? 0
  const end = range?.end ?? Number.POSITIVE_INFINITY
  let position = 0
  const pull = async () => {
    while (position < end) {
      const { done, value } = await reader.read()
      if (done) return undefined
      const from = position
      position += value.byteLength
      if (position > start) return value.subarray(Math.max(start - from, 0), Math.max(end - from, 0))
    }
    await reader.cancel()
    return undefined
  }
  return pullStream({ pull, cancel: (reason) => reader.cancel(reason) }, signal)
}

/** Waits for `promise`, or rejects with `signal.reason` as soon as `signal` fires. What it waited for goes on by itself. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener("abort", onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort))
  })
}

/** A copy in memory of its own. Not `slice`, which on Node's `Buffer` gives a view. */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
