import { entryPath } from "../core/path.ts"
import { createHashPool, type HashPool } from "../digest/hash-pool.ts"
import { UnsupportedError } from "../errors.ts"
import type { Platform } from "../ports.ts"
import { createEmbeddedRegistry, type EmbeddedRegistry } from "../registry/embedded.ts"
import { createBrowserBlobStore } from "../storage/browser.ts"
import { type BrowserStage, createBrowserStage } from "../storage/browser-stage.ts"
import { createIndexedDbRecordStore } from "../storage/indexeddb-records.ts"
import { opfsFolder } from "../storage/opfs-folders.ts"

export { createHashPool, type HashPool, type HashPoolOptions } from "../digest/hash-pool.ts"
export { createBrowserBlobStore } from "../storage/browser.ts"
export { type BrowserStage, createBrowserStage } from "../storage/browser-stage.ts"
export { createIndexedDbBlobStore, createIndexedDbRecordStore } from "../storage/indexeddb.ts"
export { createOpfsBlobStore } from "../storage/opfs.ts"

/** The platform of browsers, with what only its owner can do: tidy the registry. */
export interface BrowserPlatform extends Platform {
  registry(options?: { readonly dir?: string | undefined }): EmbeddedRegistry
}

const noFiles = (what: string) => () => {
  throw new UnsupportedError(`A browser has no local paths, so ${what}`)
}

/**
 * The defaults of pages, dedicated, shared and service workers: records and small blobs in the IndexedDB database `isofact` (or
 * `options.dir`), large blobs and long streams in OPFS, downloads to a path in OPFS or to a picked folder. Nothing is opened before use.
 * Files are hashed by a pool of workers, beside this thread.
 *
 * @param options.pool another pool: `createHashPool({ worker })` where the bundler has to be told where the worker is
 */
export function createBrowserPlatform(options: { readonly pool?: HashPool | undefined } = {}): BrowserPlatform {
  const { pool: hasher = createHashPool() } = options
  const engines = { hasher, hashBlob: hasher.hashBlob }
  const registries = new Map<string, EmbeddedRegistry>()
  let stage: BrowserStage | undefined
  const openRegistry = (name: string): EmbeddedRegistry => {
    const blobs = createBrowserBlobStore({ ...engines, name })
    const records = createIndexedDbRecordStore({ name })
    // Browsers evict, so what is logged again is looked up.
    return createEmbeddedRegistry({ records, blobs, hasher, statOnRelog: true })
  }
  return {
    name: "browser",
    hasher,
    // Enough that a worker finds a whole batch of small files waiting.
    concurrency: 64,
    env: () => undefined,
    openFile: async () => noFiles("a path cannot be added: pass a File, Blob, bytes or a stream")(),
    walk: noFiles("a directory path cannot be added: pass a FileSystemDirectoryHandle, a FileList or a Map of files"),
    locate: async () => undefined,
    resolvePath: (path) => path,
    async directory(place) {
      const { createHandleDirectory } = await import("../storage/handle-directory.ts")
      if (typeof place !== "string") return createHandleDirectory(place as FileSystemDirectoryHandle, engines)
      const path = entryPath(place.replace(/^\/+/, ""), "root")
      return createHandleDirectory(await opfsFolder(...path.split("/"))(), { ...engines, name: path })
    },
    stage: () => (stage ??= createBrowserStage(engines)),
    cache: () => undefined,
    registry({ dir = "isofact" } = {}) {
      const known = registries.get(dir) ?? openRegistry(dir)
      registries.set(dir, known)
      return known
    },
  }
}

export const platform: BrowserPlatform = /* @__PURE__ */ createBrowserPlatform()
