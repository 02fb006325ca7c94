import { readHashed, WHOLE_BYTES } from "../bytes/hash-stream.ts"
import { copyBytes } from "../bytes/streams.ts"
import type { CallOptions, Content, Hasher, Stage, StagedContent, StageOptions } from "../ports.ts"
import { blobContent } from "./browser-content.ts"
import { createMemorySpool, fillSpool, type HashBlob, type Spool } from "./browser-writes.ts"
import { canWriteOpfs, opfsHome } from "./opfs-folders.ts"
import { type OpenFolder, openTemporary, sweepTemporary } from "./opfs-temporary.ts"

export interface BrowserStageOptions {
  readonly hasher: Hasher
  /** Hashes Blobs beside this thread. */
  readonly hashBlob?: HashBlob | undefined
  /** The folder whose `tmp/` takes long streams. Default: where the blobs of `createBrowserBlobStore` are. */
  readonly root?: FileSystemDirectoryHandle | OpenFolder | undefined
}

export interface BrowserStage extends Stage {
  /** Removes what tabs that are gone left behind; resolves with the bytes freed. */
  sweep(options?: CallOptions): Promise<number>
}

/**
 * Holds drafts in a page or worker. A `Blob` or `File` cannot change and is only hashed; what may change becomes a `Blob`. A stream of
 * up to 1 MiB does too, and a longer one a temporary file in OPFS in the pass that hashes it; where there is no OPFS the browser's own
 * Blob storage takes it. Files of tabs that are gone are removed when the first long stream comes.
 */
export function createBrowserStage(options: BrowserStageOptions): BrowserStage {
  const { hasher, hashBlob, root = opfsHome("isofact") } = options
  const openRoot = typeof root === "function" ? root : async () => root
  const open = async () => (await openRoot()).getDirectoryHandle("tmp", { create: true })
  const spools = new WeakMap<object, Set<Spool>>()
  let swept = false

  const sweep = async (call: CallOptions = {}) => sweepTemporary(await open(), call)
  const openLong = async (path: string): Promise<Spool> => {
    const folder = canWriteOpfs() ? await open().catch(() => undefined) : undefined
    if (folder === undefined) return createMemorySpool(path)
    if (!swept) sweep().catch(() => undefined)
    swept = true
    return openTemporary(open, path)
  }
  const remember = (owner: object, spool: Spool) => void spools.set(owner, (spools.get(owner) ?? new Set()).add(spool))

  const snapshot = async (content: Content, { owner, signal, onBytes }: StageOptions): Promise<StagedContent> => {
    const path = content.name ?? "a stream"
    const spool = createLazySpool(path, content.stability === "once" ? openLong : async () => createMemorySpool(path))
    const { digest, size, blob } = await fillSpool(content, spool, hasher, { signal, onBytes })
    remember(owner, spool)
    return { digest, size, content: blobContent(blob, path, content.name === undefined ? {} : { name: content.name }) }
  }

  return {
    async take(content, staging) {
      const { signal, onBytes, keep } = staging
      if (content.stability === "once" || (content.stability === "volatile" && keep)) return snapshot(content, staging)
      const hashing = { signal, onBytes }
      signal?.throwIfAborted()
      const found =
        content.blob && hashBlob ? hashBlob(content.blob, { name: content.name, ...hashing }) : readHashed(content, hasher, hashing)
      return { ...(await found), content }
    },
    async release(owner) {
      const taken = spools.get(owner) ?? []
      spools.delete(owner)
      for (const spool of taken) await spool.discard()
    },
    sweep,
  }
}

/** Up to 1 MiB in memory; what is longer goes on, from its beginning, in a spool of `openLong`. */
function createLazySpool(path: string, openLong: (path: string) => Promise<Spool>): Spool {
  let held: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  let long: Spool | undefined
  return {
    async write(chunk) {
      size += chunk.byteLength
      if (long === undefined && size > WHOLE_BYTES) {
        long = await openLong(path)
        for (const early of held) await long.write(early)
        held = []
      }
      if (long === undefined) held.push(copyBytes(chunk))
      else await long.write(chunk)
    },
    finish: async () => long?.finish() ?? new Blob(held),
    async discard() {
      held = []
      await long?.discard()
    },
  }
}
