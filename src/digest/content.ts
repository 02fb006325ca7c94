import { joinChunks } from "../bytes/hash-stream.ts"
import { bytesStream, checkRange, pullStream, sliceStream } from "../bytes/streams.ts"
import { InvalidArgumentError, StorageError } from "../errors.ts"
import type { ByteRange, Content, ReadOptions } from "../ports.ts"

type Chunks = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>

/** Everything that holds the bytes of one file. A string is text, never a path. */
export type Source = Blob | ArrayBufferLike | ArrayBufferView | string | ReadableStream<Uint8Array | string> | Response | Chunks

const encoder = new TextEncoder()

/**
 * Makes whatever a caller hands over readable. Sources are told apart by what they can do, so that those of another realm or a
 * polyfill count too. Streams, responses and iterables can be read once; text chunks become UTF-8.
 *
 * Throws `InvalidArgumentError` for anything else, for a response that is not ok, and for one whose body was read already.
 */
export function toContent(source: Source, options: { readonly name?: string | undefined } = {}): Content {
  const { name } = options
  if (typeof source === "string") return bytesContent(encoder.encode(source), "frozen", name)
  if (ArrayBuffer.isView(source)) return bytesContent(viewBytes(source), "volatile", name)
  if (isBuffer(source)) return bytesContent(new Uint8Array(source), "volatile", name)
  if (isBlob(source)) return blobContent(source, name)
  if (isResponse(source)) return responseContent(source, name)
  if (isStream(source)) return streamContent(source, { name })
  if (isIterable(source)) return onceContent(() => iterate(source), { name })
  throw new InvalidArgumentError("source", `source holds no bytes that can be read: ${describe(source)}`)
}

function bytesContent(bytes: Uint8Array, stability: "frozen" | "volatile", name: string | undefined): Content {
  return {
    stability,
    size: bytes.byteLength,
    name,
    stream: (options) => bytesStream(bytes, options),
    async bytes({ signal } = {}) {
      signal?.throwIfAborted()
      return bytes
    },
  }
}

function blobContent(blob: Blob, name: string | undefined): Content {
  const label = name ?? (blob as Partial<File>).name
  const readable = (error: unknown) =>
    new StorageError(
      `${label === undefined ? "a Blob" : `"${label}"`} cannot be read any more; was the file changed or removed after it was picked?`,
      label === undefined ? {} : { path: label },
      { cause: error },
    )
  return {
    stability: "frozen",
    size: blob.size,
    name: label,
    blob,
    stream({ range, signal } = {}) {
      checkRange(range)
      const part = range === undefined ? blob : blob.slice(range.start, range.end ?? blob.size)
      const reader = part.stream().getReader()
      const pull = async () => {
        try {
          return (await reader.read()).value
        } catch (error) {
          throw readable(error)
        }
      }
      return pullStream({ pull, cancel: (reason) => reader.cancel(reason) }, signal)
    },
    async bytes({ signal } = {}) {
      signal?.throwIfAborted()
      const buffer = await blob.arrayBuffer().catch((error) => {
        throw readable(error)
      })
      signal?.throwIfAborted()
      return new Uint8Array(buffer)
    },
  }
}

function responseContent(response: Response, name: string | undefined): Content {
  if (!response.ok) {
    throw new InvalidArgumentError(
      "source",
      `the Response has status ${response.status}, so its body is not the file: check response.ok first`,
    )
  }
  if (response.bodyUsed) throw usedUp("the Response's body")
  const label = name ?? urlBaseName(response.url)
  if (response.body === null) return bytesContent(new Uint8Array(0), "frozen", label)
  return streamContent(response.body, { name: label, size: declaredSize(response.headers) })
}

/** A body that was encoded for the way has another length than what it decodes to. */
function declaredSize(headers: Headers): number | undefined {
  const length = headers.get("content-length")
  if (length === null || !/^\d+$/.test(length) || headers.get("content-encoding") !== null) return undefined
  return Number(length)
}

function urlBaseName(url: string): string | undefined {
  if (url === "") return undefined
  const base = new URL(url).pathname.split("/").at(-1)
  try {
    return decodeURIComponent(base ?? "") || undefined
  } catch {
    return base
  }
}

function streamContent(
  stream: ReadableStream<Uint8Array | string>,
  about: { readonly name?: string | undefined; readonly size?: number | undefined },
): Content {
  if (stream.locked) throw usedUp("the ReadableStream")
  return onceContent(() => {
    if (stream.locked) throw usedUp("the ReadableStream")
    const reader = stream.getReader()
    return { next: () => reader.read(), cancel: (reason) => reader.cancel(reason) }
  }, about)
}

