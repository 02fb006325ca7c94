import { join, resolve } from "node:path"
import type { Digest } from "../core/digest-text.ts"
import type { BlobStore, Content } from "../ports.ts"
import { createBlobFiles } from "./node-fs-blob-files.ts"
import { createFileContent } from "./node-fs-content.ts"
import { createDamagedFiles } from "./node-fs-damaged.ts"
import { createFlusher } from "./node-fs-flusher.ts"
import type { NodeTransfer } from "./node-fs-transfer.ts"

/** A blob store whose contents can be asked for inside a slice; the stage looks there before it copies anything. */
export interface NodeBlobStore extends BlobStore {
  /** The blob if it is there with that size, freshened as by `put`. */
  holdSync(digest: Digest, size: number): Content | undefined
  /**
   * Resolves once every blob that this process stored, or found stored, before the call would survive a power failure. A record must
   * not outlive a blob it names: hand this to the record store as its `before`.
   */
  flush(): Promise<void>
}

/** Permission bits of files that must not change. On Windows a read-only file could not be flushed or replaced. */
export const FROZEN_MODE = process.platform === "win32" ? 0o666 : 0o444

/**
 * Blobs below `directory`: `md5/ab/cdef…` (hex of the digest, split after two characters), read-only, and `tmp/` for what is being
 * written; `damaged/` for what was set aside. Bytes are verified before they get their name. A file of the stage is linked in, any other is copied.
 *
 * A stored blob survives the death of every process at once, and a power failure after `flush`, which does many in a fraction of the
 * time that one by one would take. `durable: false` makes `flush` do nothing.
 */
export function createNodeBlobStore(
  directory: string,
  options: { readonly transfer: NodeTransfer; readonly durable?: boolean | undefined },
): NodeBlobStore {
  const { transfer, durable = true } = options
  const { slices } = transfer
  const root = resolve(directory)
  const flusher = durable ? createFlusher() : undefined
  const files = createBlobFiles({
    transfer,
    objects: join(root, "md5"),
    temporary: join(root, "tmp"),
    mode: FROZEN_MODE,
    flusher,
    linkOwned: true,
  })
  const damaged = createDamagedFiles(join(root, "damaged"), slices)
  const content = (digest: Digest, size: number): Content =>
    createFileContent(files.path(digest), slices, { stability: "frozen", size })

  return {
    name: root,
    remote: false,
    stat: (digest, { signal } = {}) => slices.run(() => files.statSync(digest), signal),
    put: (digest, source, putOptions = {}) => files.put(digest, source, putOptions),
    async get(digest, { signal } = {}) {
      const found = await slices.run(() => files.versionSync(digest), signal)
      return found && createFileContent(files.path(digest), slices, { stability: "frozen", ...found })
    },
    delete: (digest, callOptions = {}) => files.delete(digest, callOptions),
    setAside: (digest, { signal } = {}) => damaged.add(digest, files.path(digest), signal),
    list: (callOptions = {}) => files.list(callOptions),
    sweep: async (callOptions = {}) => (await files.sweep(callOptions)) + (await damaged.sweep(callOptions.signal)),
    holdSync: (digest, size) => (files.touchSync(digest, size) ? content(digest, size) : undefined),
    flush: async () => flusher?.flush(),
  }
}
