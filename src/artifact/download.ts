import { checkBoolean, checkFunction, checkPositiveInteger, checkString, optional } from "../core/check.ts"
import type { Digest } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { type ArtifactError, DigestMismatchError, EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content, Directory, ReferenceEntry, ReferenceProof } from "../ports.ts"
import { checkCall } from "./call.ts"
import { forEachConcurrent } from "./for-each-concurrent.ts"
import { type OnProgress, type Progress, trackProgress } from "./progress.ts"
import { isRight, useStored } from "./read.ts"
import { openReference } from "./reference.ts"
import type { Logged } from "./state.ts"

/** A pattern over entry paths. */
export type PathMatcher = RegExp | ((path: string) => boolean)

export interface DownloadOptions extends CallOptions {
  /** Leave out references whose target is gone. Default: that is an error. */
  readonly allowMissingReferences?: boolean | undefined
  /** Do not keep copies in the local cache. */
  readonly skipCache?: boolean | undefined
  /** Only entries whose path starts with this text. As in Python a plain prefix: `images/` is the folder, `images` also `images2.txt`. */
  readonly pathPrefix?: string | undefined
  /** Only entries this accepts. */
  readonly match?: PathMatcher | undefined
  /** Files at once. Default: what suits the runtime. */
  readonly concurrency?: number | undefined
  readonly onProgress?: OnProgress | undefined
}

const optionNames = ["allowMissingReferences", "skipCache", "pathPrefix", "match", "concurrency", "onProgress", "signal"] as const

export function checkDownloadOptions(options: DownloadOptions): DownloadOptions {
  checkCall(options, optionNames)
  if (options.allowMissingReferences !== undefined) checkBoolean("options.allowMissingReferences", options.allowMissingReferences)
  if (options.skipCache !== undefined) checkBoolean("options.skipCache", options.skipCache)
  if (options.pathPrefix !== undefined) checkString("options.pathPrefix", options.pathPrefix)
  if (options.concurrency !== undefined) checkPositiveInteger("options.concurrency", options.concurrency)
  if (options.match !== undefined && !(options.match instanceof RegExp) && typeof options.match !== "function") {
    throw new InvalidArgumentError("options.match", "match must be a RegExp or a function from entry path to boolean")
  }
  optional(checkFunction, "options.onProgress", options.onProgress)
  return options
}

/** Writes the chosen entries into `directory`, each verified before it stands under its name. Other files there are left alone. */
export async function download(
  logged: Logged,
  entries: Iterable<Entry>,
  directory: Directory,
  options: DownloadOptions,
): Promise<void> {
  const chosen = [...entries].filter(chooser(options))
  // References to other artifacts record no size.
  const isKnown = chosen.every((entry) => entry.ref === undefined || entry.size)
  const total = isKnown ? chosen.reduce((sum, entry) => sum + (entry.size ?? 0), 0) : undefined
  const progress = trackProgress(options.onProgress, chosen.length, total)
  const limit = options.concurrency ?? logged.session.platform.concurrency
  await forEachConcurrent(
    chosen,
    limit,
    (entry, signal) => downloadEntry(logged, entry, directory, progress, { ...options, signal }),
    {
      signal: options.signal,
    },
  )
}

export async function downloadEntry(
  logged: Logged,
  entry: Entry,
  directory: Directory,
  progress: Progress,
  options: DownloadOptions,
): Promise<void> {
  if (await isUnchanged(entry, directory, options)) return progress.skip(entry.path, "unchanged", entry.size ?? 0)
  // The size recorded of a reference is what the total holds of it, and may be that of its compressed form.
  const most = (entry.ref && entry.size) || undefined
  let told = 0
  const onBytes = (count: number) => {
    const counted = most ? Math.min(count, most - told) : count
    told += counted
    progress.bytes("download", entry.path, counted)
  }
  const write = (content: Content, expect: Digest | undefined) =>
    directory.put(entry.path, content, { expect, signal: options.signal, onBytes })
  try {
    if (entry.ref === undefined) {
      const { size } = await useStored(logged, entry, write, options)
      return progress.done("download", entry.path, size - told)
    }
    const { size, proof } = await writeReference(logged, { ...entry, ref: entry.ref }, write, options)
    progress.done("download", entry.path, (most ?? size) - told, proof)
  } catch (error) {
    if (entry.ref === undefined || !options.allowMissingReferences || !isMissing(error)) throw error
    progress.skip(entry.path, "missing", entry.size ?? 0)
  }
}

/** A file that is there already is kept when it is the right one: same size first, since hashing costs a read. */
async function isUnchanged(entry: Entry, directory: Directory, options: CallOptions): Promise<boolean> {
  const existing = await directory.open(entry.path, options)
  if (existing === undefined || (entry.ref === undefined && existing.size !== entry.size)) return false
  return (await isRight(entry, directory, options)) ?? false
}

async function writeReference<T>(
  logged: Logged,
  entry: ReferenceEntry,
  write: (content: Content, expect: Digest | undefined) => Promise<T>,
  { skipCache, signal }: DownloadOptions,
): Promise<T & { readonly proof: ReferenceProof }> {
  const { content, expect, proof } = await openReference(logged.session, entry, { keep: !skipCache, signal })
  try {
    return { ...(await write(content, expect)), proof }
  } catch (error) {
    // Without a hash it was the handler that noticed, and said what has changed.
    if (!(error instanceof DigestMismatchError) || expect === undefined) throw error
    throw new DigestMismatchError(
      `"${entry.path}" of ${logged.name} references bytes that have changed since: they hash to ${error.details.actual}, not ${entry.digest}`,
      { ...error.details, path: entry.path, paths: [entry.path] },
    )
  }
}

/** Gone, or never to be had; not what somebody could still allow to be read. */
export function isMissing(error: unknown): boolean {
  return error instanceof EntryNotFoundError || (error as Partial<ArtifactError> | null)?.details?.operation === "follow"
}

export function chooser({ pathPrefix = "", match }: DownloadOptions): (entry: Entry) => boolean {
  const matches = match instanceof RegExp ? (path: string) => path.search(match) >= 0 : (match ?? (() => true))
  return ({ path }) => path.startsWith(pathPrefix) && matches(path)
}
