import { lstatSync, rmSync, type Stats, utimesSync } from "node:fs"
import { join, resolve } from "node:path"
import { InvalidArgumentError } from "../errors.ts"
import type { Cache, CallOptions, ReferenceCache } from "../ports.ts"
import { createReferenceFiles } from "./node-cache-references.ts"
import { createBlobFiles } from "./node-fs-blob-files.ts"
import { createFileContent } from "./node-fs-content.ts"
import { isMissing, orStorageError } from "./node-fs-errors.ts"
import { readEntries } from "./node-fs-temporary.ts"
import type { NodeTransfer } from "./node-fs-transfer.ts"

const DEFAULT_MAX_BYTES = 10 * 1024 ** 3
/** Room made beyond what is needed, so that not every further file has to make its own. */
const KEEP_SHARE = 0.9
const TOUCH_MS = 60_000
/** Between being handed out and being opened. */
const OPEN_MS = 5_000
/** Longer than the time between touches: what another process just asked for is still there when it opens it. */
const PROTECT_MS = 2 * TOUCH_MS
/** Other processes write here too; after this time the size is counted again. */
const RECOUNT_MS = 10 * 60_000

interface CleanupOptions extends CallOptions {
  /** Bytes to get down to. Default: the cache's own limit. */
  readonly maxBytes?: number | undefined
  /** Also what writers that died left behind. Default false. */
  readonly removeTemporary?: boolean | undefined
}

/** A bounded blob store shared with Python's wandb. `list`, of every blob in it, and the rest of `BlobStore` work as in any other. */
export interface NodeCache extends Cache {
  readonly maxBytes: number
  readonly references: ReferenceCache
  /** Bytes of everything in the cache, also what Python keeps there for references. */
  size(options?: CallOptions): Promise<number>
  /** Removes what was used longest ago until the cache is within `maxBytes`; resolves with the bytes freed. */
  cleanup(options?: CleanupOptions): Promise<number>
  /** Removes everything that is not being read; resolves with the bytes freed. */
  clear(options?: CallOptions): Promise<number>
}

interface CachedFile {
  readonly path: string
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly usedAt: number
  /** Whether somebody read it since it was written. */
  readonly wasHit: boolean
}

/**
 * The cache of Python's wandb, `<directory>/obj/md5/ab/cdef…` and `obj/etag` for references, with a limit: a `put` that goes over `maxBytes` (default 10 GiB)
 * evicts down to 90 % of it, what was used longest ago first. Never evicted is what this process is reading and what any process
 * asked for in the last minute. Blobs are not verified, neither by Python nor here: readers do that.
 */
