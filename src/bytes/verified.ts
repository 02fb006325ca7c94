import type { CallOptions, Content, Hasher } from "../ports.ts"
import { checkExpected, type Expected, joinChunks, readHashed, sizeMismatch } from "./hash-stream.ts"
import { copyBytes, pullStream } from "./streams.ts"

export interface VerifyOptions extends CallOptions {
  /** What to call it in the error: an entry path. */
  readonly label: string
}

/**
 * `content` as a stream that proves itself: bytes that are not what was expected end it with `DigestMismatchError`, and so do too many of
 * them as soon as that shows. The last chunk comes only when all are proven, so that whoever counts bytes instead of waiting for the end
 * never has a whole that is wrong; what is made of the others must not be kept until the stream has closed. Holds one chunk at most, so
 * that a source must leave the last one it gave alone; cancels it on failure, abort and cancel.
 */
export function verifiedStream(
  content: Content,
  expected: Expected,
  hasher: Hasher,
  options: VerifyOptions,
): ReadableStream<Uint8Array> {
  const { signal, label } = options
  let reading:
    | Promise<{ reader: ReadableStreamDefaultReader<Uint8Array>; state: Awaited<ReturnType<Hasher["create"]>> }>
    | undefined
  let size = 0
  const open = async () => {
    const state = await hasher.create()
    return { reader: content.stream({ signal }).getReader(), state }
  }
  /** Undefined at the end, where all are proven. */
  const next = async () => {
    reading ??= open()
    const { reader, state } = await reading
    const { done, value } = await reader.read()
    if (done) {
      checkExpected(label, expected, { digest: await state.digest(), size })
      return undefined
    }
    size += value.byteLength
    if (expected.size !== undefined && size > expected.size) throw sizeMismatch(label, expected, size)
    await state.update(value)
    return value
  }
  let held: Uint8Array | undefined
  let hasEnded = false
  const pull = async (): Promise<Uint8Array | undefined> => {
    if (hasEnded) return undefined
    const chunk = await next()
    if (chunk !== undefined && (size < (expected.size ?? 0) || chunk.byteLength === 0)) return chunk
    hasEnded = chunk === undefined
    const before = held
    held = chunk
    return before ?? pull()
  }
  const cancel = async (reason: unknown) => {
    const { reader } = (await reading) ?? {}
    await reader?.cancel(reason)
  }
  return pullStream({ pull, cancel }, signal)
}

/** All of `content`, verified; rejects with `DigestMismatchError`. For small content: it is held whole. */
export async function verifiedBytes(
  content: Content,
  expected: Expected,
  hasher: Hasher,
  options: VerifyOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let room = expected.size ?? Number.POSITIVE_INFINITY
  const found = await readHashed(content, hasher, {
    signal: options.signal,
    write(chunk) {
      room -= chunk.byteLength
      if (room < 0) throw sizeMismatch(options.label, expected, (expected.size ?? 0) - room)
      chunks.push(copyBytes(chunk))
    },
  })
  checkExpected(options.label, expected, found)
  return joinChunks(chunks, found.size)
}
