import { digestFromBytes } from "../core/digest-text.ts"
import { createMd5, type Md5, md5 } from "../core/md5.ts"
import type { Hasher } from "../ports.ts"

/** MD5 in plain JavaScript: slower than the other engines and never unavailable. */
export function createJsHasher(): Hasher {
  return {
    async create() {
      let state: Md5 | undefined = createMd5()
      const running = () => {
        if (state === undefined) throw new TypeError("this hash has ended")
        return state
      }
      return {
        update: (bytes) => running().update(bytes),
        digest() {
          const digest = digestFromBytes(running().digest())
          state = undefined
          return digest
        },
      }
    },
    hash: (bytes) => digestFromBytes(md5(bytes)),
  }
}
