/** A version as a zip file, for "save as". The root entry knows nothing of it. @module */

import { makeZip, predictLength } from "client-zip"
import { sizedBody } from "../bytes/serve-file.ts"
import { pullStream } from "../bytes/streams.ts"
import { checkBoolean, checkString, optional } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import { ArtifactNotLoggedError, InvalidArgumentError } from "../errors.ts"
import type { Artifact } from "./artifact.ts"
import { checkDownloadOptions, chooser, type DownloadOptions, isMissing } from "./download.ts"
import { type Progress, trackProgress } from "./progress.ts"
import { endOf, isLong, MAX_SHORT_COUNT, RECORD_BYTES } from "./zip-end.ts"

export type ZipOptions = Pick<DownloadOptions, "allowMissingReferences" | "pathPrefix" | "match" | "onProgress" | "signal">

export interface ZipResponseOptions extends ZipOptions {
  /** What a browser saves it as. Default `name-vN.zip`. */
  readonly fileName?: string | undefined
  /**
   * Follow references. Whoever wrote the artifact chose what they point at, which can be any file of this machine or an address only it
   * can reach: not for strangers' artifacts on a server. Default false: an artifact with references is refused.
   */
  readonly references?: boolean | undefined
}

/** Files that are read before their turn, and up to which size: stores answer many small questions faster side by side. */
const AHEAD_FILES = 8
const AHEAD_BYTES = 256 * 1024

/**
 * The files of a logged version as a zip file, not compressed, made while it is read and in constant memory. References are followed
 * as by `download`: whoever wrote the artifact chose what they point at, which can be any file of this machine or an address only it can
 * reach. Every byte is verified: when one is wrong or cannot be read, the stream errors and so never ends as a whole zip.
 *
 * @throws ArtifactNotLoggedError for a draft
 */
export function zipArtifact(artifact: Artifact, options: ZipOptions = {}): ReadableStream<Uint8Array> {
  checkZip(artifact, options)
  return zipStream(artifact, () => chosenEntries(artifact, options), options)
}

/**
 * {@link zipArtifact} as what a service worker or server answers, so that the browser saves it to disk while it is made. With
 * `Content-Length` unless there are references, whose size is known only when they are read.
 *
 * @example
 * // In a service worker, for <a href="/zip/birds:latest">
 * event.respondWith(new Api().artifact("birds:latest").then((artifact) => zipResponse(artifact)))
 */
export async function zipResponse(artifact: Artifact, options: ZipResponseOptions = {}): Promise<Response> {
  const { fileName, references, ...rest } = options
  checkZip(artifact, rest)
  optional(checkBoolean, "options.references", references)
  const name = optional(checkString, "options.fileName", fileName) ?? `${artifact.sourceName.replaceAll(":", "-")}.zip`
  const entries = await chosenEntries(artifact, rest)
  if (!references) refuseReferences(entries)
  const length = zipLength(entries)
  const headers = new Headers({ "content-type": "application/zip", "content-disposition": disposition(name) })
  if (length !== undefined) headers.set("content-length", String(length))
  return new Response(
    sizedBody(
      zipStream(artifact, async () => entries, rest),
      length,
    ),
    { headers },
  )
}

function refuseReferences(entries: readonly Entry[]): void {
  const found = entries.find(({ ref }) => ref !== undefined)
  if (found === undefined) return
  throw new InvalidArgumentError(
    "options.references",
    `"${found.path}" is a reference, which this answer does not follow: pass references: true where whoever asks may read what this machine can, or leave it out with match`,
    { path: found.path },
  )
}

function checkZip(artifact: Artifact, options: ZipOptions): void {
  checkDownloadOptions(options)
  if (!artifact.isDraft()) return
  throw new ArtifactNotLoggedError(`"${artifact.name}" is a draft: log it and await artifact.wait() before it is zipped`)
}

async function chosenEntries(artifact: Artifact, options: ZipOptions): Promise<Entry[]> {
  const manifest = await artifact.loadManifest({ signal: options.signal })
  const entries = [...manifest.entries.values()].filter(chooser(options))
  for (const { path } of entries) {
    if (nameLength(path) <= 0xffff) continue
    throw new InvalidArgumentError("artifact", `A zip file cannot hold a path as long as "${path.slice(0, 80)}…"`, { path })
  }
  return entries
}

