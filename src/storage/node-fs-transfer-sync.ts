import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from "node:fs"
import { WHOLE_BYTES } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import type { StoredFile } from "../ports.ts"
import { orStorageError } from "./node-fs-errors.ts"

/** What tells one state of a file from another without reading it. */
export interface FileIdentity {
  readonly device: bigint
  readonly inode: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  /** Changes with contents, and also with mode, owner and links. */
  readonly ctimeNs: bigint
}

export interface SmallJob {
  readonly from: string
  /** A new file that gets the same bytes; it must not exist. */
  readonly to?: string | undefined
  /** Permission bits of `to`, before the umask. Default 0o666. */
  readonly mode?: number | undefined
  /** How messages call `to`. */
  readonly label?: string | undefined
}

export interface Transferred extends StoredFile {
  /** The source as it was before its first byte was read. */
  readonly before: FileIdentity
  /** And after its last. */
  readonly after: FileIdentity
}

// Opening a named pipe would block this thread until somebody writes to it.
export const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** One byte more than a small file has shows one that has grown over the limit; rounded up to the 64-byte blocks of MD5. */
export const SMALL_BUFFER_BYTES = WHOLE_BYTES + 64

export interface SmallRead {
  /** A view of the buffer that was read into, good until that is used again. */
  readonly bytes: Uint8Array
  readonly before: FileIdentity
  readonly after: FileIdentity
}

/** Reads one small file into `buffer`, of {@link SMALL_BUFFER_BYTES}; undefined when it is too large for that. */
export function readSmall(path: string, buffer: Uint8Array): SmallRead | undefined {
  return orStorageError("read", path, () => {
    const fd = openSync(path, READ_FLAGS)
    try {
      const stat = checkRegular(fstatSync(fd, { bigint: true }), path)
      const before = identityOf(stat)
      if (stat.size > WHOLE_BYTES) return undefined
      const length = readToEnd(fd, buffer, Number(stat.size))
      if (length > WHOLE_BYTES) return undefined
      return { bytes: buffer.subarray(0, length), before, after: identityOf(fstatSync(fd, { bigint: true })) }
    } finally {
      closeSync(fd)
    }
  })
}

/** What is left once a small file was read and hashed: the copy, if one is wanted and `unless` does not say that it is not needed. */
export function settleSmall(job: SmallJob, read: SmallRead, digest: Digest, unless: (found: StoredFile) => boolean): Transferred {
  const { to, mode, label = to } = job
  const { bytes, before, after } = read
  const found = { digest, size: bytes.byteLength, before, after }
  if (to !== undefined && !unless(found)) orStorageError("write", label!, () => writeNew(to, bytes, mode))
  return found
}

function readToEnd(fd: number, into: Uint8Array, size: number): number {
  let length = 0
  for (;;) {
    const count = readSync(fd, into, length, into.byteLength - length, length)
    length += count
    if (count === 0 || length === into.byteLength) return length
    // A regular file gives all it has, so a read that stopped at its size has seen its end.
    if (length === size) return length
  }
}

/** Writes a file that must not exist yet; when that fails half-way (a full disk), none is left. */
export function writeNew(path: string, bytes: Uint8Array, mode = 0o666): void {
  const fd = openSync(path, "wx", mode)
  try {
    let written = 0
    while (written < bytes.byteLength) written += writeSync(fd, bytes, written, bytes.byteLength - written, written)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(fd)
  }
}

/** Throws like a failed system call when it is a pipe, a socket or a device. */
export function checkRegular(stat: BigIntStats, path: string): BigIntStats {
  if (stat.isFile()) return stat
  const code = stat.isDirectory() ? "EISDIR" : "ENXIO"
  throw Object.assign(new Error(`${code}: not a regular file, open '${path}'`), { code, syscall: "open", path })
}

export function identityOf(stat: BigIntStats): FileIdentity {
  return { device: stat.dev, inode: stat.ino, size: stat.size, mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs }
}

/** Whether the contents can be assumed to be the same; ctime is left out where links and modes change as a matter of course. */
export function sameContents(a: FileIdentity, b: FileIdentity): boolean {
  return a.device === b.device && a.inode === b.inode && a.size === b.size && a.mtimeNs === b.mtimeNs
}
