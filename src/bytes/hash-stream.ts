import type { Digest } from "../core/digest-text.ts"
import { DigestMismatchError } from "../errors.ts"
import type { ByteRange, CallOptions, Content, Hasher, StoredFile } from "../ports.ts"
import { copyBytes } from "./streams.ts"

/** Up to this size `Content.bytes` is cheaper than a stream and still costs little memory. */
export const WHOLE_BYTES = 1024 * 1024

interface ReadHashedOptions extends CallOptions {
  /** Called with the bytes read since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined
  /** Where the bytes go. The chunk may be reused by its owner once the promise has settled. */
  readonly write?: ((chunk: Uint8Array) => void | Promise<void>) | undefined
}

/**
 * Reads `content` once: counts, hashes, and hands each chunk to `write` before the next is read, so that no more than one chunk is
 * held. On failure or abort the source is cancelled and the promise rejects, with `signal.reason` for an abort.
 */
export async function readHashed(content: Content, hasher: Hasher, options: ReadHashedOptions = {}): Promise<StoredFile> {
  const { signal, onBytes, write } = options
  signal?.throwIfAborted()
  if (content.bytes !== undefined && content.size !== undefined && content.size <= WHOLE_BYTES) {
    const bytes = await content.bytes({ signal })
    const digest = await hasher.hash(bytes)
    await write?.(bytes)
    signal?.throwIfAborted()
    onBytes?.(bytes.byteLength)
    return { digest, size: bytes.byteLength }
  }
  const state = await hasher.create()
  let size = 0
  await readChunks(content.stream({ signal }), signal, async (chunk) => {
    await state.update(chunk)
    await write?.(chunk)
    size += chunk.byteLength
    onBytes?.(chunk.byteLength)
  })
  return { digest: await state.digest(), size }
}

/** Gives every chunk of `stream` to `take`, one at a time. On failure or abort the stream is cancelled. */
export async function readChunks(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const reader = stream.getReader()
  // Cancelling settles a read that is pending on a source which never answers.
  const onAbort = () => void reader.cancel(signal?.reason).catch(() => undefined)
  signal?.addEventListener("abort", onAbort, { once: true })
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { done, value } = await reader.read()
      signal?.throwIfAborted()
      if (done) return
      await take(value)
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined)
    throw error
  } finally {
    signal?.removeEventListener("abort", onAbort)
  }
}

/** What bytes should be. Without `size` only the digest is compared. */
export interface Expected {
  readonly digest: Digest
  readonly size?: number | undefined
}

/** Throws `DigestMismatchError` naming `label` unless the two agree. */
export function checkExpected(label: string, expected: Expected, found: StoredFile): void {
  if (expected.size !== undefined && expected.size !== found.size) throw sizeMismatch(label, expected, found.size)
  if (expected.digest === found.digest) return
  throw new DigestMismatchError(`"${label}" is damaged: its bytes have digest ${found.digest}, not ${expected.digest}`, {
    path: label,
    expected: expected.digest,
    actual: found.digest,
  })
}

export function sizeMismatch(label: string, expected: Expected, found: number): DigestMismatchError {
  const amount = found > (expected.size ?? 0) ? `at least ${found}` : `${found}`
  return new DigestMismatchError(`"${label}" is damaged: it has ${amount} bytes, not ${expected.size}`, {
    path: label,
    expected: expected.digest,
  })
}

/** The chunks as one piece of exactly `size` bytes. */
export function joinChunks(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

/** The whole of `content` (or of its `range`), not verified, in memory of the caller's own. */
export async function readAll(
  content: Content,
  options: CallOptions & { readonly range?: ByteRange | undefined } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  await readChunks(content.stream(options), options.signal, (chunk) => {
    size += chunk.byteLength
    chunks.push(copyBytes(chunk))
  })
  return joinChunks(chunks, size)
}
