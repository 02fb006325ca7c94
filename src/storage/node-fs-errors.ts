import { StorageError } from "../errors.ts"

const REASONS: { readonly [code: string]: string } = {
  EACCES: "no permission",
  EBUSY: "it is in use by another program",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it is there already",
  EFBIG: "the file system does not take files that large",
  EIO: "the disk reported an error",
  EISDIR: "it is a directory",
  ELOOP: "symbolic links lead in a circle",
  EMFILE: "this process has too many files open; lower the concurrency, or raise the limit (ulimit -n)",
  ENAMETOOLONG: "the name is too long for this file system",
  ENFILE: "the system has too many files open",
  ENODEV: "the device is gone",
  ENOENT: "there is no such file or directory",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a directory",
  ENOTEMPTY: "the directory is not empty",
  ENXIO: "it is not a file",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
  ESTALE: "the network file system lost track of it",
}

/** The platform's code for what went wrong, or undefined for any other kind of failure. */
export function errnoCode(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown }
  return typeof code === "string" && (typeof syscall === "string" || /^E[A-Z0-9]+$/.test(code)) ? code : undefined
}

/** Whether `error` says that nothing is there; a file where a directory should be is also "nothing there". */
export function isMissing(error: unknown): boolean {
  const code = errnoCode(error)
  return code === "ENOENT" || code === "ENOTDIR"
}

/** Whether `error` says that this file system has no hard links, or not between these two places. */
export function hasNoLinks(error: unknown): boolean {
  return ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EXDEV", "EMLINK"].includes(errnoCode(error) ?? "")
}

/**
 * What to throw for a failed file system call: a `StorageError` that says what was being done (`operation`, a verb: "read") to
 * which path and why it failed. Anything that is not the file system's (an abort, a bug, an error of ours) comes back as it is.
 */
export function storageError(error: unknown, operation: string, path: string): unknown {
  const code = errnoCode(error)
  if (code === undefined || error instanceof StorageError) return error
  const reason = REASONS[code] ?? code
  return new StorageError(`cannot ${operation} "${path}": ${reason}`, { path, operation }, { cause: error })
}

/** Runs `work`, with file system failures told as {@link storageError} does. */
export function orStorageError<T>(operation: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storageError(error, operation, path)
  }
}
