import { createWasmHasher } from "../digest/hash-wasm.ts"
import { UnsupportedError } from "../errors.ts"
import type { Platform, Registry, Stage } from "../ports.ts"
import { createEmbeddedRegistry } from "../registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore, createMemoryStage } from "../storage/memory.ts"

const noFiles = (what: string) => () => {
  throw new UnsupportedError(`This runtime has no local files, so ${what}`)
}

const noDirectory = noFiles("download needs a target: pass a Directory, such as createMemoryDirectory() of isofact/storage/memory")

/**
 * The defaults where nothing is known of the runtime: everything works, and lives as long as the process. Pass a registry over a real
 * store to keep it.
 */
export function createMemoryPlatform(): Platform {
  const hasher = createWasmHasher()
  let registry: Registry | undefined
  let stage: Stage | undefined
  return {
    name: "memory",
    hasher,
    concurrency: 16,
    env: () => undefined,
    openFile: noFiles("a path cannot be added: pass a File, Blob, bytes or stream"),
    walk: noFiles("a directory path cannot be added: pass a directory handle, files or a Map"),
    locate: async () => undefined,
    resolvePath: (path) => path,
    async directory(place) {
      if (typeof place === "string") return noDirectory()
      const { createHandleDirectory } = await import("../storage/handle-directory.ts")
      return createHandleDirectory(place as FileSystemDirectoryHandle, { hasher })
    },
    stage: () => (stage ??= createMemoryStage({ hasher })),
    cache: () => undefined,
    registry: () =>
      (registry ??= createEmbeddedRegistry({
        records: createMemoryRecordStore(),
        blobs: createMemoryBlobStore({ hasher }),
        hasher,
      })),
  }
}

export const platform: Platform = /* @__PURE__ */ createMemoryPlatform()