function zipStream(artifact: Artifact, list: () => Promise<readonly Entry[]>, options: ZipOptions): ReadableStream<Uint8Array> {
  const stop = new AbortController()
  let count = 0
  async function* members() {
    const entries = await list()
    const lastModified = new Date(artifact.createdAt)
    const progress = trackProgress(options.onProgress, entries.length, totalOf(entries))
    for await (const { entry, bytes: opened } of openAhead(artifact, entries, { ...options, signal: stop.signal })) {
      const isAsked = entry.ref === undefined || !(opened instanceof ReadableStream)
      const bytes = isAsked ? opened : await unlessMissing(entry, options, () => begin(opened))
      if (bytes === undefined) {
        progress.skip(entry.path, "missing", entry.size ?? 0)
        continue
      }
      count += 1
      yield { name: entry.path, lastModified, input: bytes instanceof Uint8Array ? bytes : counted(bytes, entry, progress) }
      progress.done("download", entry.path, bytes instanceof Uint8Array ? bytes.byteLength : 0)
    }
  }
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let held: Uint8Array | undefined
  const pull = async () => {
    reader ??= makeZip(members()).getReader()
    held ??= (await reader.read()).value
    const chunk = held
    held = (await reader.read()).value
    return chunk && held === undefined ? endOf(chunk, count) : chunk
  }
  return pullStream({ pull, cancel: (reason) => reader?.cancel(reason), close: () => stop.abort() }, options.signal)
}

interface Opened {
  readonly entry: Entry
  /** Whole and verified when small; undefined for a reference that is gone and may be. */
  readonly bytes: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined
}

/** Opens the next files while the current one is read; all of them end with `options.signal`. */
async function* openAhead(artifact: Artifact, entries: readonly Entry[], options: ZipOptions): AsyncGenerator<Opened> {
  const opened: Promise<Opened>[] = []
  for (const [at, entry] of entries.entries()) {
    const next = openMember(artifact, entry, options)
    // Whoever takes it sees the failure; when the zip ends early nobody does.
    next.catch(() => undefined)
    opened.push(next)
    if (at >= AHEAD_FILES) yield await opened.shift()!
  }
  for (const rest of opened) yield await rest
}

async function openMember(artifact: Artifact, entry: Entry, options: ZipOptions): Promise<Opened> {
  const file = artifact.getEntry(entry.path)
  const { signal } = options
  const isSmall = entry.ref === undefined && (entry.size ?? 0) <= AHEAD_BYTES
  const open = (): Promise<Opened["bytes"]> => (isSmall ? file.bytes({ signal }) : file.stream({ signal }))
  return { entry, bytes: await unlessMissing(entry, options, open) }
}

/** Undefined for a reference that is gone and may be. */
async function unlessMissing<T>(entry: Entry, options: ZipOptions, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (entry.ref === undefined || !options.allowMissingReferences || !isMissing(error)) throw error
    return undefined
  }
}

/** The same bytes, once the first of them are there: many a reference is asked for only then, and may be gone. */
async function begin(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const reader = stream.getReader()
  let first: ReadableStreamReadResult<Uint8Array> | undefined = await reader.read()
  const pull = async () => {
    const { value } = first ?? (await reader.read())
    first = undefined
    return value
  }
  return pullStream({ pull, cancel: (reason) => reader.cancel(reason) })
}

async function* counted(stream: ReadableStream<Uint8Array>, { path }: Entry, progress: Progress): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    progress.bytes("download", path, value.byteLength)
    yield value
  }
}

/** Bytes of the zip file; undefined when there are references. */
function zipLength(entries: readonly Entry[]): number | undefined {
  if (entries.some(({ ref }) => ref !== undefined)) return undefined
  const length = Number(predictLength(entries.map(({ path, size = 0 }) => ({ name: path, size }))))
  const offset = entries.reduce((sum, { path, size = 0 }) => sum + 46 + nameLength(path) + size, 0)
  return length + (entries.length > MAX_SHORT_COUNT && !isLong(offset) ? RECORD_BYTES : 0)
}

function totalOf(entries: readonly Entry[]): number | undefined {
  const isKnown = entries.every(({ ref }) => ref === undefined)
  return isKnown ? entries.reduce((sum, { size = 0 }) => sum + size, 0) : undefined
}

const encoder = new TextEncoder()
const nameLength = (path: string) => encoder.encode(path).byteLength

/** Both spellings: the first for what does not know the second, which holds any name. */
function disposition(name: string): string {
  const plain = name.replace(/[^\w. -]/g, "_")
  const encoded = encodeURIComponent(name.replace(/\p{Surrogate}/gu, "\ufffd")).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
