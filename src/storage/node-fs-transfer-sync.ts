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

/** Data only, so that a job can be handed to another thread. */
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

let buffer: Uint8Array | undefined

/**
 * Reads one small file, hashes it and writes the copy, in one go; undefined when it is too large for that and nothing was done.
 * `unless` is asked once the digest is known: when it says true, nothing is written. Pure but for its buffer, so that any thread can run it.
 */
export function transferSync(
  job: SmallJob,
  hash: (bytes: Uint8Array) => Digest,
  unless?: (found: StoredFile) => boolean,
): Transferred | undefined {
  const { from, to, mode, label = to } = job
  const read = orStorageError("read", from, () => readSmall(from))
  if (read === undefined) return undefined
  const { bytes, before, after } = read
  const found = { digest: hash(bytes), size: bytes.byteLength, before, after }
  if (to !== undefined && !unless?.(found)) orStorageError("write", label!, () => writeNew(to, bytes, mode))
  return found
}

/** The bytes are a view of the shared buffer, good until the next call. */
function readSmall(path: string): { bytes: Uint8Array; before: FileIdentity; after: FileIdentity } | undefined {
  // One byte more than the limit shows a file that has grown over it, and the end of one that has not in the same read.
  buffer ??= new Uint8Array(WHOLE_BYTES + 1)
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
