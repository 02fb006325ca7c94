import { UnsupportedError } from "../errors.ts"
import type { OpenFolder } from "./opfs-temporary.ts"

/** A folder of the browser's private file system, made on the way. */
export function opfsFolder(...names: readonly string[]): OpenFolder {
  return async () => {
    const storage = globalThis.navigator?.storage
    if (storage?.getDirectory === undefined) {
      throw new UnsupportedError("This browser has no private file system here (OPFS needs a secure page); keep blobs in IndexedDB")
    }
    let folder = await storage.getDirectory()
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create: true })
    return folder
  }
}

/** Where the place called `name` keeps what is large, and its temporary files. */
export const opfsHome = (name: string): OpenFolder => opfsFolder("isofact", `db-${encodeURIComponent(name)}`)

/** Whether this thread can write into OPFS: Safari before 26 can in dedicated workers only. */
export function canWriteOpfs(): boolean {
  const handle = globalThis.FileSystemFileHandle?.prototype as object | undefined
  return handle !== undefined && ("createWritable" in handle || "createSyncAccessHandle" in handle)
}

type Movable = FileSystemFileHandle & { move?(folder: FileSystemDirectoryHandle, name: string): Promise<void> }

/** Gives a whole file its final name, replacing what has it; it is there whole or not at all. */
export async function placeFile(file: Movable, from: FileSystemDirectoryHandle, to: FileSystemDirectoryHandle, name: string) {
  if (file.move !== undefined) return moveFile(file, to, name)
  // The bytes come under the name when the stream is closed; until then there is an empty file, which counts as none.
  const stream = await (await to.getFileHandle(name, { create: true })).createWritable()
  await stream.write(await file.getFile())
  await stream.close()
  await from.removeEntry(file.name)
}

async function moveFile(file: Movable, to: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await file.move!(to, name)
  } catch {
    // Not every engine moves onto a file that is there.
    await to.removeEntry(name).catch(() => undefined)
    await file.move!(to, name)
  }
}
