import { expect } from "vitest"
import { type Digest, digestFromBytes } from "../../src/core/digest-text.ts"
import { md5 } from "../../src/core/md5.ts"
import type { Content, ReadOptions } from "../../src/ports.ts"

/** Content as an adapter sees it, without the digest room's help: a stream of `chunks`, and nothing else. */
export function streamOf(
  chunks: readonly Uint8Array[],
  about: Partial<Content> = {},
): Content & { readonly state: { cancelled: unknown; reads: number } } {
  const state = { cancelled: undefined as unknown, reads: 0 }
  return {
    stability: "once",
    ...about,
    state,
    stream({ range, signal }: ReadOptions = {}) {
      signal?.throwIfAborted()
      const rest =
        range === undefined ? [...chunks] : [new Uint8Array(chunks.flatMap((chunk) => [...chunk])).slice(range.start, range.end)]
      return new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            state.reads++
            const next = rest.shift()
            if (next === undefined) controller.close()
            else controller.enqueue(next)
          },
          cancel(reason) {
            state.cancelled = reason
          },
        },
        { highWaterMark: 0 },
      )
    },
  }
}

/** Content of known size that can be had whole. */
export function bytesOf(bytes: Uint8Array, about: Partial<Content> = {}): Content {
  return { ...streamOf([bytes]), stability: "volatile", size: bytes.byteLength, bytes: async () => bytes, ...about }
}

/** A stream that gives one chunk and then never answers. */
export function stalled(first: Uint8Array): Content & { readonly state: { cancelled: unknown } } {
  const state = { cancelled: undefined as unknown }
  const stream = () => {
    let started = false
    return new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (started) return new Promise<void>(() => undefined)
          started = true
          controller.enqueue(first)
        },
        cancel(reason) {
          state.cancelled = reason
        },
      },
      { highWaterMark: 0 },
    )
  }
  return { stability: "once", stream, state }
}

/** A stream that gives one chunk and then fails. */
export function failing(first: Uint8Array, error: Error): Content {
  const chunks = [first]
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const next = chunks.shift()
    if (next === undefined) controller.error(error)
    else controller.enqueue(next)
  }
  return { stability: "once", stream: () => new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }) }
}

/** Bytes that differ with every seed and are the same for the same one. */
export function sampleBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = (seed * 2654435761) >>> 0 || 1
  for (let at = 0; at < size; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state
  }
  return bytes
}

export const digestOf = (bytes: Uint8Array): Digest => digestFromBytes(md5(bytes))

/** Rejects with the stream's own error, where a `Response` over it may say only that fetching failed. */
export async function readBytes(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value)
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
}

/** As `toEqual`, without printing megabytes. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  expect(actual?.byteLength).toBe(expected.byteLength)
  let at = 0
  while (at < expected.byteLength && actual![at] === expected[at]) at++
  expect(at).toBe(expected.byteLength)
}

export async function toArray<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** An `AbortSignal` that has fired, and the reason it gives. */
export function fired(): { readonly signal: AbortSignal; readonly reason: Error } {
  const reason = new Error("stop, said the test")
  return { signal: AbortSignal.abort(reason), reason }
}
