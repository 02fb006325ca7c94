import { type BigIntStats, type Dirent, readdirSync, realpathSync, statSync } from "node:fs"
import { dirname, join, sep } from "node:path"
import { HOME_NAME } from "../core/home.ts"
import { InvalidArgumentError, StorageError } from "../errors.ts"
import type { Content, WalkOptions } from "../ports.ts"
import { createFileContent } from "./node-fs-content.ts"
import { isMissing, orStorageError, storageError } from "./node-fs-errors.ts"
import { homeAbove } from "./node-fs-home.ts"
import { localPath } from "./node-fs-open.ts"
import type { Slices } from "./node-fs-slices.ts"

interface Folder {
  readonly path: string
  /** Entry path, "" for the root. */
  readonly prefix: string
}

interface Found {
  readonly files: (readonly [entry: string, path: string])[]
  readonly folders: Folder[]
}

/**
 * Every file below a directory as entry path and content, a directory at a time, in the order the file system gives. Links are
 * followed unless `links` says otherwise (`"files"`: those to files only). Folders named `.isofact` are left out, and links into them:
 * what a registry keeps, and the key of its server, are nothing to publish. Rejects with `InvalidArgumentError` when `directory` is not
 * one and for a link under `links: "error"`; with `StorageError` for a link in a circle or to nowhere, a pipe, socket or device, and a
 * name that is not UTF-8 (an entry path is text).
 */
export async function* walkNodeDirectory(
  directory: string | URL,
  options: WalkOptions & { readonly slices: Slices; readonly argument?: string | undefined },
): AsyncGenerator<readonly [path: string, content: Content]> {
  const { slices, signal, argument = "path", links = "follow", ignore } = options
  const root = localPath(directory, argument)
  const stat = await slices.run(() => stated(root), signal)
  if (!stat?.isDirectory()) {
    const problem = stat === undefined ? "does not exist" : "is not a directory; use addFile for a file"
    throw new InvalidArgumentError(argument, `"${root}" ${problem}`, { path: root })
  }
  const realRoot = await slices.run(() => real(root), signal)
  const stack: Folder[] = [{ path: root, prefix: "" }]
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    const here = folder
    const { files, folders } = await slices.run(() => readFolder(here, { realRoot, links, ignore }), signal)
    for (const [entry, path] of files) {
      signal?.throwIfAborted()
      yield [entry, createFileContent(path, slices, { stability: "volatile" })]
    }
    for (const child of folders.reverse()) stack.push(child)
  }
}

interface Walk extends Pick<WalkOptions, "links" | "ignore"> {
  readonly realRoot: string
}

function readFolder(folder: Folder, walk: Walk): Found {
  const found: Found = { files: [], folders: [] }
  const entries = orStorageError("list", folder.path, () => readdirSync(folder.path, { withFileTypes: true }))
  for (const entry of entries) {
    if (HOME_NAME.test(entry.name) && !entry.isFile()) continue
    const name = folder.prefix === "" ? entry.name : `${folder.prefix}/${entry.name}`
    const path = join(folder.path, entry.name)
    if (entry.isDirectory()) found.folders.push({ path, prefix: name })
    else if (!walk.ignore?.(name)) addEntry(found, folder, entry, { name, path, walk })
    if (entry.name.includes("\ufffd")) checkText(folder.path, entry.name)
  }
  return found
}

interface Place {
  readonly name: string
  readonly path: string
  readonly walk: Walk
}

function addEntry(found: Found, folder: Folder, entry: Dirent, place: Place): void {
  const { name, path, walk } = place
  if (entry.isFile()) found.files.push([name, path])
  else if (!entry.isSymbolicLink()) throw special(path)
  else if (walk.links === "error") {
    throw new InvalidArgumentError("options.links", `"${path}" is a symbolic link; links: "follow" or "skip" allow them`, { path })
  } else if (walk.links !== "skip") addTarget(found, folder, place)
}

/** Circles only come about through links, so only what a link leads to is compared with the folders above it. */
function addTarget({ files, folders }: Found, folder: Folder, { name, path, walk }: Place): void {
  const target = stated(path)
  if (target === undefined)
    throw new StorageError(`"${path}" is a symbolic link to something that does not exist; links: "skip" leaves it out`, { path })
  if (leadsHome(path, target, walk.realRoot)) return
  if (target.isFile()) files.push([name, path])
  else if (!target.isDirectory()) throw special(path)
  else if (walk.links === "files") return
  else if (!isAbove(target, folder)) folders.push({ path, prefix: name })
  else
    throw new StorageError(`"${path}" is a symbolic link to a directory that it is in, a circle; links: "skip" leaves it out`, {
      path,
    })
}

/**
 * Whether a link leads to the home of a registry or into it. A file of that name is none, and the home that the whole walk may be in
 * is one that the caller has chosen.
 */
function leadsHome(path: string, target: BigIntStats, realRoot: string): boolean {
  const to = real(path)
  const folder = target.isDirectory() ? to : dirname(to)
  const isBelow = `${folder}${sep}`.startsWith(`${realRoot}${sep}`)
  return homeAbove(isBelow ? folder.slice(realRoot.length) : folder) !== undefined
}

function real(path: string): string {
  return orStorageError("read", path, () => realpathSync(path))
}

/** Whether a link to `target` in `folder` leads to `folder` or to one above it, up to the root of the walk. */
function isAbove(target: BigIntStats, folder: Folder): boolean {
  const depth = folder.prefix === "" ? 0 : folder.prefix.split("/").length
  let path = folder.path
  for (let level = 0; level <= depth; level++) {
    const stat = stated(path)
    if (stat?.ino === target.ino && stat.dev === target.dev) return true
    path = join(path, "..")
  }
  return false
}

function stated(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw storageError(error, "read", path)
  }
}

function special(path: string): StorageError {
  return new StorageError(`"${path}" is a pipe, socket or device, which has no bytes to keep; leave it out with ignore`, { path })
}

/** A name that is not UTF-8 is shown with replacement characters, which a proper name may hold too: the bytes tell. */
function checkText(directory: string, shown: string): void {
  const names = orStorageError("list", directory, () => readdirSync(directory, { encoding: "buffer" }))
  if (names.some((name) => name.equals(Buffer.from(shown)))) return
  const path = join(directory, shown)
  throw new StorageError(`"${path}" has a name that is not UTF-8, which no manifest can hold; rename it`, { path })
}
