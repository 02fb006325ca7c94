import { checkRange, relayStream } from "../bytes/streams.ts"
import type { Content } from "../ports.ts"
import { orStorageError, storageError } from "./browser-errors.ts"

/** A `Blob` as content; `path` is what a message calls it when it cannot be read any more. */
export function blobContent(blob: Blob, path: string, labels: Pick<Content, "name" | "version"> = {}): Content {
  return {
    stability: "frozen",
    size: blob.size,
    ...labels,
    blob,
    stream({ range, signal } = {}) {
      checkRange(range)
      const end = range?.end ?? blob.size
      const part = range === undefined ? blob : blob.slice(range.start, Math.max(range.start, end))
      return relayStream(part.stream(), signal, (error) => storageError(error, "read", path))
    },
    async bytes({ signal } = {}) {
      signal?.throwIfAborted()
      const buffer = await orStorageError("read", path, () => blob.arrayBuffer())
      signal?.throwIfAborted()
      return new Uint8Array(buffer)
    },
  }
}
