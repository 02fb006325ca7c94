import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Directory, DirectoryHandle, Platform } from "../ports.ts"

/** Where files go: a local path or `file:` URL, a `FileSystemDirectoryHandle` (picked or of OPFS), or any `Directory`. */
export type Target = string | URL | DirectoryHandle | Directory

/** A target made usable, and what to hand back to the caller. */
export interface ResolvedTarget<T> {
  readonly directory: Directory
  readonly root: T | string
}

export async function openTarget<T extends Target>(
  target: T | undefined,
  fallback: string,
  platform: Platform,
  options: CallOptions,
): Promise<ResolvedTarget<T>> {
  if (isDirectory(target)) return { directory: target, root: target }
  if (isHandle(target)) return { directory: await platform.directory(target, options), root: target }
  if (target !== undefined && typeof target !== "string" && !(target instanceof URL)) {
    throw new InvalidArgumentError("root", "root must be a local path, a file: URL, a FileSystemDirectoryHandle, or a Directory")
  }
  if (target === "") throw new InvalidArgumentError("root", "root is empty; leave it out for the default directory")
  const path = target === undefined ? fallback : String(target)
  return { directory: await platform.directory(path, options), root: target ?? path }
}

/** `./artifacts/birds:v3`, below `WANDB_ARTIFACT_DIR` when it is set. */
export function defaultRoot(platform: Platform, name: string): string {
  // Both are legal names of a collection, and as a directory would be somebody else's.
  if (name === "." || name === "..") throw new InvalidArgumentError("root", `"${name}" cannot be a directory of its own; pass root`)
  return `${platform.env("WANDB_ARTIFACT_DIR") ?? "./artifacts"}/${name}`
}

function isDirectory(target: unknown): target is Directory {
  const directory = target as Partial<Directory> | null
  const verbs = ["open", "put", "remove", "list", "digest"] as const
  return typeof target === "object" && verbs.every((verb) => typeof directory?.[verb] === "function")
}

function isHandle(target: unknown): target is DirectoryHandle {
  const handle = target as Partial<DirectoryHandle> | null
  return typeof target === "object" && handle?.kind === "directory" && typeof handle.getDirectoryHandle === "function"
}
