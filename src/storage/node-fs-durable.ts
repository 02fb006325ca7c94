import { closeSync, fsync, mkdirSync, openSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { errnoCode, orStorageError, storageError } from "./node-fs-errors.ts"

/** Resolves once the bytes of `path` would survive a power failure. */
export async function syncFile(path: string): Promise<void> {
  // Windows flushes only what is open for writing.
  await sync(path, process.platform === "win32" ? "r+" : "r")
}

const NOT_FOR_DIRECTORIES = ["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"]

interface DirectorySync {
  readonly running: Promise<void>
  waiting: Promise<void> | undefined
}
const syncing = new Map<string, DirectorySync>()

/**
 * Resolves once the names in `directory`, as they are now, would survive a power failure. Calls that come while one is running
 * share the next one. Where directories cannot be synced (Windows) the file system's own journal has to do.
 */
export async function syncDirectory(directory: string): Promise<void> {
  const other = syncing.get(directory)
  if (other === undefined) return startSync(directory)
  other.waiting ??= other.running.catch(() => undefined).then(() => startSync(directory))
  return other.waiting
}

function startSync(directory: string): Promise<void> {
  const running = sync(directory, "r").catch((error) => {
    if (!NOT_FOR_DIRECTORIES.includes(errnoCode((error as Error).cause) ?? "")) throw error
  })
  const entry: DirectorySync = { running, waiting: undefined }
  syncing.set(directory, entry)
  const forget = () => {
    if (entry.waiting === undefined) syncing.delete(directory)
  }
  running.then(forget, forget)
  return running
}

async function sync(path: string, flags: string): Promise<void> {
  // Opening and closing take microseconds; only the flush is worth a thread of the pool.
  let fd: number | undefined
  try {
    const opened = openSync(path, flags)
    fd = opened
    await new Promise<void>((resolve, reject) => fsync(opened, (error) => (error ? reject(error) : resolve())))
  } catch (error) {
    throw storageError(error, "flush", path)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Makes a directory and those above it; the ones that were new, and the one they are in, need {@link syncDirectory} to be durable. */
export function makeDirectory(path: string): string[] {
  return orStorageError("make", path, () => makeWithParents(path, 3))
}

/**
 * Not `recursive`: Node then tries for ever where nothing can be made below a directory that is there, as in `/proc`. Somebody may remove
 * an empty parent meanwhile, but not `tries` times.
 */
function makeWithParents(path: string, tries: number): string[] {
  try {
    return makeOne(path)
  } catch (error) {
    if (errnoCode(error) !== "ENOENT" || tries === 0 || dirname(path) === path) throw error
  }
  const above = makeWithParents(dirname(path), tries)
  return [...makeWithParents(path, tries - 1), ...above]
}

function makeOne(path: string): string[] {
  try {
    mkdirSync(path)
    return [dirname(path)]
  } catch (error) {
    // The root of a drive, or of a read-only system, is refused in other words than what is there already.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return []
    throw error
  }
}
