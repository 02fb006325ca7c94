import { lstatSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type Digest, digestToHex } from "../core/digest-text.ts"
import { DAMAGED_KEPT_MS } from "./damaged-kept.ts"
import { makeDirectory } from "./node-fs-durable.ts"
import { isMissing, orStorageError } from "./node-fs-errors.ts"
import type { Slices } from "./node-fs-slices.ts"
import { readEntries } from "./node-fs-temporary.ts"

/** Blobs that were found damaged, out of the way of everybody but who wants to rescue them. */
interface DamagedFiles {
  /** Takes `file` in, under its digest's hex and in the place of an earlier one. No file is fine. */
  add(digest: Digest, file: string, signal: AbortSignal | undefined): Promise<void>
  /** Removes what came in, or was last touched, more than 30 days ago; resolves with the bytes freed. */
  sweep(signal: AbortSignal | undefined): Promise<number>
}

/** `directory` has to be on the file system of the blobs; it is made when the first one comes. */
export function createDamagedFiles(directory: string, slices: Slices): DamagedFiles {
  const move = (digest: Digest, file: string) => {
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return
    makeDirectory(directory)
    try {
      renameSync(file, join(directory, digestToHex(digest)))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  const remove = (name: string): number => {
    const path = join(directory, name)
    const stat = lstatSync(path, { throwIfNoEntry: false })
    // The time of change, not of the bytes: renaming sets it.
    if (!stat?.isFile() || Date.now() - stat.ctimeMs <= DAMAGED_KEPT_MS) return 0
    orStorageError("remove", path, () => rmSync(path, { force: true }))
    return stat.size
  }
  return {
    add: (digest, file, signal) => slices.run(() => orStorageError("set aside", file, () => move(digest, file)), signal),
    async sweep(signal) {
      let freed = 0
      for (const { name } of await slices.run(() => readEntries(directory), signal)) {
        freed += await slices.run(() => remove(name), signal)
      }
      return freed
    },
  }
}
