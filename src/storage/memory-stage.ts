import { readHashed } from "../bytes/hash-stream.ts"
import type { Hasher, Stage } from "../ports.ts"
import { keepBytes, memoryContent } from "./memory-content.ts"

/**
 * Keeps drafts in memory. What can be read again and cannot change (a `Blob`), or need not be kept, is only hashed. Memory goes with
 * the last reference to what was taken, so `release` has nothing to do.
 */
export function createMemoryStage(options: { readonly hasher: Hasher }): Stage {
  const { hasher } = options
  return {
    async take(content, { keep, signal, onBytes }) {
      if (content.stability === "frozen" || (content.stability === "volatile" && !keep)) {
        return { ...(await readHashed(content, hasher, { signal, onBytes })), content }
      }
      const { digest, size, bytes } = await keepBytes(content, hasher, { signal, onBytes })
      return { digest, size, content: memoryContent(bytes, { name: content.name }) }
    },
    async release() {},
  }
}
