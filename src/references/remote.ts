import { pause } from "../bytes/pause.ts"
import { checkRange, pullStream, sliceStream } from "../bytes/streams.ts"
import { DigestMismatchError, isArtifactError, StorageError } from "../errors.ts"
import type { StoreAnswer } from "../net/request.ts"
import type { ByteRange, CallOptions, Content, ReadOptions } from "../ports.ts"

const MAX_BREAKS = 5
const BREAK_MS = 200

/** The answer to a request for an object's bytes: all of them, or from the asked place on with status 206. */
export type RemoteAnswer = Pick<StoreAnswer, "status" | "headers"> & {
  readonly body: ReadableStream<Uint8Array> | undefined
  /** Bytes of the whole object, when the answer tells them for certain. */
  readonly size?: number | undefined
}

export interface RemoteObject {
  /** What to call it in a message: an entry path. */
  readonly label: string
  /** Bytes, when they are known for certain. */
  readonly size: number | undefined
  /** Whether every request answers with bytes of one version. Without, a line that breaks cannot be taken up again. */
  readonly isPinned: boolean
  /** Asks for the bytes. Rejects with `DigestMismatchError` when it is another version, with `EntryNotFoundError` when it is gone. */
  request(headers: Readonly<Record<string, string>>, options: CallOptions): Promise<RemoteAnswer>
}

/** An object of a remote store as content. Each read is one request, made when somebody reads; a line that breaks is taken up again. */
export function remoteContent(object: RemoteObject): Content {
  return { stability: "frozen", size: object.size, name: object.label, stream: (options) => streamRemote(object, options) }
}

function streamRemote(object: RemoteObject, { range, signal }: ReadOptions = {}): ReadableStream<Uint8Array> {
  checkRange(range)
  let { size } = object
  let position = range?.start ?? 0
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  // An object without bytes is asked for too: it may be gone.
  let isAsked = range !== undefined
  let breaks = 0
  // Whoever stops reading stops the request that is still under way.
  const line = new AbortController()
  const either = signal === undefined ? line.signal : AbortSignal.any([signal, line.signal])

  const end = () => Math.min(range?.end ?? Number.POSITIVE_INFINITY, size ?? Number.POSITIVE_INFINITY)
  const next = async (): Promise<Uint8Array | undefined> => {
    // Whoever reads to the end of an object is to hear that it goes on behind the end it should have.
    if (isAsked && position >= end() && (range?.end !== undefined || reader === undefined)) return undefined
    if (reader === undefined) {
      const opened = await openAt(object, { start: position, end: end() }, range?.end !== undefined, either)
      size ??= opened.size
      reader = opened.stream.getReader()
      isAsked = true
      return new Uint8Array(0)
    }
    const { done, value } = await reader.read()
    if (!done) {
      if (range?.end === undefined && position + value.byteLength > end()) throw tooLong(object, end())
      return value
    }
    if (size === undefined || position >= end()) return undefined
    throw new StorageError(`"${object.label}" ended after ${position} of ${end()} bytes`, { path: object.label, operation: "read" })
  }
  const pull = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      try {
        const chunk = await next()
        position += chunk?.byteLength ?? 0
        if (chunk?.byteLength) breaks = 0
        return chunk
      } catch (error) {
        reader?.cancel(error).catch(() => undefined)
        // What a request itself could not do has been tried often enough.
        const isBroken = reader !== undefined && !either.aborted && !(error instanceof DigestMismatchError)
        reader = undefined
        if (isBroken && position >= end()) return undefined
        if (!isBroken) throw error
        if (!object.isPinned || ++breaks > MAX_BREAKS) throw brokenOff(object, position, error)
        await pause(Math.random() * BREAK_MS * 2 ** breaks, either)
      }
    }
  }
  return pullStream({ pull, close: () => line.abort() }, signal)
}

/** A stream that begins at byte `start`, whatever the store does with ranges. */
async function openAt(
  object: RemoteObject,
  { start, end = Number.POSITIVE_INFINITY }: ByteRange,
  isPart: boolean,
  signal: AbortSignal,
): Promise<{ stream: ReadableStream<Uint8Array>; size: number | undefined }> {
  const isWhole = start === 0 && end === (object.size ?? Number.POSITIVE_INFINITY)
  const headers = isWhole ? {} : { range: `bytes=${start}-${Number.isFinite(end) ? end - 1 : ""}` }
  const { status, headers: answered, body, size } = await object.request(headers, { signal }).catch(emptyBeyondEnd)
  const stream = body ?? new Blob([]).stream()
  const began = status === 206 ? Number(/^bytes (\d+)-/.exec(answered.get("content-range") ?? "")?.[1] ?? start) : 0
  if (began > start) {
    await stream.cancel()
    throw new StorageError(`"${object.label}" was answered from byte ${began} when asked for ${start}`, { path: object.label })
  }
  const range = { start: start - began, ...(isPart && { end: end - began }) }
  return { stream: sliceStream(stream, { range, signal }), size }
}

/** Stores refuse a range of which they have nothing, such as any of an object without bytes. */
function emptyBeyondEnd(error: unknown): RemoteAnswer {
  if (!isArtifactError(error) || error.details.status !== 416) throw error
  return { status: 416, headers: new Headers(), body: undefined }
}

function tooLong({ label }: RemoteObject, size: number): DigestMismatchError {
  return new DigestMismatchError(`"${label}" goes on behind the ${size} bytes that its store says it has; track it again`, {
    path: label,
    paths: [label],
  })
}

function brokenOff({ label }: RemoteObject, position: number, cause: unknown): unknown {
  if (isArtifactError(cause) && cause.code !== "STORAGE") return cause
  return new StorageError(
    `The line broke after ${position} bytes of "${label}"; try again`,
    { path: label, operation: "read" },
    { cause },
  )
}
