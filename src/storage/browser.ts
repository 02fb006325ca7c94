import type { BlobStore, Content, Hasher } from "../ports.ts"
import { createRoomCheck } from "./browser-quota.ts"
import type { HashBlob } from "./browser-writes.ts"
import { createIndexedDbBlobStore } from "./indexeddb-blobs.ts"
import { createOpfsBlobStore } from "./opfs.ts"
import { canWriteOpfs, opfsHome } from "./opfs-folders.ts"
import type { OpenFolder } from "./opfs-temporary.ts"

/** With what a row has besides, this stays below 64 KiB. */
const LARGE_BYTES = 64_000

export interface BrowserBlobStoreOptions {
  readonly hasher: Hasher
  /** Of the database, and of the folder in OPFS. Default `"isofact"`. */
  readonly name?: string | undefined
  /** Blobs of so many bytes and more go to OPFS. Default 64,000. */
  readonly largeBytes?: number | undefined
  /** Hashes large Blobs beside this thread. */
  readonly hashBlob?: HashBlob | undefined
  /** The folder for large blobs. Default: one in OPFS. */
  readonly root?: FileSystemDirectoryHandle | OpenFolder | undefined
}

/**
 * The browser's default: small blobs in IndexedDB, large ones in OPFS, all of them in IndexedDB where OPFS is missing or refuses, and
 * those of unknown size too, since they may turn out to be small. Room for a large blob is checked before it is written; running out is
 * a `StorageError` that leaves nothing of it.
 *
 * What decided: writes in Chromium 153, page / worker, on two cores that had other work too, so compare down a column. 2,000 files of
 * 8 KiB 16 at a time, the other sizes 8 at a time; one of 256 MiB (medians of three, with less other work). Reading was faster than
 * writing throughout.
 *
 * |                                 | 8 KiB, files/s | 32 KiB     | 64 KiB    | 1 MiB   | 256 MiB, MB/s |
 * | ------------------------------- | -------------- | ---------- | --------- | ------- | ------------- |
 * | IndexedDB, bytes (large: 4 MiB) | 1258 / 995     | 1208 / 827 | 191 / 136 | 51 / 43 | 92 / 80       |
 * | same, 16 in a transaction       | 2542 / 1712    |            |           |         |               |
 * | IndexedDB, `Blob`               | 405 / 298      | 218 / 301  | 206 / 121 | 61 / 53 | 241 / 258     |
 * | OPFS, `createWritable`          | 277 / 317      | 260 / 248  | 189 / 116 | 69 / 73 | 305 / 335     |
 * | OPFS, sync access handle        | - / 431        | - / 288    | - / 132   | - / 95  | - / 240       |
 *
 * From 64 KiB on Chromium gives a value a file of its own, and IndexedDB's lead is gone: the threshold is just below.
 */
export function createBrowserBlobStore(options: BrowserBlobStoreOptions): BlobStore {
  const { name = "isofact", largeBytes = LARGE_BYTES, root = opfsHome(name) } = options
  const open = typeof root === "function" ? root : async () => root
  const small = createIndexedDbBlobStore({ ...options, name })
  const large = createOpfsBlobStore({ ...options, root: open })
  const checkRoom = createRoomCheck()

  let opened: Promise<boolean> | undefined
  const hasOpfs = () => {
    opened ??= open().then(
      () => true,
      () => {
        // Asked again next time: a browser that is short of something for a moment must not hide what is stored.
        opened = undefined
        return false
      },
    )
    return opened
  }
  const isSmall = (size: number | undefined) => size !== undefined && size < largeBytes
  /** Both, the likelier first. */
  const stores = async () => ((await hasOpfs()) ? [small, large] : [small])
  const choose = async ({ size }: Content): Promise<BlobStore> =>
    size !== undefined && size >= largeBytes && canWriteOpfs() && (await hasOpfs()) ? large : small
  const everywhere = async (work: (store: BlobStore) => Promise<unknown>) => {
    for (const store of await stores()) await work(store)
  }

  return {
    name: small.name,
    remote: false,
    async stat(digest, { size, ...call } = {}) {
      const info = await small.stat(digest, call)
      return info === undefined && !isSmall(size) && (await hasOpfs()) ? large.stat(digest, call) : info
    },
    async put(digest, content, putting = {}) {
      const stale: BlobStore[] = []
      // The usual case goes without a look into OPFS, which costs as much as the write.
      for (const store of isSmall(content.size) && !putting.replace ? [] : await stores()) {
        const info = await store.stat(digest, putting)
        if (!putting.replace && info && (content.size ?? info.size) === info.size) return store.put(digest, content, putting)
        if (info) stale.push(store)
      }
      await checkRoom(`${small.name}/${digest}`, content.size)
      const target = await choose(content)
      const result = await target.put(digest, content, putting)
      for (const store of stale) if (store !== target) await store.delete(digest)
      return result
    },
    async get(digest, call) {
      return (await small.get(digest, call)) ?? ((await hasOpfs()) ? large.get(digest, call) : undefined)
    },
    delete: (digest, call) => everywhere((store) => store.delete(digest, call)),
    setAside: (digest, call) => everywhere((store) => store.setAside!(digest, call)),
    async *list(call) {
      for (const store of await stores()) yield* store.list(call)
    },
    async sweep(call) {
      let freed = 0
      await everywhere(async (store) => {
        freed += await store.sweep!(call)
      })
      return freed
    },
  }
}
