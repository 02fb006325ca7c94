import { open, unlink } from "node:fs/promises"
import { checkExpected, WHOLE_BYTES } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import type { CallOptions, Content, Hasher, HashThreads, StoredFile } from "../ports.ts"
import { type FileContent, holdFile } from "./node-fs-content.ts"
import { orStorageError, storageError } from "./node-fs-errors.ts"
import { createPump, type Pump } from "./node-fs-pump.ts"
import { createSlices, type Slices } from "./node-fs-slices.ts"
import { createLargeTransfer } from "./node-fs-transfer-large.ts"
import { createSmallTransfer, type OpenLanes } from "./node-fs-transfer-small.ts"
import { type Transferred, writeNew } from "./node-fs-transfer-sync.ts"

/** A hasher whose one-shot hash answers at once. */
export interface SyncHasher extends Hasher {
  hash(bytes: Uint8Array): Digest
}

interface WriteOptions extends CallOptions {
  /** A new file that gets the bytes: a temporary name, for the caller to rename. It must not exist; on failure none is left. */
  readonly to: string
  /** Permission bits of `to`, before the umask. Default 0o666. */
  readonly mode?: number | undefined
  /** How messages call `to`: its name once it is in place. */
  readonly label?: string | undefined
  /** What the bytes must be; otherwise `DigestMismatchError`, and `to` is not there. */
  readonly expect?: Digest | undefined
  /** Whether `to` may share the source's blocks where the file system can. Only tried for files over 1 MiB. */
  readonly reflink?: boolean | undefined
  /** Asked once the digest is known; true: the bytes are not needed, and `to` is not there afterwards. */
  readonly unless?: ((found: StoredFile) => boolean) | undefined
  /** Called with the bytes read since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined
}

export interface TransferJob extends Omit<WriteOptions, "to"> {
  readonly from: string
  readonly to?: string | undefined
}

/**
 * The engine below every store on a file system: reads, hashes and writes a file in one pass. Small files (up to 1 MiB) are done in
 * synchronous slices with one shared buffer, or a dozen at a time where there are lanes to hash them side by side; larger ones, four at a
 * time, and streams in pieces of half a MiB, where reading, hashing and writing overlap, so that memory does not grow with their size.
 */
export interface NodeTransfer {
  readonly slices: Slices
  transfer(job: TransferJob): Promise<Transferred>
  /** Any content into a file; content with a path goes through {@link NodeTransfer.transfer}, which tells how the source was. */
  receive(content: Content, options: WriteOptions): Promise<StoredFile & Partial<Transferred>>
}

interface NodeTransferOptions {
  readonly hasher: SyncHasher
  /** Opens lanes that hash many small files at once: `createMd5Lanes`. Asked once, when enough files have come to make it worth it. */
  readonly openLanes?: OpenLanes | undefined
  /** Default: this thread hashes large files, too. */
  readonly threads?: HashThreads | undefined
}

export function createNodeTransfer({ hasher, openLanes, threads }: NodeTransferOptions): NodeTransfer {
  const slices = createSlices()
  const transferSmall = createSmallTransfer({ hash: hasher.hash, slices, openLanes })
  const pump = createPump(hasher, threads)
  const transferLarge = createLargeTransfer(pump)

  const transfer = async (job: TransferJob): Promise<Transferred> => {
    const { from, onBytes } = job
    const unless = (found: StoredFile) => {
      checkFound(job, from, found)
      return job.unless?.(found) ?? false
    }
    const small = await transferSmall({ ...job, unless })
    if (small === undefined) {
      const large = await transferLarge({ ...job, unless })
      checkFound(job, from, large)
      return large
    }
    checkFound(job, from, small)
    onBytes?.(small.size)
    return small
  }

  const receive = async (content: Content, write: WriteOptions): Promise<StoredFile & Partial<Transferred>> => {
    if (content.path !== undefined) {
      const letGo = (content as FileContent)[holdFile]?.()
      return transfer({ ...write, from: content.path }).finally(letGo)
    }
    const { size } = content
    if (content.bytes === undefined || size === undefined || size > WHOLE_BYTES) return receiveStream(content, write, pump)
    return receiveBytes(await content.bytes({ signal: write.signal }), content, write)
  }

  const receiveBytes = async (bytes: Uint8Array, content: Content, write: WriteOptions): Promise<StoredFile> => {
    const { to, label = to, mode, signal } = write
    const found = await slices.run(() => {
      const result = { digest: hasher.hash(bytes), size: bytes.byteLength }
      checkFound(write, content.name ?? label, result)
      if (!write.unless?.(result)) orStorageError("write", label, () => writeNew(to, bytes, mode))
      return result
    }, signal)
    write.onBytes?.(found.size)
    return found
  }

  return { slices, transfer, receive }
}

function checkFound({ expect }: { expect?: Digest | undefined }, label: string, found: StoredFile): void {
  if (expect !== undefined) checkExpected(label, { digest: expect }, found)
}

async function receiveStream(content: Content, write: WriteOptions, pump: Pump): Promise<StoredFile> {
  const { to, label = to, signal, onBytes } = write
  signal?.throwIfAborted()
  const out = await open(to, "wx", write.mode).catch((error) => {
    throw storageError(error, "write", label)
  })
  try {
    const found = await pump.fromStream(content, { out, label, signal, onBytes })
    checkFound(write, content.name ?? label, found)
    if (write.unless?.(found)) await unlink(to)
    return found
  } catch (error) {
    await unlink(to).catch(() => undefined)
    throw storageError(error, "write", label)
  } finally {
    await out.close()
  }
}
