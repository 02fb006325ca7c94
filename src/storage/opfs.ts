import { checkExpected, WHOLE_BYTES } from "../bytes/hash-stream.ts"
import { type Digest, digestFromHex, digestToHex } from "../core/digest-text.ts"
import type { BlobInfo, BlobStore, CallOptions, Content, Hasher, PutOptions, StoredFile } from "../ports.ts"
import { blobContent } from "./browser-content.ts"
import { isUnreadable, orAbsent, orStorageError } from "./browser-errors.ts"
import { inLock } from "./browser-locks.ts"
import { createDeferredSpool, fillSpool, type HashBlob, type WriteOptions } from "./browser-writes.ts"
import { DAMAGED_KEPT_MS } from "./damaged-kept.ts"
import { opfsHome, placeFile } from "./opfs-folders.ts"
import { filesOf, type OpenFolder, openTemporary, sweepTemporary, type Temporary } from "./opfs-temporary.ts"
import { createTurns } from "./turns.ts"

const STEP_BYTES = 16 * 1024 * 1024
const NOTHING = "1B2M2Y8AsgTpgAmY7PhCfg=="

interface OpfsBlobStoreOptions {
  readonly hasher: Hasher
  /** Where, or how to get there; asked again for every call, since the browser may clear a site's data. Default: a folder in OPFS. */
  readonly root?: FileSystemDirectoryHandle | OpenFolder | undefined
  /** Hashes large Blobs beside this thread. */
  readonly hashBlob?: HashBlob | undefined
}

/**
 * Blobs as files in OPFS: `blobs/<hex>`, `tmp/` for what is being written, `damaged/` for what was set aside, and `touched/` with an
 * empty file for each blob that was asked for again, whose time is the blob's. Bytes are verified under a temporary name and then moved.
 * In one flat folder: with 8,000 names it was no slower than with none, nor than 64 folders.
 *
 * A large Blob is hashed beside this thread, as it was written: `put` does not take the stage's word, because a picked `File` is a
 * snapshot only as far as the browser can tell by its time, and the disk is the slower of the two.
 */
