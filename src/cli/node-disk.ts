import { statfsSync } from "node:fs"
import { dirname, resolve } from "node:path"

/** Bytes free for this user where `path` is or would be; undefined where the system does not say. */
export function freeBytes(path: string): number | undefined {
  let place = resolve(path)
  for (;;) {
    try {
      const { bavail, bsize } = statfsSync(place)
      return bavail * bsize
    } catch {
      const parent = dirname(place)
      if (parent === place) return undefined
      place = parent
    }
  }
}