export function createNodeCache(options: {
  readonly directory: string
  readonly transfer: NodeTransfer
  readonly maxBytes?: number | undefined
}): NodeCache {
  const { transfer, maxBytes = DEFAULT_MAX_BYTES } = options
  checkBytes("options.maxBytes", maxBytes)
  const { slices } = transfer
  const root = resolve(options.directory)
  const files = createBlobFiles({
    transfer,
    objects: join(root, "obj", "md5"),
    temporary: join(root, "tmp"),
    // As Python creates them, and not shared with read-only files of ours.
    mode: 0o666,
    linkOwned: false,
  })
  const references = createReferenceFiles({ transfer, objects: join(root, "obj", "etag"), temporary: join(root, "tmp") })
  const readers = new Map<string, number>()
  // Hits of our own, which pins protect better than time does: a download must not fill the disk with what it has just used.
  const touched = new Map<string, number>()
  let estimate: { bytes: number; countedAt: number } | undefined

  const pin = (path: string) => {
    readers.set(path, (readers.get(path) ?? 0) + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      const left = (readers.get(path) ?? 1) - 1
      if (left === 0) readers.delete(path)
      else readers.set(path, left)
      // Reading set the time of access, which is not to be taken for somebody else's.
      touched.set(path, Date.now())
    }
  }
  /** From `get` until a reader has come and pins for itself, or until it seems that none will. */
  const expectReader = (path: string) => {
    const letGo = pin(path)
    setTimeout(letGo, OPEN_MS).unref()
    return () => {
      const done = pin(path)
      letGo()
      return done
    }
  }
  /** A hit sets the time of access, as reading would where the file system did not save itself the trouble. */
  const hit = (path: string, size?: number): boolean => {
    const stat = lstat(path)
    if (!stat?.isFile() || (size !== undefined && stat.size !== size)) return false
    const now = Date.now()
    if (now - stat.atimeMs > TOUCH_MS || stat.atimeMs <= stat.mtimeMs)
      ignoreFailure(() => utimesSync(path, new Date(now), stat.mtime))
    return true
  }

  const openCopy = (path: string, size: number) =>
    createFileContent(path, slices, { stability: "frozen", size, onRead: expectReader(path) })

  const evict = async (limit: number, keep: string | undefined, signal: AbortSignal | undefined): Promise<number> => {
    const all = await collect(signal)
    let total = all.reduce((sum, { size }) => sum + size, 0)
    let freed = 0
    const protectedSince = Date.now() - PROTECT_MS
    for (const file of all.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= limit) break
      const elsewhere = file.wasHit && file.usedAt > Math.max(protectedSince, (touched.get(file.path) ?? 0) + 1)
      if (file.path === keep || readers.has(file.path) || elsewhere) continue
      await slices.run(() => orStorageError("remove", file.path, () => rmSync(file.path, { force: true })), signal)
      touched.delete(file.path)
      total -= file.size
      freed += file.size
    }
    for (const [path, time] of touched) if (time < protectedSince) touched.delete(path)
    estimate = { bytes: total, countedAt: Date.now() }
    return freed
  }
  const collect = async (signal: AbortSignal | undefined): Promise<CachedFile[]> => {
    const all: CachedFile[] = []
    for (const kind of await slices.run(() => readEntries(join(root, "obj")), signal)) {
      const objects = join(root, "obj", kind.name)
      for (const fan of await slices.run(() => readEntries(objects), signal)) {
        all.push(...(await slices.run(() => readCached(join(objects, fan.name)), signal)))
      }
    }
    return all
  }
  const count = async (signal: AbortSignal | undefined): Promise<number> => {
    const bytes = (await collect(signal)).reduce((sum, { size }) => sum + size, 0)
    estimate = { bytes, countedAt: Date.now() }
    return bytes
  }
  const stored = async (path: string, size: number) => {
    if (estimate !== undefined && Date.now() - estimate.countedAt <= RECOUNT_MS) estimate.bytes += size
    else await countOnce()
    if (estimate!.bytes > maxBytes) await evictOnce(path)
  }
  // However many puts come at once, the tree is walked once.
  let counting: Promise<unknown> | undefined
  const countOnce = (): Promise<unknown> => {
    counting ??= count(undefined).finally(() => {
      counting = undefined
    })
    return counting
  }
  let evicting: Promise<unknown> | undefined
  const evictOnce = (path: string): Promise<unknown> => {
    evicting ??= evict(maxBytes * KEEP_SHARE, path, undefined).finally(() => {
      evicting = undefined
    })
    return evicting
  }

  return {
    name: root,
    remote: false,
    maxBytes,
    stat: (digest, { signal } = {}) => slices.run(() => files.statSync(digest), signal),
    async put(digest, content, putOptions = {}) {
      const before = putOptions.replace ? ((await slices.run(() => files.statSync(digest)))?.size ?? 0) : 0
      const result = await files.put(digest, content, putOptions)
      if (result === "stored") {
        const size = (await slices.run(() => files.statSync(digest)))?.size ?? 0
        await stored(files.path(digest), size - before)
      }
      return result
    },
    async get(digest, { signal } = {}) {
      const found = await slices.run(() => (hit(files.path(digest)) ? files.versionSync(digest) : undefined), signal)
      if (found === undefined) return undefined
      const path = files.path(digest)
      return createFileContent(path, slices, { stability: "frozen", ...found, onRead: expectReader(path) })
    },
    async delete(digest, { signal } = {}) {
      const size = (await slices.run(() => files.statSync(digest), signal))?.size ?? 0
      await files.delete(digest, { signal })
      if (estimate !== undefined) estimate.bytes -= size
    },
    references: {
      async get(entry, { signal } = {}) {
        const path = references.path(entry)
        // As in Python a reference without a size is never found.
        if (!entry.size || !(await slices.run(() => hit(path, entry.size), signal))) return undefined
        return openCopy(path, entry.size)
      },
      async put(entry, content, { signal } = {}) {
        const size = await references.put(entry, content, { signal })
        const path = references.path(entry)
        await stored(path, size)
        return openCopy(path, size)
      },
    },
    list: (callOptions = {}) => files.list(callOptions),
    sweep: (callOptions = {}) => files.sweep(callOptions),
    size: ({ signal } = {}) => count(signal),
    async cleanup({ maxBytes: limit = maxBytes, removeTemporary = false, signal } = {}) {
      checkBytes("options.maxBytes", limit)
      const freed = removeTemporary ? await files.sweep({ signal }) : 0
      return freed + (await evict(limit, undefined, signal))
    },
    clear: ({ signal } = {}) => clearAll(signal),
  }

  async function clearAll(signal: AbortSignal | undefined): Promise<number> {
    let freed = 0
    for (const { path, size } of await collect(signal)) {
      if (readers.has(path)) continue
      await slices.run(() => orStorageError("remove", path, () => rmSync(path, { force: true })), signal)
      freed += size
    }
    await count(signal)
    return freed
  }
}

function checkBytes(argument: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new InvalidArgumentError(argument, `${argument} must be a whole number of bytes, 0 or more, got ${String(value)}`)
}

function readCached(directory: string): CachedFile[] {
  return readEntries(directory).flatMap(({ name }) => {
    const path = join(directory, name)
    const stat = lstat(path)
    if (!stat?.isFile()) return []
    return [{ path, size: stat.size, usedAt: Math.max(stat.atimeMs, stat.mtimeMs), wasHit: stat.atimeMs > stat.mtimeMs }]
  })
}

function lstat(path: string): Stats | undefined {
  try {
    return orStorageError("look up", path, () => lstatSync(path, { throwIfNoEntry: false }))
  } catch (error) {
    if (isMissing((error as Error).cause)) return undefined
    throw error
  }
}

function ignoreFailure(work: () => void): void {
  try {
    work()
  } catch {
    // A cache that cannot note its hits still has them.
  }
}
