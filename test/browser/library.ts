/** What pages of the tests find as `isofact`: the package, its parts by name, and what several tests do in a page. */
import { Api, Artifact, init, type ProgressEvent } from "isofact"
import { digestFromHex } from "../../src/core/digest-text.ts"
import { createHashPool } from "../../src/digest/hash-pool.ts"
import { createWasmHasher } from "../../src/digest/hash-wasm.ts"
import { createBrowserPlatform, platform } from "../../src/doors/browser.ts"
import { createBrowserBlobStore } from "../../src/storage/browser.ts"
import { opfsHome } from "../../src/storage/opfs-folders.ts"

export * from "isofact"
export { createBrowserBlobStore, createBrowserPlatform, createHashPool, createWasmHasher, opfsHome, platform }

/** Bytes that only this seed gives. */
export function sample(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let state = (seed + 1) * 2654435761
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    bytes[at] = state >>> 24
  }
  return bytes
}

/** What a log moved, as its progress told. */
export interface Logged {
  readonly version: string
  readonly stored: number
  readonly storedBytes: number
  readonly skipped: number
}

/** Logs these files as the next version of `name`. `onStored` is told how many files have been stored so far. */
export async function log(name: string, files: Files, onStored?: (count: number) => void): Promise<Logged> {
  return logDraft(await draftOf(name, files), onStored)
}

export type Files = Parameters<Artifact["addDir"]>[0]

export async function draftOf(name: string, files: Files): Promise<Artifact> {
  const draft = new Artifact(name, "dataset")
  await draft.addDir(files)
  return draft
}

export async function logDraft(draft: Artifact, onStored: (count: number) => void = () => undefined): Promise<Logged> {
  const run = await init()
  const moved = { stored: 0, storedBytes: 0, skipped: 0 }
  const onProgress = ({ type, path, fileDone }: ProgressEvent) => {
    if (type === "skip") moved.skipped++
    if (type !== "store" || !fileDone) return
    moved.stored++
    moved.storedBytes += draft.manifest.get(path)!.size!
    onStored(moved.stored)
  }
  await run.logArtifact(draft, { onProgress })
  await run.finish()
  return { version: draft.version, ...moved }
}

/** The versions of a collection, oldest first; the `newest` of them are hashed where they are stored: it rejects when one is not whole. */
export async function verifyVersions(name: string, newest = Number.POSITIVE_INFINITY) {
  const api = new Api()
  if (!(await api.artifactCollectionExists(name, "dataset"))) return []
  const versions: { version: string; aliases: string[]; files: number | undefined }[] = []
  for await (const artifact of api.artifacts("dataset", name)) {
    const report = versions.length < newest ? await artifact.verify(undefined, { stored: true }) : undefined
    versions.push({ version: artifact.version, aliases: [...artifact.aliases], files: report?.verified })
  }
  return versions.reverse()
}

/** Digests of what is stored, wherever. */
export async function storedDigests(): Promise<string[]> {
  const digests: string[] = []
  for await (const { digest } of createBrowserBlobStore({ hasher: createWasmHasher() }).list()) digests.push(digest)
  return digests
}

/** The files in a folder of the default place in OPFS: `"blobs"`, `"tmp"`. */
export async function filesIn(part: string): Promise<{ name: string; size: number }[]> {
  const files: { name: string; size: number }[] = []
  const home = await opfsHome("isofact")().catch(() => undefined)
  const folder = await home?.getDirectoryHandle(part).catch(() => undefined)
  for await (const [name, handle] of folder?.entries() ?? []) {
    if (handle.kind === "file") files.push({ name, size: (await (handle as FileSystemFileHandle).getFile()).size })
  }
  return files
}

/** Digests of the whole files that OPFS holds. */
export const digestsInOpfs = async (): Promise<string[]> => (await filesIn("blobs")).map(({ name }) => digestFromHex(name))

/** What rejects it, as data. */
export async function failure(work: Promise<unknown>) {
  try {
    await work
    return undefined
  } catch (error) {
    const { name, code, message, details } = error as {
      name: string
      code?: string
      message: string
      details?: { paths?: string[] }
    }
    return { name, code, message, paths: details?.paths }
  }
}

/** 60 small files and three large ones, other bytes for each seed. */
export function treeOf(seed: number): Map<string, Blob> {
  const files = Array.from({ length: 63 }, (_, at): [string, Blob] => {
    const size = at % 21 === 20 ? 3 * 2 ** 20 : 500 + at * 100
    return [`d${at % 5}/f${at}.bin`, new Blob([sample(size, seed * 100 + at)])]
  })
  return new Map(files)
}
