import type { FileHandle } from "node:fs/promises"
import type { CallOptions, Content, Hasher, HashThreads, StoredFile } from "../ports.ts"
import { storageError } from "./node-fs-errors.ts"

/**
 * Large enough that neither system calls nor the garbage that each of them leaves are felt, small enough for one pair of them for every
 * file in flight.
 */
const PIECE_BYTES = 512 * 1024
/** Of one file: one is filled while the other is hashed and written. */
const PIECES = 2
/** So that neither the thread nor the disk waits while the other or the source is slow. */
const PIECES_BESIDE_THREAD = 8
const KEPT_PIECES = 8
/** Below this, asking another thread costs more than it saves. */
const WORTH_A_THREAD = 16 * 1024 * 1024

/** Fills `piece` with the bytes from `position` on, as far as there are some; resolves with how many it got, 0 at the end only. */
type Fill = (piece: Uint8Array, position: number) => Promise<number>

interface PumpOptions extends CallOptions {
  /** Bytes, when known: what is small needs no large pieces. */
  readonly size?: number | undefined
  readonly out?: FileHandle | undefined
  /** How messages call `out`. */
  readonly label: string
  /** Called with the bytes moved since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined
}

/** Moves bytes through a hash into a file: the next piece is read and the ones before it are written while one is hashed. */
export interface Pump {
  fromFile(source: FileHandle, options: PumpOptions): Promise<StoredFile>
  /** On failure or abort the stream is cancelled. */
  fromStream(content: Content, options: PumpOptions): Promise<StoredFile>
}

interface Slot {
  readonly piece: Uint8Array
  /** Until it settles, the piece is not free. */
  moved?: Promise<unknown>
}

export function createPump(hasher: Hasher, threads?: HashThreads | undefined): Pump {
  const kept: Uint8Array[] = []
  const keep = (piece: Uint8Array) => {
    if (piece.byteLength === PIECE_BYTES && kept.length < KEPT_PIECES) kept.push(piece)
  }

  const pump = async (fill: Fill, stop: (reason: unknown) => void, options: PumpOptions) => {
    const { size: expected = PIECE_BYTES, out, label, signal, onBytes } = options
    const bytes = Math.min(Math.max(expected, 1), PIECE_BYTES)
    const allocate = bytes === PIECE_BYTES && threads !== undefined ? threads.allocate : (size: number) => new Uint8Array(size)
    const take = () => (bytes === PIECE_BYTES ? kept.pop() : undefined) ?? allocate(bytes)
    const thread = expected >= WORTH_A_THREAD ? await threads?.open() : undefined
    const state = thread ?? (await hasher.create())
    const pieces = thread === undefined ? PIECES : PIECES_BESIDE_THREAD
    const ring: Slot[] = []
    const slot = (turn: number): Slot => {
      ring[turn % pieces] ??= { piece: take() }
      return ring[turn % pieces] as Slot
    }
    const move = async (piece: Uint8Array, position: number) => {
      await Promise.all([out && writeAll(out, piece, position, label), state.update(piece)])
      onBytes?.(piece.byteLength)
    }
    // Whoever awaits it hears of a failure; until then nobody may.
    const quiet = <T>(work: Promise<T>) => {
      work.catch(() => undefined)
      return work
    }
    let size = 0
    let reading = quiet(fill(slot(0).piece, 0))
    try {
      for (let turn = 0; ; turn++) {
        const count = await reading
        signal?.throwIfAborted()
        if (count === 0) {
          await Promise.all(ring.map(({ moved }) => moved))
          return { digest: await state.digest(), size }
        }
        const [full, empty] = [slot(turn), slot(turn + 1)]
        await empty.moved
        size += count
        reading = quiet(fill(empty.piece, size))
        full.moved = move(full.piece.subarray(0, count), size - count)
        // A source that is slow, or never answers, must not keep anybody from hearing of it.
        full.moved.catch(stop)
      }
    } catch (error) {
      stop(error)
      await thread?.abandon()
      throw error
    } finally {
      // Neither the source nor a piece is free as long as one is read into the other.
      await Promise.allSettled([reading, ...ring.map(({ moved }) => moved)])
      for (const { piece } of ring) keep(piece)
    }
  }

  return {
    fromFile: (source, options) => {
      const fill: Fill = async (piece, position) => (await source.read(piece, 0, piece.byteLength, position)).bytesRead
      return pump(fill, () => undefined, options)
    },
    async fromStream(content, options) {
      const { signal, onBytes } = options
      signal?.throwIfAborted()
      const reader = content.stream({ signal }).getReader()
      // Cancelling settles a read that is pending on a source which never answers.
      const cancel = (reason: unknown) => void reader.cancel(reason).catch(() => undefined)
      const onAbort = () => cancel(signal?.reason)
      signal?.addEventListener("abort", onAbort, { once: true })
      try {
        return await pump(gather(reader, onBytes), cancel, { ...options, size: content.size, onBytes: undefined })
      } finally {
        signal?.removeEventListener("abort", onAbort)
      }
    },
  }
}

/** Joins the chunks of a stream, which tells `onBytes` of each as it comes: a piece may be long in the coming. */
function gather(reader: ReadableStreamDefaultReader<Uint8Array>, onBytes: PumpOptions["onBytes"]): Fill {
  let rest = new Uint8Array()
  return async (piece) => {
    let held = 0
    while (held < piece.byteLength) {
      if (rest.byteLength === 0) {
        const { done, value } = await reader.read()
        if (done) break
        onBytes?.(value.byteLength)
        rest = value as Uint8Array<ArrayBuffer>
      }
      const part = rest.subarray(0, piece.byteLength - held)
      piece.set(part, held)
      held += part.byteLength
      rest = rest.subarray(part.byteLength)
    }
    return held
  }
}

/** All of `bytes` at `position`; the system may take fewer at a time. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number, label: string): Promise<void> {
  let written = 0
  try {
    while (written < bytes.byteLength) {
      written += (await file.write(bytes, written, bytes.byteLength - written, position + written)).bytesWritten
    }
  } catch (error) {
    throw storageError(error, "write", label)
  }
}
