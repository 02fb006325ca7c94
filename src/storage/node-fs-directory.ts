import { lstatSync, mkdirSync, renameSync, rmdirSync, rmSync, type Stats } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { HOME_NAME } from "../core/home.ts"
import { StorageError } from "../errors.ts"
import type { CallOptions, Directory } from "../ports.ts"
import { createCaseGuard } from "./node-fs-case.ts"
import { createFileContent } from "./node-fs-content.ts"
import { makeDirectory } from "./node-fs-durable.ts"
import { errnoCode, isMissing, orStorageError, storageError } from "./node-fs-errors.ts"
import { createHomeGuard } from "./node-fs-home.ts"
import { localNames } from "./node-fs-names.ts"
import { discard, isAbandoned, readEntries, temporaryName } from "./node-fs-temporary.ts"
import type { NodeTransfer } from "./node-fs-transfer.ts"

/** Files being written; beside their target, so that renaming them is never a move to another file system. */
const TEMPORARY = /^\.isofact-([0-9a-f]{8}-\d+-[0-9a-z]+)\.tmp$/

export interface NodeDirectory extends Directory {
  /** Removes what downloads that died left behind; resolves with the bytes freed. */
  sweep(options?: CallOptions): Promise<number>
}

/**
 * The files below `path`, which is made when the first one is written. The root itself may be a symbolic link; below it none is
 * followed: one on the way is a `StorageError`, one in the place of a file is replaced. Two entry paths that are one file here
 * (case-insensitive or normalising file systems) are a `StorageError`, not an overwrite. What a registry keeps below `path`, in folders
 * named `.isofact`, is not listed, and to write or remove there is a `StorageError`.
 */
