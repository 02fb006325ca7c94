import { existsSync, lstatSync, realpathSync } from "node:fs"
import { join, sep } from "node:path"
import { HOME_NAME } from "../core/home.ts"
import { StorageError } from "../errors.ts"

export interface HomeGuard {
  /** Throws `StorageError` when the names lead into the home of a registry. */
  check(names: readonly string[]): void
  /** Remembers a folder that this tree made, which is therefore none. */
  made(folder: string): void
}

/**
 * Keeps a tree that is written to out of the registries in it: a version that holds `.isofact/records/…` would replace the records of the
 * registry that lives there. Whatever stood there before counts as one.
 */
export function createHomeGuard(root: string): HomeGuard {
  const own = new Set<string>()
  let isRootChecked = false
  const checkRoot = () => {
    const home = existsSync(root) ? homeAbove(realpathSync(root)) : undefined
    if (home !== undefined) {
      throw new StorageError(`"${root}" is where a registry keeps what it has ("${home}"); choose a directory outside of it`, {
        path: root,
      })
    }
    isRootChecked = true
  }
  return {
    check(names) {
      if (!isRootChecked) checkRoot()
      if (!names.some((name) => HOME_NAME.test(name))) return
      for (const [depth, name] of names.entries()) {
        const at = join(root, ...names.slice(0, depth + 1))
        if (!HOME_NAME.test(name) || own.has(at) || !isOther(at)) continue
        const message = `"${names.join("/")}" would change "${at}", where a registry keeps what it has; choose another directory`
        throw new StorageError(message, { path: at })
      }
    },
    made: (folder) => own.add(folder),
  }
}

/** The home of a registry that a real path is, or is in. */
export function homeAbove(path: string): string | undefined {
  const names = path.split(sep)
  const depth = names.findIndex((name) => HOME_NAME.test(name))
  return depth < 0 ? undefined : names.slice(0, depth + 1).join(sep)
}

/** Whether a folder, or a link to one, stands there. */
function isOther(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === false
}
