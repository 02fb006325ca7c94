import { digestFromBytes } from "../core/digest-text.ts"
import { createMd5, md5 } from "../core/md5.ts"
import type { Hasher } from "../ports.ts"

/** MD5 in plain JavaScript: slower than the other engines and never unavailable. */
export function createJsHasher(): Hasher {
  return {
    async create() {
      const state = createMd5()
      return { update: (bytes) => state.update(bytes), digest: () => digestFromBytes(state.digest()) }
    },
    hash: (bytes) => digestFromBytes(md5(bytes)),
  }
}
