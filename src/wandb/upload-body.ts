import { readAll, sizeMismatch, WHOLE_BYTES } from "../bytes/hash-stream.ts"
import { pullStream, readHeld } from "../bytes/streams.ts"
import type { Digest } from "../core/digest-text.ts"
import type { ByteRange, Content } from "../ports.ts"
import type { WireFailure } from "./failure.ts"
import type { WireBody } from "./http.ts"
import type { Watch } from "./watch.ts"

/** A slow line must get a piece through that cannot be watched: this many bytes are given a millisecond more. */
const BYTES_PER_MS = 16

export interface UploadBodyOptions {
  /** What it is called in an error, and what it should be. */
  readonly path: string
  readonly digest: Digest
  /** Bytes that have to be sent, when known. */
  readonly size: number | undefined
  /** The part of the content that they are; default all of it. */
  readonly range?: Required<ByteRange> | undefined
  /** Called with the bytes taken since the last call, where that can be seen. */
  readonly onBytes?: ((count: number) => void) | undefined
  /** The store takes no stream from this runtime. */
  readonly gather: boolean
}

/**
 * Bytes as the body of one attempt. Small ones go as they are and a `Blob` as itself. A stream goes only where a program may say how
 * long it is, since object stores want to know; elsewhere, in a page, the platform gathers it into a `Blob` first.
 */
export async function uploadBody(content: Content, options: UploadBodyOptions, watch: Watch): Promise<WireBody> {
  const { range, size } = options
  const read = { signal: watch.signal, range }
  if (content.blob !== undefined) {
    const { start, end } = range ?? { start: 0, end: content.blob.size }
    // A slice has no type of its own, which would become a header that nobody has signed.
    return wholeBody(content.blob.slice(start, end), options, watch)
  }
  if (size !== undefined && size <= WHOLE_BYTES) {
    const isWhole = range === undefined && content.bytes !== undefined
    const bytes = isWhole ? await content.bytes!({ signal: watch.signal }) : await readAll(content, read)
    return wholeBody(bytes as Uint8Array<ArrayBuffer>, options, watch)
  }
  const stream = watchedStream(content.stream(read), options, watch)
  if (size !== undefined && !options.gather && saysLength()) return streamBody(stream, size)
  return wholeBody(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob(), options, watch)
}

function wholeBody(data: Blob | Uint8Array<ArrayBuffer>, options: UploadBodyOptions, watch: Watch): WireBody {
  const size = data instanceof Blob ? data.size : data.byteLength
  if (options.size !== undefined && size !== options.size) throw sizeMismatch(options.path, options, size)
  watch.touch(size / BYTES_PER_MS)
  return { data }
}

/** Passes chunks on; each that is taken shows that the line moves. What is wrong with the content ends the watch. */
function watchedStream(stream: ReadableStream<Uint8Array>, options: UploadBodyOptions, watch: Watch): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  let seen = 0
  const pull = async () => {
    try {
      const { value } = await readHeld(reader)
      watch.touch()
      seen += value?.byteLength ?? 0
      const isWrong = options.size !== undefined && (value === undefined ? seen < options.size : seen > options.size)
      if (isWrong) throw sizeMismatch(options.path, options, seen)
      if (value !== undefined) options.onBytes?.(value.byteLength)
      return value
    } catch (error) {
      watch.abort(error)
      throw error
    }
  }
  return pullStream({ pull, cancel: (reason) => reader.cancel(reason) })
}

interface LengthAbility {
  readonly FixedLengthStream?: new (size: number) => TransformStream<Uint8Array, Uint8Array>
}

/** In Workers a length is part of the stream; elsewhere it is a header. */
function streamBody(stream: ReadableStream<Uint8Array>, size: number): WireBody {
  const { FixedLengthStream } = globalThis as LengthAbility
  const data = FixedLengthStream === undefined ? stream : stream.pipeThrough(new FixedLengthStream(size))
  const headers = FixedLengthStream === undefined ? { "content-length": String(size) } : {}
  return { data: data as ReadableStream<Uint8Array<ArrayBuffer>>, headers }
}

let maySayLength: boolean | undefined

/** Pages may not set this header: there it is dropped without a word. */
function saysLength(): boolean {
  if (maySayLength === undefined) {
    const request = new Request("https://example.invalid", { method: "PUT", headers: { "content-length": "1" } })
    maySayLength = "FixedLengthStream" in globalThis || request.headers.has("content-length")
  }
  return maySayLength
}

/**
 * Whether a store refused a stream because it was not told how long it is: some runtimes keep the header to themselves, and S3 then
 * takes nothing.
 */
export function wantsLength({ facts }: WireFailure): boolean {
  return facts.status === 411 || (facts.status === 501 && facts.storeCode === "NotImplemented")
}