interface ChunkReader {
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>
  cancel(reason: unknown): unknown
}

function onceContent(
  open: () => ChunkReader,
  about: { readonly name?: string | undefined; readonly size?: number | undefined },
): Content {
  let used = false
  const whole = (signal: AbortSignal | undefined) => {
    const reader = open()
    const encode = createChunkEncoder()
    const pull = async () => {
      const { done, value } = await reader.next()
      return done === true ? encode() : encode(value)
    }
    return pullStream({ pull, cancel: (reason) => reader.cancel(reason) }, signal)
  }
  return {
    stability: "once",
    ...about,
    stream({ range, signal }: ReadOptions = {}) {
      checkRange(range)
      if (used) throw usedUp(about.name === undefined ? "the source" : `"${about.name}"`)
      used = true
      return isWhole(range) ? whole(signal) : sliceStream(whole(signal), { range, signal })
    },
  }
}

const isWhole = (range: ByteRange | undefined): boolean => range === undefined || (range.start === 0 && range.end === undefined)

function iterate(source: Chunks): ChunkReader {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  return { next: async () => iterator.next(), cancel: () => iterator.return?.() }
}

/** Chunks to bytes; without a chunk: what is left at the end, or undefined. */
function createChunkEncoder(): (...chunk: [] | [unknown]) => Uint8Array | undefined {
  // A text may be cut between the two halves of a character, which are nothing apart.
  let half = ""
  const encode = (text: string): Uint8Array => {
    const whole = half + text
    const cut = /[\ud800-\udbff]$/.test(whole) ? whole.length - 1 : whole.length
    half = whole.slice(cut)
    return encoder.encode(whole.slice(0, cut))
  }
  const flush = (): Uint8Array => {
    const rest = encoder.encode(half)
    half = ""
    return rest
  }
  return (...chunk) => {
    if (chunk.length === 0) return half === "" ? undefined : flush()
    if (typeof chunk[0] === "string") return encode(chunk[0])
    const bytes = chunkBytes(chunk[0])
    return half === "" ? bytes : joinChunks([flush(), bytes], 3 + bytes.byteLength)
  }
}

function chunkBytes(chunk: unknown): Uint8Array {
  if (ArrayBuffer.isView(chunk)) return viewBytes(chunk)
  if (isBuffer(chunk)) return new Uint8Array(chunk)
  throw new InvalidArgumentError("source", `source yielded something that is neither bytes nor text: ${describe(chunk)}`)
}

/** Always a plain `Uint8Array`: methods of its subclasses may differ, as `slice` of Node's `Buffer` does. */
function viewBytes(view: ArrayBufferView): Uint8Array {
  if (Object.getPrototypeOf(view) === Uint8Array.prototype) return view as Uint8Array
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function usedUp(what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    "source",
    `${what} was read already, or is being read; streams can be read only once, so pass a new one or a Blob`,
  )
}

// ---------------------------------------------------------------- telling sources apart

const has = (value: unknown, ...methods: string[]): boolean =>
  typeof value === "object" &&
  value !== null &&
  methods.every((method) => typeof (value as Record<string, unknown>)[method] === "function")

function isBuffer(value: unknown): value is ArrayBufferLike {
  const tag = Object.prototype.toString.call(value)
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]"
}

function isBlob(value: unknown): value is Blob {
  return has(value, "slice", "stream", "arrayBuffer") && typeof (value as Blob).size === "number"
}

function isResponse(value: unknown): value is Response {
  return has(value, "arrayBuffer") && typeof (value as Response).ok === "boolean" && typeof (value as Response).status === "number"
}

const isStream = (value: unknown): value is ReadableStream<Uint8Array | string> => has(value, "getReader", "cancel")

function isIterable(value: unknown): value is Chunks {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
}

const EXPECTED = "expected a File, Blob, bytes, ReadableStream, Response, or an (async) iterable of bytes or text"

function describe(value: unknown): string {
  if (has(value, "then")) return "it is a Promise; await it first"
  if (has(value, "getFile")) return "it is a file handle; pass await handle.getFile()"
  if (value === null || value === undefined) return `it is ${value}; ${EXPECTED}`
  if (typeof value !== "object") return `it is a ${typeof value}; ${EXPECTED}`
  const kind =
    Object.prototype.toString.call(value) === "[object Object]"
      ? className(value)
      : Object.prototype.toString.call(value).slice(8, -1)
  return `it is a ${kind}; ${EXPECTED}${kind === "plain object" ? " (JSON.stringify makes text of an object)" : ""}`
}

function className(value: object): string {
  const maker: unknown = value.constructor
  return typeof maker === "function" && maker.name !== "" && maker.name !== "Object" ? maker.name : "plain object"
}
