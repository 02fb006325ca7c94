import { checkExpected, joinChunks, readHashed } from "../bytes/hash-stream.ts"
import { bytesStream, copyBytes } from "../bytes/streams.ts"
import type { Digest } from "../core/digest-text.ts"
import type { CallOptions, Content, Hasher, StoredFile } from "../ports.ts"

/** Stored bytes as content. Readers get copies: whoever writes to what they read must not change what is stored. */
export function memoryContent(bytes: Uint8Array, labels: Pick<Content, "name" | "version"> = {}): Content {
  return {
    stability: "frozen",
    size: bytes.byteLength,
    name: labels.name,
    version: labels.version,
    stream: (options) => bytesStream(bytes, options, true),
    async bytes({ signal } = {}) {
      signal?.throwIfAborted()
      return copyBytes(bytes)
    },
  }
}

interface KeepOptions extends CallOptions {
  readonly expect?: Digest | undefined
  readonly onBytes?: ((count: number) => void) | undefined
  /** What the error for wrong bytes calls them. */
  readonly label?: string | undefined
}

/** Reads all of `content` into memory of our own; rejects with `DigestMismatchError` when it is not what `expect` says. */
export async function keepBytes(
  content: Content,
  hasher: Hasher,
  options: KeepOptions,
): Promise<StoredFile & { bytes: Uint8Array }> {
  const chunks: Uint8Array[] = []
  const found = await readHashed(content, hasher, {
    signal: options.signal,
    onBytes: options.onBytes,
    write: (chunk) => void chunks.push(copyBytes(chunk)),
  })
  if (options.expect !== undefined) {
    checkExpected(options.label ?? content.name ?? options.expect, { digest: options.expect, size: content.size }, found)
  }
  const [only] = chunks
  return { ...found, bytes: only !== undefined && chunks.length === 1 ? only : joinChunks(chunks, found.size) }
}