export function createNodeDirectory(path: string, options: { readonly transfer: NodeTransfer }): NodeDirectory {
  const { transfer } = options
  const { slices } = transfer
  const root = resolve(path)
  const cases = createCaseGuard((entry) => lstat(join(root, entry)))
  const homes = createHomeGuard(root)
  let isRootMade = false

  /**
   * The file for an entry path; every directory on the way is proven to be one, or made when `make`. Each time anew: somebody may put a
   * link there between two files.
   */
  const locate = (entry: string, make: boolean): string => {
    const names = localNames(entry)
    if (TEMPORARY.test(names.at(-1)!)) {
      const path = join(root, entry)
      throw new StorageError(`"${entry}" in "${root}" has a name that is used for files being written`, { path })
    }
    let at = root
    for (const name of names.slice(0, -1)) {
      at = join(at, name)
      if (!proveDirectory(at, entry, make)) break
    }
    return join(root, ...names)
  }
  const proveDirectory = (at: string, entry: string, make: boolean): boolean => {
    const stat = lstat(at)
    if (stat?.isSymbolicLink()) throw refuse(entry, `is not safe to touch: "${at}" is a symbolic link, which may lead anywhere`)
    if (stat !== undefined && !stat.isDirectory()) throw refuse(entry, `cannot be there: "${at}" is a file`)
    if (stat !== undefined || !make) return stat !== undefined
    try {
      mkdirSync(at)
      homes.made(at)
      return true
    } catch (error) {
      // Somebody was faster; what they made has to pass the same test.
      if (errnoCode(error) === "EEXIST") return proveDirectory(at, entry, make)
      throw storageError(error, "make", at)
    }
  }
  const refuse = (entry: string, problem: string) =>
    new StorageError(`"${entry}" in "${root}" ${problem}`, { path: join(root, entry), operation: "structure" })

  /** The regular file at an entry path, or undefined; a symbolic link is no file, and the next `put` replaces it. */
  const find = (entry: string): { file: string; size: number } | undefined => {
    const file = locate(entry, false)
    const stat = lstat(file)
    if (stat === undefined || stat.isSymbolicLink()) return undefined
    if (!stat.isFile()) throw refuse(entry, `is ${stat.isDirectory() ? "a directory" : "a special file"}`)
    return { file, size: stat.size }
  }

  const prepare = (entry: string) => {
    try {
      return target(entry)
    } catch (error) {
      if (!isMissing((error as Error).cause)) throw error
      // Directories seen before are gone: somebody removed them.
      isRootMade = false
      return target(entry)
    }
  }
  /** An empty directory gives way to a file, as a file of another version does. */
  const clear = (entry: string, file: string) => {
    if (!lstat(file)?.isDirectory()) return
    try {
      rmdirSync(file)
    } catch (error) {
      const code = errnoCode(error) ?? ""
      if (code === "ENOTEMPTY" || code === "EEXIST") throw refuse(entry, "is a directory that holds files")
      if (code !== "ENOENT") throw storageError(error, "replace", file)
    }
  }
  const target = (entry: string) => {
    homes.check(localNames(entry))
    if (!isRootMade) makeDirectory(root)
    isRootMade = true
    const file = locate(entry, true)
    return { file, temp: join(dirname(file), `.isofact-${temporaryName()}.tmp`) }
  }

  return {
    name: root,
    async open(entry, { signal } = {}) {
      const found = await slices.run(() => find(entry), signal)
      return found && createFileContent(found.file, slices, { stability: "volatile", size: found.size, name: entry })
    },
    async put(entry, content, { expect, signal, onBytes } = {}) {
      const done = await cases.enter(entry)
      const { file, temp } = await slices
        .run(() => prepare(entry), signal)
        .catch((error) => {
          done(false)
          throw error
        })
      try {
        const { digest, size } = await transfer.receive(content, { to: temp, label: file, expect, reflink: true, signal, onBytes })
        await slices.run(() => {
          locate(entry, false)
          clear(entry, file)
          orStorageError("write", file, () => renameSync(temp, file))
        }, signal)
        done(true)
        return { digest, size }
      } catch (error) {
        done(false)
        if (isMissing((error as Error).cause)) isRootMade = false
        await slices.run(() => discard(temp))
        throw error
      }
    },
    async remove(entry, { signal } = {}) {
      await slices.run(() => {
        const file = locate(entry, false)
        if (lstat(file) === undefined) return
        homes.check(localNames(entry))
        orStorageError("remove", file, () => rmSync(file))
        cases.leave(entry)
        removeEmpty(dirname(file))
      }, signal)
    },
    async *list({ signal } = {}) {
      for await (const { relative, size, isTemporary } of walk("", signal)) if (!isTemporary) yield { path: relative, size }
    },
    async digest(entry, { signal } = {}) {
      const found = await slices.run(() => find(entry), signal)
      if (found === undefined) return undefined
      const { digest, size } = await transfer.transfer({ from: found.file, signal })
      return { digest, size }
    },
    async sweep({ signal } = {}) {
      let freed = 0
      for await (const { relative, size, isTemporary, modifiedAt } of walk("", signal)) {
        const name = TEMPORARY.exec(relative.slice(relative.lastIndexOf("/") + 1))?.[1]
        if (!isTemporary || name === undefined || !isAbandoned(name, modifiedAt)) continue
        await slices.run(() => rmSync(join(root, relative), { force: true }))
        freed += size
      }
      return freed
    },
  }

  function removeEmpty(directory: string): void {
    for (let at = directory; at !== root && at.length > root.length; at = dirname(at)) {
      try {
        rmdirSync(at)
      } catch (error) {
        if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(errnoCode(error) ?? "")) return
        throw storageError(error, "remove", at)
      }
    }
  }

  async function* walk(directory: string, signal: AbortSignal | undefined): AsyncGenerator<Found> {
    const queue = [directory]
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const prefix = at
      const found = await slices.run(() => readFound(prefix), signal)
      for (const item of found) {
        if (item.isDirectory) queue.push(item.relative)
        else yield item
      }
    }
  }

  function readFound(prefix: string): (Found & { isDirectory: boolean })[] {
    return readEntries(join(root, prefix)).flatMap((entry) => {
      if (HOME_NAME.test(entry.name) && !entry.isFile()) return []
      const relative = prefix === "" ? entry.name : `${prefix}/${entry.name}`
      const stat = entry.isDirectory() ? undefined : lstat(join(root, relative))
      if (stat === undefined && !entry.isDirectory()) return []
      const isTemporary = TEMPORARY.test(entry.name)
      return [{ relative, isTemporary, isDirectory: entry.isDirectory(), size: stat?.size ?? 0, modifiedAt: stat?.mtimeMs ?? 0 }]
    })
  }
}

interface Found {
  readonly relative: string
  readonly size: number
  readonly modifiedAt: number
  readonly isTemporary: boolean
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw storageError(error, "look up", path)
  }
}
