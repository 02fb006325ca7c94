import { UnsupportedError } from "../errors.ts"
import { orStorageError } from "./browser-errors.ts"

const GATHER_BYTES = 256 * 1024
const LONG_BYTES = 16 * 1024 * 1024

/** Where the bytes of one file go, one after the other. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>
  /** What was written is the file. */
  close(): Promise<void>
  /** Lets go of the file; what it holds then is of no use. */
  abort(): Promise<void>
  /** Appends a whole `Blob` without reading it on this thread; absent where that is not to be had. */
  append?(blob: Blob): Promise<void>
}

type Handle = FileSystemFileHandle & {
  createSyncAccessHandle?(): Promise<{
    write(bytes: Uint8Array, options: { at: number }): number
    flush(): void
    close(): void
  }>
}

/**
 * Opens a file of OPFS that nobody else knows of, for `needed` bytes if that is known. Dedicated workers have sync access handles, which
 * were faster up to some MiB (564 files of 8 KiB a second against 356, 95 of 1 MiB against 73); for 256 MiB `createWritable` was
 * (335 MB/s against 240), and others have nothing else.
 */
export async function openSink(file: Handle, path: string, needed?: number): Promise<Sink> {
  const isLong = (needed ?? 0) > LONG_BYTES && file.createWritable !== undefined
  if (file.createSyncAccessHandle === undefined || isLong) return openWritable(file, path, needed)
  const guarded = guard(path, needed)
  return gatherWrites(await guarded(() => openSync(file, guarded)))
}

/** The same for any file: what is there stays until `close`, and for good after `abort`. */
export async function openWritable(file: FileSystemFileHandle, path: string, needed?: number): Promise<Sink> {
  if (file.createWritable === undefined)
    throw new UnsupportedError(`This browser cannot write "${path}" from here; try a dedicated worker`)
  const guarded = guard(path, needed)
  const stream = await guarded(() => file.createWritable())
  return gatherWrites({
    write: (chunk) => guarded(() => stream.write(chunk as Uint8Array<ArrayBuffer>)),
    append: (blob) => guarded(() => stream.write(blob)),
    close: () => guarded(() => stream.close()),
    abort: () => stream.abort().catch(() => undefined),
  })
}

type Guard = <T>(work: () => Promise<T>) => Promise<T>

const guard =
  (path: string, needed: number | undefined): Guard =>
  (work) =>
    orStorageError("write", path, work, needed)

/** Fewer, larger writes: each costs a message to another process (64 KiB at a time was three to five times slower). */
function gatherWrites(sink: Sink): Sink {
  let held: Uint8Array<ArrayBuffer> | undefined
  let size = 0
  const flush = async () => {
    const full = held?.subarray(0, size)
    size = 0
    if (full?.byteLength) await sink.write(full)
  }
  return {
    ...sink,
    async write(chunk) {
      if (size + chunk.byteLength > GATHER_BYTES) await flush()
      if (chunk.byteLength >= GATHER_BYTES) return sink.write(chunk)
      held ??= new Uint8Array(GATHER_BYTES)
      held.set(chunk, size)
      size += chunk.byteLength
    },
    async close() {
      await flush()
      await sink.close()
    },
  }
}

async function openSync(file: Handle, guarded: Guard): Promise<Sink> {
  const access = await file.createSyncAccessHandle!()
  let at = 0
  return {
    write: (chunk) =>
      guarded(async () => {
        const written = access.write(chunk, { at })
        if (written < chunk.byteLength) throw new DOMException("there is no space for all of it", "QuotaExceededError")
        at += written
      }),
    close: () =>
      guarded(async () => {
        access.flush()
        access.close()
      }),
    abort: async () => access.close(),
  }
}
