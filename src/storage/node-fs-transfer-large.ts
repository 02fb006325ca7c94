import { chmod, constants, copyFile, type FileHandle, open, unlink } from "node:fs/promises"
import type { CallOptions, StoredFile } from "../ports.ts"
import { errnoCode, storageError } from "./node-fs-errors.ts"
import type { Pump } from "./node-fs-pump.ts"
import {
  checkRegular,
  type FileIdentity,
  identityOf,
  READ_FLAGS,
  type SmallJob,
  type Transferred,
} from "./node-fs-transfer-sync.ts"

/** Hashing one file fills a core; more at once only costs memory. */
const MAX_RUNNING = 4

interface LargeJob extends SmallJob, CallOptions {
  readonly reflink?: boolean | undefined
  readonly unless: (found: StoredFile) => boolean
  readonly onBytes?: ((count: number) => void) | undefined
}

/** Returns the function that does files too large for `transferSync`. */
export function createLargeTransfer(pump: Pump): (job: LargeJob) => Promise<Transferred> {
  const enter = createGate(MAX_RUNNING)
  const clones = createCloner()

  const read = ({ signal, label, to, onBytes }: LargeJob, source: FileHandle, { size }: FileIdentity, out?: FileHandle) =>
    pump.fromFile(source, { size: Number(size), out, label: label ?? to ?? "", signal, onBytes })

  const copy = async (job: LargeJob, source: FileHandle, before: FileIdentity, to: string) => {
    const out = await open(to, "wx", job.mode ?? 0o666).catch((error) => {
      throw storageError(error, "write", job.label ?? to)
    })
    try {
      return await read(job, source, before, out)
    } finally {
      await out.close()
    }
  }

  const produce = async (job: LargeJob, source: FileHandle, before: FileIdentity): Promise<StoredFile> => {
    const { to } = job
    if (to === undefined) return read(job, source, before)
    try {
      const cloned = job.reflink === true && (await clones(job.from, to, before.device, job.mode ?? 0o666))
      const found = cloned ? await withFile(to, (clone) => read(job, clone, before)) : await copy(job, source, before, to)
      if (job.unless(found)) await unlink(to)
      return found
    } catch (error) {
      if (errnoCode((error as Error | null)?.cause) !== "EEXIST") await unlink(to).catch(() => undefined)
      throw error
    }
  }

  return async (job) => {
    const leave = await enter(job.signal)
    try {
      return await withFile(job.from, async (source) => {
        const before = identityOf(checkRegular(await source.stat({ bigint: true }), job.from))
        const found = await produce(job, source, before)
        return { ...found, before, after: identityOf(await source.stat({ bigint: true })) }
      })
    } catch (error) {
      throw storageError(error, "read", job.from)
    } finally {
      leave()
    }
  }
}

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, READ_FLAGS)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/** Clones files by sharing blocks; false when the file system cannot, which is asked once per device. */
function createCloner(): (from: string, to: string, device: bigint, mode: number) => Promise<boolean> {
  const unable = new Set<bigint>()
  return async (from, to, device, mode) => {
    if (unable.has(device)) return false
    try {
      await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    } catch (error) {
      // Any failure will do: the plain copy that follows reports what is really wrong.
      if (["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENOTTY", "EXDEV", "EINVAL"].includes(errnoCode(error) ?? "")) unable.add(device)
      return false
    }
    await chmod(to, mode & ~umask())
    return true
  }
}

/** Deno asks for a right of its own for it, and most people have this one. */
function umask(): number {
  try {
    return process.umask()
  } catch {
    return 0o022
  }
}

/** At most `limit` inside at once. Resolves with the function that lets the next one in. */
function createGate(limit: number): (signal: AbortSignal | undefined) => Promise<() => void> {
  const waiting: (() => void)[] = []
  let inside = 0
  const leave = () => {
    inside--
    waiting.shift()?.()
  }
  return async (signal) => {
    while (inside >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    // Not before: whoever is woken must either enter or wake the next.
    if (signal?.aborted) waiting.shift()?.()
    signal?.throwIfAborted()
    inside++
    return leave
  }
}
