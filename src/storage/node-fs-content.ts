import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import { type FileHandle, open, readFile } from "node:fs/promises"
import { WHOLE_BYTES } from "../bytes/hash-stream.ts"
import { checkRange, pullStream } from "../bytes/streams.ts"
import type { Digest } from "../core/digest-text.ts"
import type { ByteRange, CallOptions, Content } from "../ports.ts"
import { orStorageError, storageError } from "./node-fs-errors.ts"
import type { Slices } from "./node-fs-slices.ts"
import { checkRegular, READ_FLAGS } from "./node-fs-transfer-sync.ts"

const CHUNK_BYTES = 256 * 1024

/** On content whose file this room wrote and nobody else writes to: what it holds. Such a file may be linked instead of copied. */
export const ownedDigest: unique symbol = Symbol("isofact.ownedDigest")
/** On content that is not ours and must not have changed: rejects with `DigestMismatchError` when it has. */
export const checkUnchanged: unique symbol = Symbol("isofact.checkUnchanged")
/** On content that must not be removed while somebody reads it by its path: called as that begins; the result, when it has ended. */
export const holdFile: unique symbol = Symbol("isofact.holdFile")

export interface FileContent extends Content {
  readonly path: string
  readonly [ownedDigest]?: Digest | undefined
  readonly [holdFile]?: (() => () => void) | undefined
  readonly [checkUnchanged]?: ((options: CallOptions) => Promise<void>) | undefined
}

interface FileContentOptions {
  readonly stability: "frozen" | "volatile"
  readonly size?: number | undefined
  readonly name?: string | undefined
  readonly version?: string | undefined
  readonly owned?: Digest | undefined
  /** Called as a read begins; what it returns, when that read has ended. */
  readonly onRead?: (() => () => void) | undefined
}

/** A file on this machine. It is opened by the first read of a stream and closed by the last, so that unread content costs nothing. */
export function createFileContent(path: string, slices: Slices, options: FileContentOptions): FileContent {
  const { stability, size, version, owned, onRead } = options
  return {
    stability,
    size,
    version,
    name: options.name ?? path,
    path,
    [ownedDigest]: owned,
    [holdFile]: onRead,
    stream: ({ range, signal } = {}) => streamFile(path, range, signal, onRead),
    async bytes({ signal } = {}) {
      const done = onRead?.()
      try {
        return (await slices.run(() => readSmall(path), signal)) ?? (await readLarge(path, signal))
      } finally {
        done?.()
      }
    },
  }
}

function readSmall(path: string): Uint8Array | undefined {
  return orStorageError("read", path, () => {
    const fd = openSync(path, READ_FLAGS)
    try {
      const { size } = checkRegular(fstatSync(fd, { bigint: true }), path)
      if (size > WHOLE_BYTES) return undefined
      // Memory of its own: small Buffers share theirs.
      const bytes = new Uint8Array(Number(size))
      let length = 0
      for (let count = -1; count !== 0 && length < bytes.byteLength; length += count) {
        count = readSync(fd, bytes, length, bytes.byteLength - length, length)
      }
      return bytes.subarray(0, length)
    } finally {
      closeSync(fd)
    }
  })
}

async function readLarge(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path, { signal })
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (error) {
    signal?.throwIfAborted()
    throw storageError(error, "read", path)
  }
}

function streamFile(
  path: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
  onRead: (() => () => void) | undefined,
): ReadableStream<Uint8Array> {
  checkRange(range)
  const end = range?.end ?? Number.POSITIVE_INFINITY
  let position = range?.start ?? 0
  let opening: Promise<FileHandle> | undefined
  let reading: Promise<unknown> = Promise.resolve()
  let done: (() => void) | undefined
  const read = async (): Promise<Uint8Array | undefined> => {
    if (opening === undefined) {
      done = onRead?.()
      opening = open(path, READ_FLAGS)
    }
    const wanted = Math.min(CHUNK_BYTES, end - position)
    if (wanted <= 0) return undefined
    const { bytesRead, buffer } = await (await opening).read(new Uint8Array(wanted), 0, wanted, position)
    position += bytesRead
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
  }
  const next = () => {
    const chunk = read().catch((error) => {
      throw storageError(error, "read", path)
    })
    reading = chunk.catch(() => undefined)
    return chunk
  }
  let ahead: Promise<Uint8Array | undefined> | undefined
  // The disk works while whoever reads is busy with what was read.
  const pull = async () => {
    const chunk = await (ahead ?? next())
    ahead = chunk && next()
    return chunk
  }
  const close = async () => {
    // Not under a read that is still going on.
    await reading
    const handle = await opening?.catch(() => undefined)
    await handle?.close()
    done?.()
  }
  return pullStream({ pull, close }, signal)
}
