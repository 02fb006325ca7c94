import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { createMd5Lanes } from "../digest/md5-simd-lanes.ts"
import { createNodeHasher } from "../digest/node-crypto.ts"
import type { Platform, Registry, Stage } from "../ports.ts"
import { createEmbeddedRegistry } from "../registry/embedded.ts"
import { createNodeCache, type NodeCache } from "../storage/node-cache.ts"
import { createNodeBlobStore, type NodeBlobStore } from "../storage/node-fs-blob-store.ts"
import { createNodeDirectory } from "../storage/node-fs-directory.ts"
import { localPath, locateLocal, openNodeFile } from "../storage/node-fs-open.ts"
import { createNodeRecordStore } from "../storage/node-fs-record-store.ts"
import { createNodeStage } from "../storage/node-fs-stage.ts"
import { createNodeTransfer, type NodeTransfer } from "../storage/node-fs-transfer.ts"
import { walkNodeDirectory } from "../storage/node-fs-walk.ts"

/** The defaults of Node: local paths, `.isofact/` in the working directory, a cache shared with Python's `wandb`. */
export function createNodePlatform(): Platform {
  const hasher = createNodeHasher()
  const env = (name: string) => process.env[name] || undefined
  const registries = new Map<string, Registry>()
  // The stage looks here before it copies anything, so it holds every store that was opened, the latest first.
  const known: NodeBlobStore[] = []
  let home = homeOf()
  let engine: NodeTransfer | undefined
  let stage: Stage | undefined
  let cache: NodeCache | undefined
  const transfer = () => (engine ??= createNodeTransfer({ hasher, openLanes: createMd5Lanes }))
  const openRegistry = (place: string): Registry => {
    const blobs = createNodeBlobStore(join(place, "blobs"), { transfer: transfer() })
    const records = createNodeRecordStore(join(place, "records"), { slices: transfer().slices, before: blobs.flush })
    const registry = createEmbeddedRegistry({ records, blobs, hasher })
    known.unshift(blobs)
    registries.set(place, registry)
    home = place
    return registry
  }
  return {
    name: "node",
    hasher,
    concurrency: 64,
    env,
    openFile: (path, options) => openNodeFile(path, { ...options, slices: transfer().slices, argument: "source" }),
    walk: (path, options) => walkNodeDirectory(path, { ...options, slices: transfer().slices, argument: "dir" }),
    locate: async (path) => transfer().slices.run(() => locateLocal(path)),
    resolvePath: (path) => localPath(path),
    directory: async (path) => createNodeDirectory(localPath(path, "root"), { transfer: transfer() }),
    // Beside the registry that drafts will most likely go to, so that they can be linked into it.
    stage: () =>
      (stage ??= createNodeStage(join(env("WANDB_DATA_DIR") ?? home, "staging"), { transfer: transfer(), hasher, known })),
    cache: () => (cache ??= createNodeCache({ directory: cacheDirectory(env), transfer: transfer() })),
    registry: ({ dir } = {}) => registries.get(homeOf(dir)) ?? openRegistry(homeOf(dir)),
  }
}

function homeOf(dir = "."): string {
  return join(resolve(dir), ".isofact")
}

/** Python's place for it, per system. */
function cacheDirectory(env: (name: string) => string | undefined): string {
  const configured = env("WANDB_CACHE_DIR")
  if (configured !== undefined) return join(resolve(configured), "artifacts")
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "wandb", "artifacts")
  if (process.platform === "win32")
    return join(env("LOCALAPPDATA") ?? join(homedir(), "AppData", "Local"), "wandb", "wandb", "Cache", "artifacts")
  return join(env("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "wandb", "artifacts")
}

export const platform: Platform = /* @__PURE__ */ createNodePlatform()
