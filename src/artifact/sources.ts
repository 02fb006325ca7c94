import { joinEntryPath } from "../core/path.ts"
import { type Source, toContent } from "../digest/content.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Content, Platform, WalkOptions } from "../ports.ts"

/** One file: a local path or `file:` URL, or anything that holds bytes. A string is always a path; text goes in a `Blob` or `newFile`. */
export type FileSource = string | URL | Source

/** A FileSystemDirectoryHandle, by the part of it that is read. */
export interface DirectoryHandle {
  readonly kind: "directory"
  readonly name: string
  entries(): AsyncIterable<[string, DirectoryHandle | FileHandle]>
}
interface FileHandle {
  readonly kind: "file"
  getFile(): Promise<File>
}

type Pairs = Iterable<readonly [string, FileSource]> | AsyncIterable<readonly [string, FileSource]>

/**
 * Many files: a local directory, a directory handle, files with relative paths (`FileList`, `File[]`), a `Map` from entry path to
 * source, or any (async) iterable of such pairs.
 */
export type DirectorySource = string | URL | DirectoryHandle | ArrayLike<File> | Pairs

export async function openSource(source: FileSource, platform: Platform, signal: AbortSignal | undefined): Promise<Content> {
  if (typeof source !== "string" && !(source instanceof URL)) return toContent(source)
  return platform.openFile(localText(source, "source"), { signal })
}

/** Every file of `source` as entry path (relative to the directory) and content. */
export async function* listSource(
  source: DirectorySource,
  platform: Platform,
  options: WalkOptions,
): AsyncGenerator<readonly [path: string, content: Content]> {
  if (typeof source === "string" || source instanceof URL) return yield* platform.walk(localText(source, "dir"), options)
  const keep = options.ignore ?? (() => false)
  for await (const pair of pairsOf(source)) {
    options.signal?.throwIfAborted()
    if (!Array.isArray(pair))
      throw new InvalidArgumentError("dir", "addDir was given an iterable whose items are not [path, file] pairs")
    const [path, file] = pair
    if (!keep(path)) yield [path, await openSource(file, platform, options.signal)]
  }
}

function pairsOf(source: Exclude<DirectorySource, string | URL>): Pairs {
  if (typeof source === "object" && source !== null) {
    if ("kind" in source && typeof source.entries === "function") return walkHandle(source, "")
    if (Symbol.asyncIterator in source) return source
    if ("length" in source) return filePairs(source)
    if (Symbol.iterator in source) return source
  }
  throw new InvalidArgumentError(
    "dir",
    "addDir needs a directory: a local path, a FileSystemDirectoryHandle, a FileList or File[], a Map from entry path to file, or an async iterable of [path, file]",
  )
}

/** A `file:` URL is a path; what another URL points at has to be fetched first. */
function localText(source: string | URL, argument: string): string {
  if (typeof source === "string" || source.protocol === "file:") return String(source)
  throw new InvalidArgumentError(
    argument,
    `${argument} is an ${source.protocol} address, not a local file: pass await fetch(url), or track the address with addReference`,
  )
}

async function* walkHandle(handle: DirectoryHandle, prefix: string): AsyncGenerator<readonly [string, File]> {
  if (handle.kind !== "directory") {
    throw new InvalidArgumentError(
      "dir",
      `"${String((handle as { name?: unknown }).name)}" is not a directory; pass a file to addFile`,
    )
  }
  for await (const [name, child] of handle.entries()) {
    const path = joinEntryPath(prefix, name)
    if (child.kind === "directory") yield* walkHandle(child, path)
    else yield [path, await child.getFile()]
  }
}

function* filePairs(files: ArrayLike<File>): Generator<readonly [string, FileSource]> {
  for (const item of Array.from<File | readonly [string, FileSource]>(files)) {
    if (Array.isArray(item)) {
      yield item as unknown as readonly [string, FileSource]
      continue
    }
    const { name, webkitRelativePath } = (item ?? {}) as Partial<File>
    if (typeof name !== "string") {
      throw new InvalidArgumentError(
        "dir",
        "addDir was given an array with something that is neither a File nor a [path, file] pair",
      )
    }
    // A picker's relative paths begin with the folder that was picked, which is what `dir` stands for.
    const relative = webkitRelativePath?.slice(webkitRelativePath.indexOf("/") + 1)
    yield [relative || name, item as File]
  }
}
