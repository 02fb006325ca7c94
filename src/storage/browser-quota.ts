import { quotaError, roomLeft } from "./browser-errors.ts"

/** From here on the browser is asked for the room before anything is written: asking costs as much as a small file. */
const ASKED_BYTES = 1024 * 1024

/**
 * Called before a write of `size` bytes. The first one asks the browser not to evict what this site keeps; a large one that cannot fit
 * rejects with `StorageError` before anything of it is written.
 */
export function createRoomCheck(): (path: string, size: number | undefined) => Promise<void> {
  let asked = false
  return async (path, size = 0) => {
    // Not awaited: some browsers ask the user, who may take long.
    if (!asked) globalThis.navigator?.storage?.persist?.().catch(() => undefined)
    asked = true
    if (size < ASKED_BYTES) return
    const left = await roomLeft()
    if (left !== undefined && left < size) throw quotaError(path, size, left)
  }
}
