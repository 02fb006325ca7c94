import { createHash, randomBytes } from "node:crypto"
import { type Dirent, lstatSync, readdirSync, rmSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { isMissing, orStorageError, storageError } from "./node-fs-errors.ts"
import type { Slices } from "./node-fs-slices.ts"

const HOUR_MS = 60 * 60 * 1000
const NAME = /^([0-9a-f]{8})-(\d+)-[0-9a-z]+$/

let prefix: string | undefined
let count = 0

/**
 * A file name nobody else uses, `<machine>-<process id>-<unique>`: it tells a later sweep whether its maker can still be alive.
 * The machine is in it because process ids of another one, or of another container on the same volume, mean nothing here.
 */
export function temporaryName(): string {
  prefix ??= `${machineTag()}-${process.pid}-${randomBytes(6).toString("hex")}`
  return `${prefix}x${(count++).toString(36)}`
}

let machine: string | undefined
function machineTag(): string {
  machine ??= createHash("sha256").update(hostName()).digest("hex").slice(0, 8)
  return machine
}

/** Where the program may not know it (Deno has a permission for that) no name is ours, and age alone tells what is abandoned. */
function hostName(): string {
  try {
    return hostname()
  } catch {
    return randomBytes(16).toString("hex")
  }
}

/**
 * Whether nobody can be writing it any more: its process is dead. Of a process on another machine, or of a name that says nothing, all
 * that can be told is that nothing has happened to the file for `maxAgeMs`.
 */
export function isAbandoned(name: string, modifiedAt: number, maxAgeMs = HOUR_MS): boolean {
  const [, tag, pid] = NAME.exec(name) ?? []
  return tag === machineTag() ? !isAlive(Number(pid)) : Date.now() - modifiedAt > maxAgeMs
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Only "no such process" is proof; EPERM is a living process of another user.
    return (error as { code?: unknown }).code !== "ESRCH"
  }
}

/** Removes the abandoned files and directories right below `directory`; resolves with the bytes freed. */
export async function sweepTemporary(
  directory: string,
  slices: Slices,
  options: { readonly maxAgeMs?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const { maxAgeMs, signal } = options
  let freed = 0
  for (const { name } of await slices.run(() => readEntries(directory), signal)) {
    freed += await slices.run(() => removeAbandoned(directory, name, maxAgeMs), signal)
  }
  return freed
}

/** What is in a directory; nothing when it does not exist. */
export function readEntries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw storageError(error, "list", directory)
  }
}

function removeAbandoned(directory: string, name: string, maxAgeMs: number | undefined): number {
  const path = join(directory, name)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !isAbandoned(name, stat.mtimeMs, maxAgeMs)) return 0
  const bytes = stat.isDirectory() ? directoryBytes(path) : stat.size
  orStorageError("remove", path, () => rmSync(path, { recursive: true, force: true }))
  return bytes
}

function directoryBytes(directory: string): number {
  let bytes = 0
  for (const { name } of readEntries(directory)) bytes += lstatSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
  return bytes
}

/** Removes a temporary file on the way out; whatever led there is what to report. */
export function discard(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // A sweep will find it.
  }
}
