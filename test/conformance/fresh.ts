import {
  Api,
  Artifact,
  type ArtifactErrorCode,
  type BlobStore,
  type Content,
  type Digest,
  type Directory,
  type InitOptions,
  init,
  isArtifactError,
  type Json,
  type OnProgress,
  type ProgressEvent,
  type RecordStore,
  type Registry,
  type Run,
} from "isofact"
import { expect, onTestFinished } from "vitest"
import { toContent } from "../../src/digest/content.ts"
import { createJsHasher } from "../../src/digest/js-md5.ts"
import { createEmbeddedRegistry, type EmbeddedRegistryOptions } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryDirectory, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { through } from "./through.ts"

export const hasher = createJsHasher()

/** A registry of its own in memory, and sessions over it. Runs that a test leaves open are finished after it. */
export function fresh(options: Partial<EmbeddedRegistryOptions> = {}) {
  const stores = { records: createMemoryRecordStore(), blobs: createMemoryBlobStore({ hasher }) }
  const reopen = (replaced: Partial<EmbeddedRegistryOptions> = {}) =>
    createEmbeddedRegistry({ ...stores, hasher, ...options, ...replaced })
  const registry = through(reopen(), options)
  const start = startIn(registry)
  return {
    ...stores,
    registry,
    /** Another session over the same stores, as another process would open them. */
    reopen,
    api: new Api({ registry }),
    start,
    /** Logs files as one version, in a run of its own. */
    async log(name: string, files: Files, more: { type?: string; aliases?: readonly string[]; tags?: readonly string[] } = {}) {
      const { type = "dataset", ...rest } = more
      const run = await start()
      return run.logArtifact(await draftOf(name, files, type), rest)
    },
  }
}

export type Fresh = ReturnType<typeof fresh>
export type Files = { readonly [path: string]: string | Uint8Array | Blob }

/** Starts runs on any registry and ends them with the test: the run that `save()` takes is whichever was started last. */
export function startIn(registry: Registry) {
  return async (more: Omit<InitOptions, "registry"> = {}): Promise<Run> => {
    const run = await init({ ...more, registry })
    onTestFinished(() => run.finish())
    return run
  }
}

export async function draftOf(name: string, files: Files, type = "dataset"): Promise<Artifact> {
  const draft = new Artifact(name, type)
  await addFiles(draft, files)
  return draft
}

export async function addFiles(draft: Artifact, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await draft.addFile(typeof text === "string" ? new Blob([text]) : text, { name: path })
  }
}

export const directory = (name?: string) => createMemoryDirectory({ hasher, name })

export async function fill(target: Directory, files: { readonly [path: string]: string }): Promise<Directory> {
  for (const [path, text] of Object.entries(files)) await target.put(path, toContent(text))
  return target
}

/** Every file of a directory, as text by path. */
export async function contents(target: Directory): Promise<{ [path: string]: string }> {
  const files: { [path: string]: string } = {}
  for await (const { path } of target.list()) files[path] = await textOf((await target.open(path))!)
  return files
}

export async function textOf(content: Content): Promise<string> {
  return new Response(content.stream()).text()
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

export const bytesOf = (text: string) => new TextEncoder().encode(text)

/** Bytes that differ from place to place, so that a wrong slice shows. */
export function pattern(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255)
}

export async function digestOf(text: string | Uint8Array): Promise<Digest> {
  return hasher.hash(typeof text === "string" ? bytesOf(text) : text)
}

/** What a promise or a function is rejected with or throws; fails when it does neither. */
export async function failure(work: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof work === "function" ? work() : work)
  } catch (error) {
    return error
  }
  throw new Error("expected a failure, and there was none")
}

/** Expects an `ArtifactError` of that code and returns it. */
export async function refusal(code: ArtifactErrorCode, work: Promise<unknown> | (() => unknown)) {
  const error = await failure(work)
  if (!isArtifactError(error)) throw new Error(`expected ${code}, got ${String(error)}`, { cause: error })
  expect({ code: error.code, message: error.message }).toMatchObject({ code })
  return error
}

/** A store whose blobs come out changed while a change is set for them. */
export function spoiled(blobs: BlobStore) {
  const changes = new Map<string, (bytes: Uint8Array) => Uint8Array>()
  const reads: Digest[] = []
  const store: BlobStore = {
    ...blobs,
    async get(digest, options) {
      reads.push(digest)
      const content = await blobs.get(digest, options)
      const change = changes.get(digest)
      if (content === undefined || change === undefined) return content
      return toContent(change(new Uint8Array(await new Response(content.stream()).arrayBuffer())))
    },
    async put(digest, content, options) {
      const outcome = await blobs.put(digest, content, options)
      if (outcome === "stored") changes.delete(digest)
      return outcome
    },
    async delete(digest, options) {
      changes.delete(digest)
      await blobs.delete(digest, options)
    },
  }
  return { store, changes, reads }
}

/** The first byte, flipped: what a rotten disk or a bad line does. */
export function flip(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[0] = copy[0]! ^ 1
  return copy
}

/** Every record of the embedded registry's families, for before-and-after comparisons. */
export async function dump(records: RecordStore, prefixes: readonly string[]): Promise<{ [key: string]: Json }> {
  const all: { [key: string]: Json } = {}
  for (const prefix of prefixes) for await (const { key, value } of records.list(prefix)) all[key] = value
  return all
}

/** Records progress events. */
export function listener(): { readonly events: ProgressEvent[]; readonly onProgress: OnProgress } {
  const events: ProgressEvent[] = []
  return { events, onProgress: (event) => void events.push(event) }
}
