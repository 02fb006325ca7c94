import { realpathSync, type Stats, statSync } from "node:fs"
import { basename, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content, LocalPlace } from "../ports.ts"
import { createFileContent } from "./node-fs-content.ts"
import { isMissing, orStorageError, storageError } from "./node-fs-errors.ts"
import type { Slices } from "./node-fs-slices.ts"

/** A local path or `file:` URL as an absolute path; throws `InvalidArgumentError` for another URL. */
export function localPath(path: string | URL, argument = "path"): string {
  const text = String(path)
  const isUrl = typeof path !== "string" || /^file:/i.test(path)
  if (!isUrl) {
    if (text !== "" && !text.includes("\0")) return resolve(text)
    throw new InvalidArgumentError(argument, `${argument} must be a local path, not ${JSON.stringify(text)}`)
  }
  try {
    return fileURLToPath(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${argument} must be a local path or a file: URL (${reason}); fetch other URLs first, or track them with addReference`
    throw new InvalidArgumentError(argument, message, {}, { cause: error })
  }
}

/** A file of the caller's: read when it is needed, and possibly changed by then. Rejects with `InvalidArgumentError` when it is not a file. */
export async function openNodeFile(
  path: string | URL,
  options: CallOptions & { readonly slices: Slices; readonly argument?: string | undefined },
): Promise<Content> {
  const { slices, signal, argument = "path" } = options
  const local = localPath(path, argument)
  const stat = await slices.run(() => statOf(local), signal)
  if (stat?.isFile()) return createFileContent(local, slices, { stability: "volatile", size: stat.size, name: basename(local) })
  const problem =
    stat === undefined ? "does not exist" : stat.isDirectory() ? "is a directory; use addDir for that" : "is not a regular file"
  throw new InvalidArgumentError(argument, `"${local}" ${problem}`, { path: local })
}

/** What is at a local path; undefined for nothing, a special file, or text that is no path. */
export function locateLocal(path: string): LocalPlace | undefined {
  if (path === "" || path.includes("\0") || (/^[a-z][a-z0-9+.-]+:\/\//i.test(path) && !/^file:/i.test(path))) return undefined
  const local = localPath(path)
  const stat = statOf(local)
  if (stat === undefined || !(stat.isFile() || stat.isDirectory())) return undefined
  const realPath = orStorageError("resolve", local, () => realpathSync(local))
  return { kind: stat.isFile() ? "file" : "directory", realPath, size: stat.size }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw storageError(error, "read", path)
  }
}
