import { createJsHasher } from "../bytes/js-hasher.ts"
import { readHeld } from "../bytes/streams.ts"
import type { Hasher } from "../ports.ts"
import { createWasmHasher } from "./hash-wasm.ts"

const CHUNK_BYTES = 2 * 1024 * 1024
/** A page that is busy for longer than 50 ms is felt to stutter. */
const STEP_MS = 8

/** The fastest hasher of single pieces that this place allows. */
export async function openHasher(): Promise<Hasher> {
  const wasm = createWasmHasher()
  try {
    await wasm.hash(new Uint8Array())
    return wasm
  } catch {
    // A page's policy may allow scripts and not WebAssembly.
    return createJsHasher()
  }
}

/** Many Blobs in one read, which takes a tenth of the time that one read for each would. Fails when one of them cannot be read. */
export async function readTogether(blobs: readonly Blob[]): Promise<Uint8Array[]> {
  const whole = await new Blob([...blobs]).arrayBuffer()
  let end = 0
  return blobs.map(({ size }) => {
    end += size
    return new Uint8Array(whole, end - size, size)
  })
}

/** A Blob in pieces of at most a few MiB, each of which may be overwritten by the next. */
export async function* readChunks(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = openReader(blob.stream())
  try {
    for (;;) {
      const { done, value } = await readHeld(reader)
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** Memory that is filled again makes reading several times faster, where the stream of a Blob can do it. */
function openReader(stream: ReadableStream<Uint8Array>) {
  try {
    const reader = stream.getReader({ mode: "byob" })
    let buffer = new ArrayBuffer(CHUNK_BYTES)
    const read = async () => {
      const result = await reader.read(new Uint8Array(buffer))
      if (result.value !== undefined) buffer = result.value.buffer
      return result
    }
    return { read, cancel: () => reader.cancel() }
  } catch {
    return stream.getReader()
  }
}

/**
 * Waits for the next task, unless it did a few milliseconds ago. Reading alone is no pause: while bytes are at hand, a stream answers
 * before anything else is heard, an abort among it.
 */
export function createPause(): () => Promise<void> {
  const nextTask = createTasks()
  let since = 0
  return async () => {
    if (performance.now() - since < STEP_MS) return
    await nextTask()
    since = performance.now()
  }
}

/**
 * Not timers: those come once a second in a page that is out of sight. One channel for all, which its user holds on to: the ports of
 * one that nobody holds are sometimes collected with the message still on its way.
 */
function createTasks(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()!()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port2.postMessage(undefined)
    })
}
