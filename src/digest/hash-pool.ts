import type { Hasher, StoredFile } from "../ports.ts"
import type { HashBlobOptions } from "./hash-pool-job.ts"
import { createStarter } from "./hash-pool-start.ts"

export type { HashBlobOptions } from "./hash-pool-job.ts"

export interface HashPoolOptions {
  /** Workers at most; 0: none. Default: one less than there are processors, from 1 to 4. */
  readonly size?: number | undefined
  /**
   * Where the worker is, when it cannot be found beside this module: its URL, or a function that starts one. Bundlers other than
   * Vite and webpack need it.
   */
  readonly worker?: URL | (() => Worker) | undefined
  /** Workers are stopped when there was nothing to do for so long. Default 10,000. */
  readonly idleMs?: number | undefined
}

export interface HashPool extends Hasher {
  /**
   * Reads and hashes `blob` beside the caller's thread, a few MiB of it at a time. Rejects with `StorageError` when it cannot be read
   * any more (a file changed after it was picked), with `signal.reason` on abort.
   */
  hashBlob(blob: Blob, options?: HashBlobOptions): Promise<StoredFile>
}

/**
 * Hashes Blobs in a few module workers, started on first use and stopped when idle; many small ones share a message, and twelve SIMD
 * lanes. Where workers cannot run (a content security policy, a service worker, a bundler that left the file out) and for what a
 * worker could not finish, it hashes on this thread in short steps. As a {@link Hasher}, for bytes that are here already, it works
 * on this thread too. Nearly all of this is loaded at its first use, engines too; without WebAssembly those are plain JavaScript.
 */
export function createHashPool(options: HashPoolOptions = {}): HashPool {
  // Bundlers look for the worker beside the module that says where it is, so that one is not among those loaded later.
  const start = createStarter(options.worker)
  let loading: ReturnType<typeof load> | undefined
  const load = async () => {
    const { openPool } = await import("./hash-pool-run.ts")
    return openPool({ ...options, start })
  }
  const pool = () => {
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
  return {
    create: async () => (await (await pool()).inline()).hasher.create(),
    hash: async (bytes) => (await (await pool()).inline()).hasher.hash(bytes),
    hashBlob: async (blob, hashing) => (await pool()).hashBlob(blob, hashing),
  }
}
