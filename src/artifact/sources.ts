import { HOME_NAME } from "../core/home.ts"
import { type Source, toContent } from "../digest/content.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Content, Platform, WalkOptions } from "../ports.ts"

/** A FileSystemFileHandle, by the part of it that is read. */
export interface FileHandle {
  readonly kind: "file"
  readonly name?: string
  getFile(): Promise<File>
}

/** A FileSystemDirectoryHandle, by the part of it that is read. */
export interface FolderHandle {
  readonly kind: "directory"
  readonly name: string
  entries(): AsyncIterable<[string, FolderHandle | FileHandle]>
}

/** What `DataTransferItem.webkitGetAsEntry()` gives: a FileSystemEntry. */
export interface DroppedEntry {
  readonly name: string
  readonly isFile: boolean
  readonly isDirectory: boolean
}

/** A DataTransferItem; it can be read only until the handler of its drop event returns or awaits. */
export interface DroppedItem {
  readonly kind: string
  getAsFile(): File | null
}

/**
 * One file: a local path or `file:` URL, a file handle, a dropped item, or anything that holds bytes. A string is always a path; text
 * goes in a `Blob` or `newFile`.
 */
export type FileSource = string | URL | FileHandle | DroppedItem | Source

type Pair = readonly [path: string, source: FileSource]
type Pairs = Iterable<Pair> | AsyncIterable<Pair>

/** One of several things that make up a directory. */
export type Part = Pair | File | FileHandle | FolderHandle | DroppedEntry

/**
 * Many files: a local directory, a directory handle, files with relative paths (`FileList`, `File[]`), what was dropped on a page
 * (`event.dataTransfer`, its items, or entries and handles made of them), a `Map` from entry path to source, or any (async) iterable of
 * such pairs. A single directory stands for its content; of several parts each keeps its name.
 */
export type DirectorySource =
  | string
  | URL
  | FolderHandle
  | DroppedEntry
  | { readonly items: ArrayLike<DroppedItem> }
  | ArrayLike<Part | DroppedItem>
  | Pairs

/** `name` is what messages call it; default the source's own. What can be read only now, a dropped item, is read before anything is awaited. */
export async function openSource(
  source: FileSource,
  platform: Platform,
  signal: AbortSignal | undefined,
  name?: string,
): Promise<Content> {
  if (typeof source === "string" || source instanceof URL) return platform.openFile(localText(source, "source"), { signal })
  if (isItem(source)) return toContent(source.getAsFile() ?? refuseEmpty("source"), { name })
  const isHandle = typeof (source as FileHandle | null)?.getFile === "function"
  return toContent(isHandle ? await (await dropped()).openHandle(source as FileHandle, name) : (source as Source), { name })
}

/** Every file of `source` as entry path (relative to the directory) and content. A drop is taken hold of before this returns. */
export function listSource(source: DirectorySource, platform: Platform, options: WalkOptions): AsyncIterable<[string, Content]> {
  if (typeof source === "string" || source instanceof URL) {
    return platform.walk(localText(source, "dir"), options) as AsyncIterable<[string, Content]>
  }
  return openPairs(pairsOf(source, options), platform, options)
}

async function* openPairs(pairs: Pairs, platform: Platform, options: WalkOptions): AsyncGenerator<[string, Content]> {
  for await (const pair of pairs) {
    options.signal?.throwIfAborted()
    if (!Array.isArray(pair))
      throw new InvalidArgumentError("dir", "addDir was given an iterable whose items are not [path, file] pairs")
    const [path, file] = pair
    if (!options.ignore?.(path)) yield [path, await openSource(file, platform, options.signal, path)]
  }
}

function pairsOf(source: Exclude<DirectorySource, string | URL>, options: WalkOptions): Pairs {
  if (typeof source === "object" && source !== null) {
    if ("items" in source) return listPairs(source.items, options)
    if (isFolder(source)) return walk([source], options)
    if (Symbol.asyncIterator in source) return source
    if ("length" in source) return listPairs(source, options)
    if (Symbol.iterator in source) return source
  }
  throw new InvalidArgumentError(
    "dir",
    "addDir needs a directory: a local path, a FileSystemDirectoryHandle, a FileList or File[], the dataTransfer of a drop, a Map from entry path to file, or an async iterable of [path, file]",
  )
}

function listPairs(list: ArrayLike<Part | DroppedItem>, options: WalkOptions): Pairs {
  const parts = Array.from(list, (part) => (isItem(part) ? takeItem(part) : part)).filter((part) => part !== undefined)
  // Nothing of something, or of a DataTransferItemList: unlike other lists that is never meant.
  if (parts.length === 0 && (list.length > 0 || "clear" in list)) refuseEmpty("dir")
  return parts.some(isHandleOrEntry) ? walk(parts, options) : filePairs(parts as (Pair | File)[])
}

/** Entries rather than handles: every browser has them, also in a page without a secure context. */
function takeItem(item: DroppedItem & { webkitGetAsEntry?(): DroppedEntry | null }): DroppedEntry | File | undefined {
  return item.kind === "file" ? (item.webkitGetAsEntry?.() ?? item.getAsFile() ?? undefined) : undefined
}

function refuseEmpty(argument: string): never {
  throw new InvalidArgumentError(
    argument,
    "the drop holds no file. Text and links are none, and a drop is empty once the handler of its event has returned or awaited: pass event.dataTransfer before that",
  )
}

const dropped = () => import("./dropped.ts")

async function* walk(parts: readonly Part[], options: WalkOptions): AsyncGenerator<Pair> {
  yield* (await dropped()).walkParts(parts, options)
}

/** Files as a picker lists them. Their relative paths begin with the folder that was picked, which is what `dir` stands for. */
function* filePairs(items: readonly (Pair | File)[]): Generator<Pair> {
  const tops = new Set(items.map((item) => (item as Partial<File> | null)?.webkitRelativePath?.replace(/\/.*/s, "")))
  for (const item of items) {
    if (Array.isArray(item)) {
      yield item as unknown as Pair
      continue
    }
    const { name, webkitRelativePath: relative = "" } = (item ?? {}) as Partial<File>
    if (typeof name !== "string") {
      throw new InvalidArgumentError(
        "dir",
        "addDir was given a list with something that is no File, handle, dropped item or [path, file] pair",
      )
    }
    const folders = relative.split("/").slice(1, -1)
    if (folders.some((folder) => HOME_NAME.test(folder))) continue
    yield [(tops.size === 1 ? relative.slice(relative.indexOf("/") + 1) : relative) || name, item as File]
  }
}

/** A `file:` URL is a path; what another URL points at has to be fetched first. */
function localText(source: string | URL, argument: string): string {
  if (typeof source === "string" || source.protocol === "file:") return String(source)
  throw new InvalidArgumentError(
    argument,
    `${argument} is an ${source.protocol} address, not a local file: pass await fetch(url), or track the address with addReference`,
  )
}

const isItem = (part: unknown): part is DroppedItem => typeof (part as DroppedItem | null)?.getAsFile === "function"

function isFolder(part: object): part is FolderHandle | DroppedEntry {
  const { kind, entries, isDirectory } = part as Partial<FolderHandle & DroppedEntry>
  return isDirectory === true || (kind === "directory" && typeof entries === "function")
}

function isHandleOrEntry(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false
  return isFolder(part) || (part as DroppedEntry).isFile === true || typeof (part as FileHandle).getFile === "function"
}
