import { checkExpected, readHashed } from "../bytes/hash-stream.ts"
import { HOME_NAME } from "../core/home.ts"
import { StorageError } from "../errors.ts"
import type { CallOptions, Content, Directory, DirectoryPutOptions, Hasher, StoredFile } from "../ports.ts"
import { blobContent } from "./browser-content.ts"
import { isMissing, orAbsent, orStorageError } from "./browser-errors.ts"
import type { HashBlob } from "./browser-writes.ts"
import { requireWritable } from "./handle-permission.ts"
import { createTwinGuard } from "./handle-twins.ts"
import { openWritable } from "./opfs-sink.ts"
import { SWAP } from "./opfs-temporary.ts"
import { createTurns } from "./turns.ts"

const TRIES = 5

interface HandleDirectoryOptions {
  readonly hasher: Hasher
  /** What messages call it. Default: the name of the handle. */
  readonly name?: string | undefined
  /** Hashes files beside this thread, for `digest`. */
  readonly hashBlob?: HashBlob | undefined
}

/**
 * Any `FileSystemDirectoryHandle`, picked or of OPFS, as the target of downloads. The bytes of a file are verified before its stream is
 * closed, which is when they appear under its name; a new file is empty until then, and goes if they never come. Names the platform
 * does not take, files where a folder is needed and permission that was refused are `StorageError`s that name the path; so is writing or
 * removing where a registry keeps what it has, in folders named `.isofact`, which are not listed either.
 */
export function createHandleDirectory(root: FileSystemDirectoryHandle, options: HandleDirectoryOptions): Directory {
  const { hasher, hashBlob, name = root.name } = options
  const twins = createTwinGuard(root)
  const homes = new Map<string, boolean>()
  const inTurn = createTurns()
  let permission: Promise<void> | undefined
  const permit = () => {
    permission ??= requireWritable(root, name).catch((error) => {
      permission = undefined
      throw error
    })
    return permission
  }

  /** What stands there when it is first looked for is a registry's; what this directory makes is not. */
  const checkHome = async (path: string): Promise<void> => {
    const names = path.split("/")
    for (const [depth, name] of [root.name, ...names.slice(0, -1)].entries()) {
      if (!HOME_NAME.test(name)) continue
      const inside = [...names.slice(0, depth), ""].join("/")
      const isThere = (await orAbsent(() => enter(root, inside, false))) !== undefined
      if (!homes.has(inside)) homes.set(inside, isThere)
      if (!homes.get(inside)) continue
      throw new StorageError(`"${path}" is where a registry keeps what it has; choose another folder`, { path })
    }
  }
  const read = async (path: string, { signal }: CallOptions): Promise<File | undefined> => {
    signal?.throwIfAborted()
    const file = await guarded("read", path, () => orAbsent(() => findFile(root, path)))
    signal?.throwIfAborted()
    return file
  }
  const write = async (path: string, content: Content, { expect, ...reading }: DirectoryPutOptions): Promise<StoredFile> => {
    const { sink, isNew } = await guarded("write", path, () => openFile(root, path, content.size))
    try {
      const found = await readHashed(content, hasher, { ...reading, write: (chunk) => sink.write(chunk) })
      if (expect !== undefined) checkExpected(path, { digest: expect, size: content.size }, found)
      reading.signal?.throwIfAborted()
      await sink.close()
      return found
    } catch (error) {
      await sink.abort()
      if (isNew) await removeFile(root, path).catch(() => undefined)
      throw error
    }
  }

  return {
    name,
    async open(path, call = {}) {
      const file = await read(path, call)
      return file && blobContent(file, path, { name: path })
    },
    put: (path, content, putting = {}) =>
      inTurn(twins.keyOf(path), putting.signal, async () => {
        await permit()
        await guarded("write", path, () => checkHome(path).then(() => twins.check(path)))
        const found = await write(path, content, putting)
        twins.add(path)
        return found
      }),
    async remove(path, { signal } = {}) {
      signal?.throwIfAborted()
      await permit()
      await guarded("remove", path, () => checkHome(path).then(() => orAbsent(() => removeFile(root, path))))
      twins.remove(path)
    },
    async *list({ signal } = {}) {
      for await (const [path, file] of walk(root, "")) {
        signal?.throwIfAborted()
        const found = await guarded("read", path, () => orAbsent(() => file.getFile()))
        if (found) yield { path, size: found.size }
      }
      signal?.throwIfAborted()
    },
    async digest(path, call = {}) {
      const file = await read(path, call)
      return file && (hashBlob ? hashBlob(file, call) : readHashed(blobContent(file, path), hasher, call))
    },
  }
}

async function guarded<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
  const named = async () => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      throw new StorageError(
        `cannot ${operation} "${path}": the platform does not take this name`,
        { path, operation },
        { cause: error },
      )
    }
  }
  return orStorageError(operation, path, named)
}

/** The folders on the way to `path`, from the root, and its last part. */
async function enter(root: FileSystemDirectoryHandle, path: string, create: boolean) {
  const parts = path.split("/")
  const last = parts.pop()!
  const folders = [root]
  for (const part of parts) folders.push(await folders.at(-1)!.getDirectoryHandle(part, { create }))
  return { parts, folders, folder: folders.at(-1)!, last }
}

/** Rejects with `NotFoundError` where nothing is, also below a file. */
async function findFile(root: FileSystemDirectoryHandle, path: string): Promise<File> {
  const { folder, last } = await enter(root, path, false).catch((error) => {
    throw error instanceof DOMException && error.name === "TypeMismatchError"
      ? new DOMException("below a file", "NotFoundError")
      : error
  })
  return (await folder.getFileHandle(last)).getFile()
}

async function openFile(root: FileSystemDirectoryHandle, path: string, needed: number | undefined) {
  for (let tries = 1; ; tries++) {
    try {
      const { folder, last } = await enter(root, path, true)
      const existing = await orAbsent(() => folder.getFileHandle(last))
      const file = existing ?? (await folder.getFileHandle(last, { create: true }))
      return { sink: await openWritable(file, path, needed), isNew: existing === undefined }
    } catch (error) {
      // Whoever removes the last file of a folder takes the folder along.
      if (!isMissing((error as Error).cause ?? error) || tries === TRIES) throw error
    }
  }
}

/** Removes a file, and the folders it leaves empty. */
async function removeFile(root: FileSystemDirectoryHandle, path: string): Promise<void> {
  const { parts, folders, folder, last } = await enter(root, path, false)
  await unlessBusy(() => folder.removeEntry(last))
  try {
    for (let depth = parts.length - 1; depth >= 0; depth--) await folders[depth]!.removeEntry(parts[depth]!)
  } catch {
    // Not empty, or gone already.
  }
}

/** Whoever takes an emptied folder along holds what is in it for a moment; who still has a file open then is really using it. */
async function unlessBusy(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if ((error as Error).name !== "NoModificationAllowedError" || tries === TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** tries))
    }
  }
}

async function* walk(folder: FileSystemDirectoryHandle, prefix: string): AsyncGenerator<readonly [string, FileSystemFileHandle]> {
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === "directory" && HOME_NAME.test(name)) continue
    if (handle.kind === "directory") yield* walk(handle as FileSystemDirectoryHandle, `${prefix}${name}/`)
    else if (!SWAP.test(name)) yield [prefix + name, handle as FileSystemFileHandle]
  }
}
