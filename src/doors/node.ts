import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { HOME } from "../core/home.ts"
import { createMd5Lanes } from "../digest/md5-simd-lanes.ts"
import { createNodeHasher } from "../digest/node-crypto.ts"
import { createHashThreads } from "../digest/node-hash-thread.ts"
import type { CallOptions, Platform, Registry, Stage } from "../ports.ts"
import { createEmbeddedRegistry, type EmbeddedRegistry } from "../registry/embedded.ts"
import { createNodeCache, type NodeCache } from "../storage/node-cache.ts"
import { createNodeBlobStore, type NodeBlobStore } from "../storage/node-fs-blob-store.ts"
import { createNodeDirectory } from "../storage/node-fs-directory.ts"
import { localPath, locateLocal, openNodeFile } from "../storage/node-fs-open.ts"
import { createNodeRecordStore } from "../storage/node-fs-record-store.ts"
import { createNodeStage } from "../storage/node-fs-stage.ts"
import { createNodeTransfer, type NodeTransfer } from "../storage/node-fs-transfer.ts"
import { walkNodeDirectory } from "../storage/node-fs-walk.ts"
import { wandb } from "../wandb/wandb.ts"

/** The platform of Node, with what only its owner can do: tidy the registry and the cache. */
export interface NodePlatform extends Platform {
  registry(options?: { readonly dir?: string | undefined }): EmbeddedRegistry
  /** At most 10 GiB unless made with another `createNodeCache`; shared with Python's `wandb`. */
  cache(): NodeCache
}

export interface NodePlatformOptions {
  /** For messages. Default `"node"`. */
  readonly name?: string | undefined
  /** Default: `process.env`, where an empty variable is as good as none. */
  readonly env?: ((name: string) => string | undefined) | undefined
}

/** The defaults of Node: local paths, `.isofact/` in the working directory, a cache shared with Python's `wandb`. */
export function createNodePlatform(options: NodePlatformOptions = {}): NodePlatform {
  const { name = "node", env = (variable) => process.env[variable] || undefined } = options
  const hasher = createNodeHasher()
  const registries = new Map<string, EmbeddedRegistry>()
  // The stage looks here before it copies anything, so it holds every store that was opened, the latest first.
  const known: NodeBlobStore[] = []
  let home: string | undefined
  let engine: NodeTransfer | undefined
  let stage: Stage | undefined
  let cache: NodeCache | undefined
  let online: Registry | undefined
  const transfer = () => (engine ??= createNodeTransfer({ hasher, openLanes: createMd5Lanes, threads: createHashThreads() }))
  const openStage = (place: string) =>
    createNodeStage(join(env("WANDB_DATA_DIR") ?? place, "staging"), { transfer: transfer(), hasher, known })
  const openOnline = () => (online ??= wandb({ env, hasher }))
  const openRegistry = (place: string): EmbeddedRegistry => {
    const blobs = createNodeBlobStore(join(place, "blobs"), { transfer: transfer() })
    const records = createNodeRecordStore(join(place, "records"), { slices: transfer().slices, before: blobs.flush })
    // Drafts that died with their process are litter of this place too.
    const sweep = async (options?: CallOptions) => (await blobs.sweep!(options)) + (await openStage(place).sweep(options))
    const registry = createEmbeddedRegistry({ records, blobs: { ...blobs, sweep }, hasher })
    known.unshift(blobs)
    registries.set(place, registry)
    home = place
    return registry
  }
  return {
    name,
    hasher,
    concurrency: 64,
    env,
    openFile: (path, options) => openNodeFile(path, { ...options, slices: transfer().slices, argument: "source" }),
    walk: (path, options) => walkNodeDirectory(path, { ...options, slices: transfer().slices, argument: "dir" }),
    locate: async (path) => transfer().slices.run(() => locateLocal(path)),
    resolvePath: (path) => localPath(path),
    hasPaths: true,
    async directory(place) {
      if (typeof place === "string") return createNodeDirectory(legalPath(localPath(place, "root")), { transfer: transfer() })
      const { createHandleDirectory } = await import("../storage/handle-directory.ts")
      return createHandleDirectory(place as FileSystemDirectoryHandle, { hasher })
    },
    // Beside the registry that drafts will most likely go to, so that they can be linked into it.
    stage: () => (stage ??= openStage(home ?? homeOf())),
    cache: () => (cache ??= createNodeCache({ directory: cacheDirectory(env), transfer: transfer() })),
    remoteRegistry: () => (env("WANDB_MODE") === "online" ? openOnline() : undefined),
    registry: ({ dir } = {}) => registries.get(homeOf(dir)) ?? openRegistry(homeOf(dir)),
  }
}

function homeOf(dir = "."): string {
  return join(localPath(dir, "options.dir"), HOME)
}

/** Windows takes a colon after the drive for the name of a stream; Python writes `birds-v0` there, and so do we. */
function legalPath(path: string): string {
  return process.platform === "win32" ? path.slice(0, 2) + path.slice(2).replaceAll(":", "-") : path
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

export const platform: NodePlatform = /* @__PURE__ */ createNodePlatform()
