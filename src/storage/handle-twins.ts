import { StorageError } from "../errors.ts"
import { orAbsent } from "./browser-errors.ts"

/**
 * Keeps two paths that a file system takes for one file from overwriting each other: `A.txt` and `a.txt`, or `é` in its two spellings.
 * Only the platform knows which pairs those are, so it is asked, about paths that differ in nothing else.
 */
export function createTwinGuard(root: FileSystemDirectoryHandle) {
  const written = new Map<string, Set<string>>()
  const keyOf = (path: string) => path.normalize("NFC").toLowerCase()
  return {
    keyOf,
    /** Throws `StorageError` for the second of such a pair. */
    async check(path: string): Promise<void> {
      for (const twin of written.get(keyOf(path)) ?? []) {
        if (twin === path || !(await isHidden(root, path.split("/")))) continue
        throw new StorageError(`"${path}" and "${twin}" are one file in this folder, so only one of the two can be written here`, {
          path,
        })
      }
    },
    add(path: string): void {
      const paths = written.get(keyOf(path)) ?? new Set()
      written.set(keyOf(path), paths.add(path))
    },
    remove: (path: string): void => void written.get(keyOf(path))?.delete(path),
  }
}

/** Whether something on the way answers to its name and is not listed under it. */
async function isHidden(root: FileSystemDirectoryHandle, parts: readonly string[]): Promise<boolean> {
  let folder: FileSystemDirectoryHandle | undefined = root
  for (const [at, part] of parts.entries()) {
    const parent: FileSystemDirectoryHandle = folder
    const isLast = at === parts.length - 1
    const child = await orAbsent<FileSystemHandle>(() => (isLast ? parent.getFileHandle(part) : parent.getDirectoryHandle(part)))
    if (child === undefined) return false
    if (!(await lists(parent, part))) return true
    folder = child as FileSystemDirectoryHandle
  }
  return false
}

async function lists(folder: FileSystemDirectoryHandle, wanted: string): Promise<boolean> {
  for await (const name of folder.keys()) if (name === wanted) return true
  return false
}
