import { checkRange, pullStream, readHeld } from "../bytes/streams.ts"
import { DigestMismatchError, EntryNotFoundError } from "../errors.ts"
import type { ReadOptions } from "../ports.ts"
import { isExpired } from "./answer.ts"
import { WireFailure } from "./failure.ts"
import { explain, type Http } from "./http.ts"
import { retrying } from "./retry.ts"
import type { Watch } from "./watch.ts"

/** An address to read from, and what the request must carry. */
export interface Location {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface DownloadSource {
  /** What it is called in an error. */
  readonly path: string
  /** Bytes, when known. */
  readonly size: number | undefined
  /** Where it is. `failed`: the location that no longer serves, so that another is wanted. */
  locate(failed: Location | undefined): Promise<Location>
  /** Called when a part was asked for and the whole has come. */
  readonly onWhole?: (() => void) | undefined
}

interface Reading {
  readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly watch: Watch
  /** Bytes to pass over, where the server did not begin at the place asked for. */
  skip: number
}

const maxMoves = 3
/** To see the end of an answer whose bytes are all there. */
const finishMs = 1000

/**
 * A remote file as a stream. Nothing is asked before somebody reads, or at once when it is to be `aheadBytes` ahead. A line that breaks or
 * stalls is taken up again where it was; an address that has run out is asked for anew.
 */
export function download(
  http: Http,
  source: DownloadSource,
  { range, signal }: ReadOptions = {},
  aheadBytes = 0,
): ReadableStream<Uint8Array> {
  checkRange(range)
  const { path, size } = source
  const end = Math.min(range?.end ?? Number.POSITIVE_INFINITY, size ?? Number.POSITIVE_INFINITY)
  let position = range?.start ?? 0
  let location: Location | undefined
  let moves = 0
  let hasBroken = false
  let reading: Reading | undefined

  const open = async (): Promise<Reading> => {
    location ??= await source.locate(undefined)
    const isPart = position > 0 || end !== (size ?? Number.POSITIVE_INFINITY)
    const headers = { ...location.headers, "accept-encoding": "identity", ...(isPart && { range: rangeHeader(position, end) }) }
    try {
      const { response, watch } = await http.open(
        { operation: "download", path, method: "GET", url: location.url, headers, expected: [416] },
        signal,
      )
      if (isPart && response.status === 200) source.onWhole?.()
      return await startReading(response, watch, position)
    } catch (error) {
      if (!mayMove(error) || ++moves > maxMoves) throw gone(error, path, hasBroken)
      location = await source.locate(location)
      throw new WireFailure("unclear", (error as WireFailure).message, { ...(error as WireFailure).facts, retryAfterMs: 0 })
    }
  }
  const close = (reason?: unknown) => {
    reading?.watch.stop()
    // A line that broke says so again when it is let go of.
    reading?.reader?.cancel(reason).catch(() => undefined)
    reading = undefined
  }
  const next = async (): Promise<Uint8Array | undefined> => {
    reading ??= await open()
    const chunk = await readChunk(reading)
    if (chunk === undefined) {
      if (size !== undefined && position < end) throw new WireFailure("unclear", `the line ended after ${position} of ${end} bytes`)
      close()
      return undefined
    }
    const piece = chunk.subarray(0, end - position)
    position += piece.byteLength
    moves = 0
    return piece
  }
  const finish = async () => {
    if (reading === undefined) return undefined
    // Only an answer that was read to its end leaves the connection to the next request, but a store may never end it.
    const letGo = setTimeout(close, finishMs)
    await readChunk(reading).catch(() => undefined)
    clearTimeout(letGo)
    close()
    return undefined
  }
  const pull = (): Promise<Uint8Array | undefined> => {
    if (position >= end) return finish()
    return retrying(http, { operation: "download", path, signal }, async () => {
      try {
        return await next()
      } catch (error) {
        hasBroken ||= reading !== undefined
        close()
        throw error
      }
    })
  }
  return pullStream({ pull, cancel: close, close }, signal, aheadBytes)
}

const rangeHeader = (start: number, end: number) => `bytes=${start}-${Number.isFinite(end) ? end - 1 : ""}`

async function startReading(response: Response, watch: Watch, position: number): Promise<Reading> {
  const reader = response.body?.getReader()
  // Which settles a read that waits, also where a fetch of somebody else's does not hear the signal.
  const onAbort = () => reader?.cancel(watch.signal.reason).catch(() => undefined)
  watch.signal.addEventListener("abort", onAbort, { once: true })
  if (response.status === 416) {
    // Asked for what is behind the end of a file whose length is not known.
    await reader?.cancel()
    return { reader: undefined, watch, skip: 0 }
  }
  if (response.status !== 206) return { reader, watch, skip: position }
  const start = Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? position)
  if (start <= position) return { reader, watch, skip: position - start }
  await reader?.cancel()
  watch.stop()
  throw new WireFailure("final", `the store answered from byte ${start} when asked for ${position}`)
}

async function readChunk(reading: Reading): Promise<Uint8Array | undefined> {
  const { reader, watch } = reading
  for (;;) {
    watch.touch()
    const value = await readOnce(reader, watch)
    if (value === undefined) return undefined
    const kept = value.subarray(Math.min(reading.skip, value.byteLength))
    reading.skip -= value.byteLength - kept.byteLength
    if (kept.byteLength > 0) return kept
  }
}

/** The time until somebody reads on does not count as a stall. */
async function readOnce(reader: Reading["reader"], watch: Watch): Promise<Uint8Array | undefined> {
  try {
    const value = reader && (await readHeld(reader)).value
    watch.signal.throwIfAborted()
    return value
  } catch (error) {
    throw explain(error, watch)
  } finally {
    watch.rest()
  }
}

/** Another address may serve what this one does not: it has run out, or the store behind it knows nothing of the file. */
const mayMove = (error: unknown) => isExpired(error) || (error instanceof WireFailure && error.facts.status === 404)

/** A server that proves what it sends breaks off what has rotted, and takes it out of sight. */
function gone(error: unknown, path: string, hasBroken: boolean): unknown {
  if (!(error instanceof WireFailure) || error.facts.status !== 404) return error
  const details = { path, operation: "download" }
  if (hasBroken)
    return new DigestMismatchError(`"${path}" is damaged: the server broke it off, and has no bytes for it any more`, details)
  return new EntryNotFoundError(`"${path}" is not there any more: the server has no bytes for it`, details)
}
