import { StorageError } from "../errors.ts"

const REASONS: { readonly [name: string]: string } = {
  InvalidModificationError: "the folder is not empty",
  NoModificationAllowedError: "it is in use by another tab or worker",
  NotAllowedError: "permission was refused; ask for it in a click: await handle.requestPermission({ mode: 'readwrite' })",
  NotFoundError: "it is gone; the browser may have cleared this site's data, or somebody has moved it",
  NotReadableError: "the browser cannot read it; was it changed or removed meanwhile?",
  SecurityError: "this page may not use it; ask for permission in a click, and allow the site to keep data",
  TypeMismatchError: "a file and a folder cannot have one name",
}

/** Whether the platform says that there is nothing of this name. */
export const isMissing = (error: unknown): boolean => error instanceof DOMException && error.name === "NotFoundError"

/** Whether `error`, or what it was made of, says that a `Blob` cannot be read. */
export function isUnreadable(error: unknown): boolean {
  const told = error instanceof StorageError ? error.cause : error
  return told instanceof DOMException && /^Not(Readable|Found)Error$/.test(told.name)
}

/** Whether the browser gives no more room; engines differ in how they say so. */
export function isQuota(error: unknown): boolean {
  return error instanceof DOMException && /quota|no (device )?space|disk (is )?full/i.test(`${error.name} ${error.message}`)
}

/** What is left of the room this site has, in bytes; undefined where the browser does not say. */
export async function roomLeft(): Promise<number | undefined> {
  const { quota, usage } = (await globalThis.navigator?.storage?.estimate?.().catch(() => undefined)) ?? {}
  return quota === undefined || usage === undefined ? undefined : Math.max(quota - usage, 0)
}

/** The error for bytes that do not fit. `needed` and `left` in bytes, where known. */
export function quotaError(path: string, needed: number | undefined, left: number | undefined, cause?: unknown): StorageError {
  const amount = needed === undefined ? "" : `: ${needed} bytes are needed`
  const room = left === undefined ? "" : `${amount === "" ? ":" : ","} ${left} are left by its own estimate`
  return new StorageError(
    `cannot write "${path}": the browser gives this site no more room${amount}${room}. Delete versions and run gc() of the registry, free disk space, or pass a registry that keeps its bytes elsewhere; what was stored before is whole`,
    { path, operation: "write" },
    { cause },
  )
}

/**
 * What to throw for a failed call of the platform: a `StorageError` that says what was being done (`operation`, a verb) to which path,
 * why it failed and, for lack of room, how much is missing. Anything that is not the platform's comes back as it is.
 */
export async function storageError(error: unknown, operation: string, path: string, needed?: number): Promise<unknown> {
  if (isQuota(error)) return quotaError(path, needed, await roomLeft(), error)
  if (!(error instanceof DOMException)) return error
  return new StorageError(
    `cannot ${operation} "${path}": ${REASONS[error.name] ?? error.message}`,
    { path, operation },
    { cause: error },
  )
}

/** Runs `work`, with failures of the platform told as {@link storageError} does. */
export async function orStorageError<T>(operation: string, path: string, work: () => Promise<T>, needed?: number): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw await storageError(error, operation, path, needed)
  }
}

/** What `work` finds, or undefined where it finds nothing. */
export async function orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