export function createOpfsBlobStore(options: OpfsBlobStoreOptions): BlobStore {
  const { root = opfsHome("isofact") } = options
  const open = typeof root === "function" ? root : async () => root
  const name = typeof root === "function" ? "OPFS" : `OPFS ${root.name}`
  const inTurn = createTurns()
  const pathOf = (digest: Digest) => `${name}/${digest}`
  const folder = async (part: string) => (await open()).getDirectoryHandle(part, { create: true })
  /** Not made when it is not there: where the room has run out that fails, and one still wants to read and to delete. */
  const known = (part: string) => orAbsent(async () => (await open()).getDirectoryHandle(part))
  const fileIn = (part: string, hex: string) => orAbsent(async () => (await (await known(part))?.getFileHandle(hex))?.getFile())
  const removeFrom = (part: string, hex: string) => orAbsent(async () => (await known(part))?.removeEntry(hex))
  /** Browsers refuse to move or remove a file while another tab does. */
  const change = <T>(operation: string, digest: Digest, work: (hex: string) => Promise<T>, needed?: number) => {
    const hex = digestToHex(digest)
    return orStorageError(operation, pathOf(digest), () => inLock(hex, () => work(hex)), needed)
  }

  const listBlobs = async () => {
    const blobs = await known("blobs")
    return blobs ? filesOf(blobs) : []
  }

  const find = async (digest: Digest, { signal }: CallOptions): Promise<File | undefined> => {
    signal?.throwIfAborted()
    const file = await orStorageError("read", pathOf(digest), () => fileIn("blobs", digestToHex(digest)))
    signal?.throwIfAborted()
    return file?.size === 0 && digest !== NOTHING ? undefined : file
  }
  const infoOf = async (digest: Digest, { size, lastModified }: File): Promise<BlobInfo> => {
    const touched = await orStorageError("read", pathOf(digest), () => fileIn("touched", digestToHex(digest)))
    return { digest, size, modifiedAt: Math.max(lastModified, touched?.lastModified ?? 0) }
  }
  const touch = (digest: Digest) =>
    change("write", digest, async (hex) => {
      await removeFrom("touched", hex)
      await (await folder("touched")).getFileHandle(hex, { create: true })
    })
  /** What another tab stored meanwhile stays, since somebody may be reading it, unless it is to be replaced. */
  const store = async (digest: Digest, content: Content, { replace, ...writing }: PutOptions) => {
    const spool = createDeferredSpool(() => openTemporary(() => folder("tmp"), pathOf(digest), content.size))
    try {
      const found = await fill(spool, content, options, writing)
      checkExpected(content.name ?? digest, { digest, size: content.size }, found)
      writing.signal?.throwIfAborted()
      const { handle, release } = await spool.open()
      const place = async (hex: string) => {
        const isThere = !replace && (await find(digest, {}))?.size === found.size
        if (!isThere) await placeFile(handle, await folder("tmp"), await folder("blobs"), hex)
        return isThere
      }
      const isThere = await change("write", digest, place, found.size)
      await (isThere ? spool.discard() : release())
      return isThere ? "present" : "stored"
    } catch (error) {
      await spool.discard()
      throw error
    }
  }

  return {
    name,
    remote: false,
    async stat(digest, call = {}) {
      const file = await find(digest, call)
      return file && infoOf(digest, file)
    },
    put: (digest, content, putting = {}) =>
      inTurn(digest, putting.signal, async () => {
        const file = putting.replace ? undefined : await find(digest, putting)
        if (file === undefined || (content.size ?? file.size) !== file.size) return store(digest, content, putting)
        await touch(digest)
        return "present"
      }),
    async get(digest, call = {}) {
      const file = await find(digest, call)
      return file && blobContent(file, pathOf(digest), { version: `${file.lastModified}-${file.size}` })
    },
    async delete(digest, { signal } = {}) {
      signal?.throwIfAborted()
      await change("remove", digest, async (hex) => {
        for (const part of ["blobs", "touched"]) await removeFrom(part, hex)
      })
    },
    async setAside(digest, { signal } = {}) {
      signal?.throwIfAborted()
      const move = async (hex: string) => {
        const blobs = await folder("blobs")
        await placeFile(await blobs.getFileHandle(hex), blobs, await folder("damaged"), `${Date.now()}.${hex}`)
      }
      await change("set aside", digest, (hex) => orAbsent(() => move(hex)))
    },
    async *list({ signal } = {}) {
      signal?.throwIfAborted()
      for (const { name: hex } of await orStorageError("list", name, listBlobs)) {
        signal?.throwIfAborted()
        const digest = /^[0-9a-f]{32}$/.test(hex) ? digestFromHex(hex) : undefined
        const file = digest && (await find(digest, { signal }))
        if (file) yield infoOf(digest!, file)
      }
    },
    async sweep({ signal } = {}) {
      signal?.throwIfAborted()
      const sweepAll = async () => {
        const [tmp, damaged] = [await known("tmp"), await known("damaged")]
        return (tmp ? await sweepTemporary(tmp, { signal }) : 0) + (damaged ? await sweepDamaged(damaged) : 0)
      }
      return orStorageError("sweep", name, sweepAll)
    },
  }
}

/** Writes `content` and hashes it: in the same pass or, for a large Blob and with `hashBlob`, what was written, after it was. */
async function fill(
  spool: ReturnType<typeof createDeferredSpool<Temporary>>,
  content: Content,
  { hasher, hashBlob }: OpfsBlobStoreOptions,
  writing: WriteOptions,
): Promise<StoredFile> {
  const { blob } = content
  if (blob === undefined || blob.size <= WHOLE_BYTES || hashBlob === undefined) return fillSpool(content, spool, hasher, writing)
  const temporary = await spool.open()
  if (temporary.append === undefined) return fillSpool(content, spool, hasher, writing)
  try {
    for (let at = 0; at < blob.size; at += STEP_BYTES) {
      writing.signal?.throwIfAborted()
      await temporary.append(blob.slice(at, at + STEP_BYTES))
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error
    // Chromium says so, now and then, when it is the room that ends: read here, the Blob itself shows which it is.
    await spool.discard()
    return fillSpool(content, spool, hasher, writing)
  }
  return hashBlob(await temporary.finish(), writing)
}

/** The name begins with the time when it was set aside: moving a file does not change its own. */
async function sweepDamaged(folder: FileSystemDirectoryHandle): Promise<number> {
  let freed = 0
  for (const handle of await filesOf(folder)) {
    if (Date.now() - Number.parseInt(handle.name, 10) <= DAMAGED_KEPT_MS) continue
    freed += (await handle.getFile()).size
    await folder.removeEntry(handle.name)
  }
  return freed
}
