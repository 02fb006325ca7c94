import { pause } from "../bytes/pause.ts"
import type { CallOptions } from "../ports.ts"
import { orAbsent, orStorageError } from "./browser-errors.ts"
import { findAbandoned, holdName } from "./browser-locks.ts"
import { type Spool, uniqueName } from "./browser-writes.ts"
import { openSink } from "./opfs-sink.ts"

/** Chromium writes `name` as `name.crswap` beside it, for all to see, until the stream is closed. */
export const SWAP: RegExp = /(\.\d+)?\.crswap$/

/** A folder, made when it is not there. */
export type OpenFolder = () => Promise<FileSystemDirectoryHandle>

/** A file nobody else writes, until it is moved or discarded; a sweep leaves it alone as long as this tab lives. */
export interface Temporary extends Spool {
  readonly handle: FileSystemFileHandle
  /** As `write`, for a whole `Blob` that need not pass through this thread. */
  append?(blob: Blob): Promise<void>
  finish(): Promise<File>
  /** It has got another name: the lock is given back. */
  release(): void
}

/** Makes a file with a name of its own in `open()`. */
export async function openTemporary(open: OpenFolder, path: string, needed?: number): Promise<Temporary> {
  const name = uniqueName()
  const release = await holdName(name)
  let folder: FileSystemDirectoryHandle | undefined
  const remove = async () => {
    if (folder !== undefined) await removeReleased(folder, name)
    release()
  }
  try {
    folder = await orStorageError("open", path, open)
    const handle = await orStorageError("write", path, () => folder!.getFileHandle(name, { create: true }), needed)
    const sink = await openSink(handle, path, needed)
    let isOpen = true
    return {
      ...sink,
      handle,
      release,
      async finish() {
        await sink.close()
        isOpen = false
        return orStorageError("read", path, () => handle.getFile())
      },
      async discard() {
        if (isOpen) await sink.abort()
        isOpen = false
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Chromium lets go of a file a while after its stream was aborted; until then nobody may remove it. What stays is swept. */
async function removeReleased(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  for (let delayMs = 1; delayMs < 1000; delayMs *= 2) {
    const error = await folder.removeEntry(name).catch((reason: unknown) => reason)
    if (!(error instanceof DOMException) || error.name !== "NoModificationAllowedError") return
    await pause(delayMs, undefined)
  }
}

/** Removes the files of tabs that are gone; resolves with the bytes freed. */
export async function sweepTemporary(folder: FileSystemDirectoryHandle, { signal }: CallOptions): Promise<number> {
  const handles = await filesOf(folder)
  // Names are held before their files are made, so every file listed above that is alive is held by now.
  const isAbandoned = await findAbandoned()
  let freed = 0
  for (const handle of handles) {
    signal?.throwIfAborted()
    const file = await orAbsent(() => handle.getFile())
    if (file === undefined || !isAbandoned(handle.name.replace(SWAP, ""), file.lastModified)) continue
    await folder.removeEntry(handle.name).catch(() => undefined)
    freed += file.size
  }
  return freed
}

/** The files right in `folder`, as they are now. */
export async function filesOf(folder: FileSystemDirectoryHandle): Promise<FileSystemFileHandle[]> {
  const files: FileSystemFileHandle[] = []
  for await (const handle of folder.values()) if (handle.kind === "file") files.push(handle as FileSystemFileHandle)
  return files
}
