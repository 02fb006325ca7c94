import { HOME_NAME } from "../core/home.ts"
/** Walks what a page was given by dropping or picking folders. Loaded when that happens, so that other pages do without. */

import { InvalidArgumentError, StorageError } from "../errors.ts"
import type { WalkOptions } from "../ports.ts"
import type { DroppedEntry, FileHandle, FileSource, FolderHandle, Part } from "./sources.ts"

/** Files opened at once. Each costs a message to another process and back; this many cost hardly more than one. */
const BATCH_FILES = 100

type Node = FolderHandle | FileHandle | DroppedEntry
type Child = readonly [name: string, child: Node]
type Pair = readonly [path: string, source: FileSource]

/**
 * The files of all parts, with their paths: a single folder stands for its content, of several parts each keeps its name. Of each
 * folder that is being read at most two batches of files are held.
 *
 * @throws StorageError naming the file or folder that cannot be read
 */
export async function* walkParts(parts: readonly Part[], { ignore = () => false }: WalkOptions): AsyncGenerator<Pair> {
  for (const part of parts) {
    if (isPair(part)) yield part
    else if (!isNode(part)) yield [part.webkitRelativePath || part.name, part]
    else if (isFolder(part)) yield* walkFolder(part, parts.length === 1 ? "" : `${part.name}/`, ignore)
    else if (!ignore(part.name ?? "")) yield [part.name ?? "", await openFile(part, part.name ?? "")]
  }
}

/** @throws StorageError naming it when it cannot be read */
export function openHandle(handle: FileHandle, name = handle.name): Promise<File> {
  return openFile(handle, name ?? "")
}

async function* walkFolder(folder: Node, prefix: string, ignore: (path: string) => boolean): AsyncGenerator<Pair> {
  for await (const children of oneAhead(openChildren(folder, prefix, ignore))) {
    for (const [name, child] of children) {
      if (isFolder(child)) yield* walkFolder(child as Node, `${prefix}${name}/`, ignore)
      else yield [prefix + name, child as File]
    }
  }
}

/** The children of a folder, some at a time, with files opened. */
async function* openChildren(folder: Node, prefix: string, ignore: (path: string) => boolean) {
  const open = async ([name, child]: Child) => [name, isFolder(child) ? child : await openFile(child, prefix + name)] as const
  for await (const children of childrenOf(folder, prefix.slice(0, -1) || folder.name || "the folder")) {
    const wanted = ([name, child]: Child) => (isFolder(child) ? !HOME_NAME.test(name) : !ignore(prefix + name))
    yield Promise.all(children.filter(wanted).map(open))
  }
}

/** Asks for the next item while the last one is used. */
async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next()
  for (;;) {
    const { done, value } = await next
    if (done) return
    next = items.next()
    // When nobody takes it any more, nobody is told of its failure either.
    next.catch(() => undefined)
    yield value
  }
}

async function* childrenOf(folder: Node, place: string): AsyncGenerator<Child[]> {
  if ("entries" in folder) return yield* handlesIn(folder, place)
  const reader = (folder as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // Chromium gives 100 at a time; only an empty answer is the end.
    const entries = await readable(
      place,
      () => new Promise<DroppedEntry[]>((resolve, reject) => reader.readEntries(resolve, reject)),
    )
    if (entries.length === 0) return
    yield entries.map((entry) => [entry.name, entry])
  }
}

async function* handlesIn(folder: FolderHandle, place: string): AsyncGenerator<Child[]> {
  const iterator = folder.entries()[Symbol.asyncIterator]()
  let batch: Child[] = []
  for (;;) {
    const { done, value } = await readable(place, () => iterator.next())
    if (!done) batch.push(value)
    if (done || batch.length === BATCH_FILES) {
      yield batch
      batch = []
    }
    if (done) return
  }
}

function openFile(node: Node, path: string): Promise<File> {
  return readable(path, () =>
    "getFile" in node
      ? node.getFile()
      : new Promise<File>((resolve, reject) => (node as FileSystemFileEntry).file(resolve, reject)),
  )
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    const { name = "error" } = (cause ?? {}) as Partial<DOMException>
    const advice =
      name === "NotAllowedError"
        ? "the permission to read it has ended: ask for it with handle.requestPermission() when the user clicks, or have it picked again"
        : "was it changed, moved or removed after it was chosen? Have it picked or dropped again"
    throw new StorageError(`"${path}" cannot be read (${name}): ${advice}`, { path, operation: "read" }, { cause })
  }
}

const isPair = (part: Part): part is Pair => Array.isArray(part)

function isNode(part: Part): part is Node {
  if (typeof part === "object" && part !== null) {
    if ("isDirectory" in part || ("kind" in part && ("getFile" in part || "entries" in part))) return true
    if ("name" in part && "size" in part) return false
  }
  throw new InvalidArgumentError("dir", "addDir was given a list with something that is no File, handle or dropped item")
}

function isFolder(node: Node | File): boolean {
  return "isDirectory" in node ? node.isDirectory : "kind" in node && node.kind === "directory"
}
