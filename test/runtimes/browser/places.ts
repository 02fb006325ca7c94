/** Databases and folders for the tests of a browser's storage, removed after each. */
import { createJsHasher } from "../../../src/bytes/js-hasher.ts"
import type { Digest } from "../../../src/core/digest-text.ts"
import type { StoredFile } from "../../../src/ports.ts"

export const hasher = createJsHasher()

/** As the pool of workers does: hashes a Blob by itself. */
export async function hashBlob(
  blob: Blob,
  options: { signal?: AbortSignal | undefined; onBytes?: ((count: number) => void) | undefined } = {},
): Promise<StoredFile> {
  options.signal?.throwIfAborted()
  const bytes = new Uint8Array(await blob.arrayBuffer())
  options.onBytes?.(bytes.byteLength)
  return { digest: await hasher.hash(bytes), size: bytes.byteLength }
}

/** Debian's WebKitGTK has none. */
export const hasOpfs = typeof navigator.storage?.getDirectory === "function"

const names: string[] = []
let folder: FileSystemDirectoryHandle | undefined

/** The name of a database that is not there. */
export function newName(): string {
  const name = `test-${crypto.randomUUID()}`
  names.push(name)
  return name
}

/** An empty folder in OPFS. */
export async function newFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  folder ??= await root.getDirectoryHandle(newName(), { create: true })
  return folder.getDirectoryHandle(crypto.randomUUID(), { create: true })
}

/** Call it after each test. */
export async function removePlaces(): Promise<void> {
  const gone = folder
  folder = undefined
  if (gone) await (await navigator.storage.getDirectory()).removeEntry(gone.name, { recursive: true }).catch(() => undefined)
  for (const name of names.splice(0)) if (name !== gone?.name) await removeDatabase(name)
}

export function removeDatabase(name: string): Promise<unknown> {
  return resultOf(indexedDB.deleteDatabase(name))
}

/** Works on the rows of a database behind everybody's back. */
export async function onRows<T>(name: string, work: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await resultOf(indexedDB.open(name))
  try {
    return await resultOf(work(database.transaction("rows", "readwrite").objectStore("rows")))
  } finally {
    database.close()
  }
}

export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Puts other bytes in the place of a blob's, and what is said of them. */
export async function rotRow(name: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  const info = await onRows(name, (rows) => rows.get(`i/${digest}`))
  await onRows(name, (rows) => rows.put({ ...info, size: bytes.byteLength }, `i/${digest}`))
  await onRows(name, (rows) => rows.put(bytes, `b/${digest}`))
}

export async function fileAt(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle> {
  const parts = path.split("/")
  let parent = root
  for (const part of parts.slice(0, -1)) parent = await parent.getDirectoryHandle(part, { create: true })
  return parent.getFileHandle(parts.at(-1)!, { create: true })
}

export async function writeFile(root: FileSystemDirectoryHandle, path: string, bytes: Uint8Array | string): Promise<void> {
  const stream = await (await fileAt(root, path)).createWritable()
  await stream.write(bytes as Uint8Array<ArrayBuffer>)
  await stream.close()
}

/** Every file below, as path. */
export async function filesBelow(root: FileSystemDirectoryHandle, prefix = ""): Promise<string[]> {
  const paths: string[] = []
  for await (const [name, handle] of root.entries()) {
    if (handle.kind === "file") paths.push(prefix + name)
    else paths.push(...(await filesBelow(handle as FileSystemDirectoryHandle, `${prefix}${name}/`)))
  }
  return paths.sort()
}

/** Takes an ability away from the platform; call the result to give it back. */
export function without(owner: object, ability: string): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, ability)
  if (descriptor === undefined) return () => undefined
  Reflect.deleteProperty(owner, ability)
  return () => Object.defineProperty(owner, ability, descriptor)
}
