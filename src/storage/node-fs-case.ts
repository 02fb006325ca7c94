import type { Stats } from "node:fs"
import { StorageError } from "../errors.ts"

/**
 * Keeps two entry paths that a file system takes for one file from overwriting each other: `A.txt` and `a.txt`, or `é` in its two
 * spellings. Which pairs those are only the file system knows, so it is asked, and only about paths that differ in nothing else.
 */
interface CaseGuard {
  /** Before a file is written; throws `StorageError` for the second of such a pair. Call the result with whether it is there now. */
  enter(path: string): Promise<(written: boolean) => void>
  /** After a file was removed. */
  leave(path: string): void
}

interface Holder {
  readonly path: string
  readonly written: Promise<boolean>
}

export function createCaseGuard(lstat: (path: string) => Stats | undefined): CaseGuard {
  const holders = new Map<string, Holder[]>()
  const keyOf = (path: string) => path.normalize("NFC").toLowerCase()

  const leave = (path: string) => {
    const key = keyOf(path)
    const others = (holders.get(key) ?? []).filter((holder) => holder.path !== path)
    if (others.length === 0) holders.delete(key)
    else holders.set(key, others)
  }
  const refuseSame = (path: string, twin: string) => {
    const [mine, theirs] = [lstat(path), lstat(twin)]
    if (mine === undefined || theirs === undefined || mine.ino !== theirs.ino || mine.dev !== theirs.dev) return
    throw new StorageError(`"${path}" and "${twin}" are one file on this file system, so only one of the two can be written here`, {
      path,
    })
  }

  return {
    async enter(path) {
      const key = keyOf(path)
      const before = holders.get(key) ?? []
      let settle: (written: boolean) => void = () => undefined
      const written = new Promise<boolean>((resolve) => {
        settle = resolve
      })
      holders.set(key, [...before.filter((holder) => holder.path !== path), { path, written }])
      const earlier = before.find((holder) => holder.path === path)
      const done = (isThere: boolean) => {
        if (!isThere) leave(path)
        // A failed overwrite leaves what was there.
        if (!isThere && earlier !== undefined) holders.set(key, [...(holders.get(key) ?? []), earlier])
        settle(isThere)
      }
      try {
        for (const twin of before) {
          if (twin.path !== path && (await twin.written)) refuseSame(path, twin.path)
        }
      } catch (error) {
        done(false)
        throw error
      }
      return done
    },
    leave,
  }
}
