import { untilAborted } from "../bytes/streams.ts"
import type { Digest } from "../core/digest-text.ts"
import type { BlobStore, Content, Hasher, PutOptions } from "../ports.ts"
import { keepBytes, memoryContent } from "./memory-content.ts"

/** Blobs in this process's memory, gone with it. `now` gives milliseconds since the epoch. */
export function createMemoryBlobStore(options: { readonly hasher: Hasher; readonly now?: () => number }): BlobStore {
  const { hasher, now = Date.now } = options
  const blobs = new Map<Digest, { bytes: Uint8Array; version: string; modifiedAt: number }>()
  let versions = 0
  const writing = new Map<Digest, Promise<unknown>>()

  const store = async (digest: Digest, content: Content, { signal, onBytes }: PutOptions) => {
    const { bytes } = await keepBytes(content, hasher, { expect: digest, signal, onBytes })
    blobs.set(digest, { bytes, version: `${++versions}`, modifiedAt: now() })
    return "stored" as const
  }

  return {
    name: "memory",
    remote: false,
    async stat(digest, { signal } = {}) {
      signal?.throwIfAborted()
      const blob = blobs.get(digest)
      return blob && { digest, size: blob.bytes.byteLength, modifiedAt: blob.modifiedAt }
    },
    async put(digest, content, options = {}) {
      options.signal?.throwIfAborted()
      // The same bytes from many sides at once are read from one of them.
      for (let other = writing.get(digest); other !== undefined; other = writing.get(digest)) {
        await untilAborted(
          other.catch(() => undefined),
          options.signal,
        )
      }
      const present = blobs.get(digest)
      if (present !== undefined && !options.replace && (content.size ?? present.bytes.byteLength) === present.bytes.byteLength) {
        present.modifiedAt = now()
        return "present"
      }
      const work = store(digest, content, options).finally(() => writing.delete(digest))
      writing.set(digest, work)
      return work
    },
    async get(digest, { signal } = {}) {
      signal?.throwIfAborted()
      const blob = blobs.get(digest)
      return blob && memoryContent(blob.bytes, { version: blob.version })
    },
    async delete(digest, { signal } = {}) {
      signal?.throwIfAborted()
      blobs.delete(digest)
    },
    async *list({ signal } = {}) {
      for (const [digest, { bytes, modifiedAt }] of [...blobs]) {
        signal?.throwIfAborted()
        yield { digest, size: bytes.byteLength, modifiedAt }
      }
    },
  }
}
