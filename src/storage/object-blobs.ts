import { type Digest, digestFromHex, digestToHex } from "../core/digest-text.ts"
import { isArtifactError } from "../errors.ts"
import type { BlobStore, CallOptions, Content, Hasher, PutOptions } from "../ports.ts"
import { DAMAGED_KEPT_MS } from "./damaged-kept.ts"
import { createObjectContent } from "./object-content.ts"
import { isOwnKey } from "./object-names.ts"
import type { ObjectInfo, Objects } from "./object-port.ts"
import { awaitOther, createGate, mapObjects } from "./object-turns.ts"
import { uploadContent } from "./object-upload.ts"

const BLOBS = "blobs/"
const DAMAGED = "damaged/"
const UPLOADS_KEPT_MS = 7 * 24 * 60 * 60 * 1000
/** Blobs that are not small, written at once: each holds a few parts in memory. */
const UPLOADS_AT_ONCE = 4
const SMALL_BYTES = 1024 * 1024

export interface ObjectBlobOptions {
  readonly hasher: Hasher
  /**
   * Milliseconds that `modifiedAt` may lag behind the last `put` of a blob that was there already. Default one hour.
   *
   * An object cannot be touched, only be written anew, which costs as much as storing it. Garbage collection asks whether a blob is
   * older than its grace, 24 hours as a rule, so an hour is exact enough; and what is collected all the same is missed by the commit
   * that needs it, which says so before anything becomes visible.
   */
  readonly refreshAfterMs?: number | undefined
}

/** Blobs as objects `blobs/<hex of the digest>`, each verified before it appears; what was set aside is `damaged/<hex>`. */
export function createObjectBlobStore(objects: Objects, options: ObjectBlobOptions): BlobStore {
  const { hasher, refreshAfterMs = 60 * 60 * 1000 } = options
  const writing = new Map<Digest, Promise<unknown>>()
  const gate = createGate(UPLOADS_AT_ONCE)
  const find = (digest: Digest, { signal }: CallOptions) => objects.head(keyOf(digest), { signal })

  const write = (digest: Digest, content: Content, { signal, onBytes, parts }: PutOptions) => {
    const from = parts?.map((part) => ({ key: keyOf(part.digest), size: part.size }))
    const upload = (beat?: () => void) => {
      const tell = (count: number) => {
        beat?.()
        onBytes?.(count)
      }
      return uploadContent(objects, keyOf(digest), content, { hasher, expect: digest, from, signal, onBytes: tell })
    }
    return (content.size ?? Number.POSITIVE_INFINITY) <= SMALL_BYTES ? upload() : gate(upload, signal)
  }
  /** Whether it counts as new now. It does not when it is gone, or has rotted, which is noticed by the way. */
  const refresh = async (digest: Digest, info: ObjectInfo, { signal }: CallOptions): Promise<boolean> => {
    if (Date.now() - info.modifiedAt < refreshAfterMs) return true
    if (objects.copy) return objects.copy(info.key, info.key, { signal })
    try {
      await write(digest, createObjectContent(objects, info), { signal })
      return true
    } catch (error) {
      if (isArtifactError(error) && error.code === "DIGEST_MISMATCH") return false
      throw error
    }
  }
  const store = async (digest: Digest, content: Content, put: PutOptions) => {
    const present = put.replace ? undefined : await find(digest, put)
    if (present?.size === (content.size ?? present?.size) && present && (await refresh(digest, present, put))) return "present"
    await write(digest, content, put)
    return "stored"
  }

  return {
    name: objects.name,
    remote: true,
    async stat(digest, call = {}) {
      const info = await find(digest, call)
      return info && { digest, size: info.size, modifiedAt: info.modifiedAt }
    },
    async put(digest, content, put = {}) {
      put.signal?.throwIfAborted()
      // The same bytes from many sides at once are read from one of them.
      for (let other = writing.get(digest); other !== undefined; ) {
        await awaitOther(other, put.signal)
        const next = writing.get(digest)
        other = next === other ? undefined : next
      }
      const work = store(digest, content, put).finally(() => {
        if (writing.get(digest) === work) writing.delete(digest)
      })
      writing.set(digest, work)
      return work
    },
    async get(digest, call = {}) {
      const info = await find(digest, call)
      return info && createObjectContent(objects, info)
    },
    sign:
      objects.sign &&
      (async (method, digest, { expiresInSeconds }) => {
        return objects.sign!(method, keyOf(digest), { md5: digest, expiresInSeconds })
      }),
    delete: async (digest, { signal } = {}) => objects.delete(keyOf(digest), { signal }),
    async setAside(digest, call = {}) {
      const info = await find(digest, call)
      if (info === undefined) return
      const to = DAMAGED + digestToHex(digest)
      const isThere = async () => {
        const now = await find(digest, call)
        return now?.etag === info.etag && now.modifiedAt === info.modifiedAt
      }
      try {
        const isCopied = await objects.copy?.(info.key, to, call)
        if (!isCopied) await uploadContent(objects, to, createObjectContent(objects, info), { hasher, signal: call.signal })
      } catch (error) {
        // Somebody else may have set it aside, or have stored it anew.
        if (call.signal?.aborted || (await isThere())) throw error
      }
      if (await isThere()) await objects.delete(info.key, call)
    },
    async *list({ signal } = {}) {
      for await (const { key, size, modifiedAt } of objects.list(BLOBS, { signal })) {
        const hex = key.slice(BLOBS.length)
        if (/^[0-9a-f]{32}$/.test(hex)) yield { digest: digestFromHex(hex), size, modifiedAt }
      }
    },
    async sweep({ signal } = {}) {
      await objects.dropUploads?.(Date.now() - UPLOADS_KEPT_MS, { signal })
      return sweepObjects(objects, DAMAGED, Date.now() - DAMAGED_KEPT_MS, { signal })
    },
  }
}

const keyOf = (digest: Digest): string => BLOBS + digestToHex(digest)

/** Removes what is ours below `prefix` and was written before a time; resolves with the bytes freed. */
export async function sweepObjects(objects: Objects, prefix: string, before: number, options: CallOptions): Promise<number> {
  let freed = 0
  const remove = async ({ key, size, modifiedAt }: ObjectInfo) => {
    if (modifiedAt >= before || !isOwnKey(key)) return 0
    await objects.delete(key, options)
    return size
  }
  for await (const size of mapObjects(objects.list(prefix, options), objects.requestsAtOnce, remove)) freed += size
  return freed
}
