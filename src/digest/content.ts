import { joinChunks } from "../bytes/hash-stream.ts"
import { bytesStream, checkRange, pullStream, relayStream, sliceStream } from "../bytes/streams.ts"
import { InvalidArgumentError, StorageError } from "../errors.ts"
import type { Content, ReadOptions } from "../ports.ts"

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
  if (isStream(source)) return streamContent(source, name)
  if (isIterable(source)) return onceContent(() => iterate(source), name)
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

function blobContent(blob: Blob, given: string | undefined): Content {
  const name = given ?? (blob as Partial<File>).name
  const explain = (cause: unknown) =>
    new StorageError(
      `${quote(name, "a Blob")} cannot be read any more; was the file changed or removed after it was picked?`,
      name === undefined ? {} : { path: name },
      { cause },
    )
  return {
    stability: "frozen",
    size: blob.size,
    name,
    blob,
    stream({ range, signal } = {}) {
      checkRange(range)
      const part = range === undefined ? blob : blob.slice(range.start, range.end)
      return relayStream(part.stream(), signal, explain)
    },
    async bytes({ signal } = {}) {
      signal?.throwIfAborted()
      const buffer = await blob.arrayBuffer().catch((error) => {
        throw explain(error)
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
  return streamContent(response.body, label, declaredSize(response.headers))
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

function streamContent(stream: ReadableStream<Uint8Array | string>, name: string | undefined, size?: number): Content {
  const open = () => {
    if (stream.locked) throw usedUp("the ReadableStream")
    const reader = stream.getReader()
    return { next: () => reader.read(), cancel: (reason: unknown) => reader.cancel(reason) }
  }
  if (stream.locked) open()
  return onceContent(open, name, size)
}

interface ChunkReader {
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>
  cancel(reason: unknown): unknown
}

function onceContent(open: () => ChunkReader, name: string | undefined, size?: number): Content {
  let used = false
  const whole = (signal: AbortSignal | undefined) => {
    const { next, cancel } = open()
    const encode = createChunkEncoder()
    return pullStream({ pull: async () => encode(await next()), cancel }, signal)
  }
  return {
    stability: "once",
    name,
    size,
    stream({ range, signal }: ReadOptions = {}) {
      checkRange(range)
      if (used) throw usedUp(quote(name, "the source"))
      used = true
      return range === undefined ? whole(signal) : sliceStream(whole(signal), { range, signal })
    },
  }
}

function iterate(source: Chunks): ChunkReader {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  return { next: async () => iterator.next(), cancel: () => iterator.return?.() }
}

/** Chunks to bytes; at the end what is left, or undefined. */
function createChunkEncoder() {
  // A text may be cut between the two halves of a character, which are nothing apart.
  let half = ""
  return ({ done, value }: { done?: boolean | undefined; value?: unknown }): Uint8Array | undefined => {
    const isText = !done && typeof value === "string"
    const text = isText ? half + value : half
    const cut = isText && /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length
    half = text.slice(cut)
    const before = encoder.encode(text.slice(0, cut))
    if (isText) return before
    if (done) return before.length === 0 ? undefined : before
    const bytes = chunkBytes(value)
    return before.length === 0 ? bytes : joinChunks([before, bytes], before.length + bytes.length)
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

const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1)

const isBuffer = (value: unknown): value is ArrayBufferLike => /^(Shared)?ArrayBuffer$/.test(tagOf(value))

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
  const kind =
    value === null || value === undefined ? `${value}` : typeof value === "object" ? className(value) : `a ${typeof value}`
  return `it is ${kind}; ${EXPECTED}${kind === "a plain object" ? " (JSON.stringify makes text of an object)" : ""}`
}

function className(value: object): string {
  const tag = tagOf(value)
  const name = tag === "Object" ? value.constructor?.name : tag
  return name && name !== "Object" ? `a ${name}` : "a plain object"
}

/** What messages call a source. */
const quote = (name: string | undefined, otherwise: string): string => (name === undefined ? otherwise : `"${name}"`)
