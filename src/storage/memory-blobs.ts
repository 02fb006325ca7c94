import type { Digest } from "../core/digest-text.ts"
import type { BlobStore, Content, Hasher, PutOptions } from "../ports.ts"
import { keepBytes, memoryContent } from "./memory-content.ts"
import { createTurns } from "./turns.ts"

/** Blobs in this process's memory, gone with it. `now` gives milliseconds since the epoch. */
export function createMemoryBlobStore(options: { readonly hasher: Hasher; readonly now?: () => number }): BlobStore {
  const { hasher, now = Date.now } = options
  const blobs = new Map<Digest, { bytes: Uint8Array; version: string; modifiedAt: number }>()
  let versions = 0
  const inTurn = createTurns()

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
    put: (digest, content, options = {}) =>
      inTurn(digest, options.signal, async () => {
        const present = blobs.get(digest)
        if (present !== undefined && !options.replace && (content.size ?? present.bytes.byteLength) === present.bytes.byteLength) {
          present.modifiedAt = now()
          return "present"
        }
        return store(digest, content, options)
      }),
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
