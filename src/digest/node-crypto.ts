import { createHash, hash } from "node:crypto"
import type { Digest } from "../core/digest-text.ts"
import { UnsupportedError } from "../errors.ts"
import type { Hasher } from "../ports.ts"

/** A {@link Hasher} whose one-shot hash answers at once. */
export interface SyncHasher extends Hasher {
  hash(bytes: Uint8Array): Digest
}

/** MD5 by `node:crypto`, for Node, Deno and Bun. Throws `UnsupportedError` where the host's OpenSSL refuses MD5 (FIPS mode). */
export function createNodeHasher(): SyncHasher {
  return {
    async create() {
      const state = orUnsupported(() => createHash("md5"))
      return {
        update: (bytes) => void state.update(bytes),
        digest: () => state.digest("base64") as Digest,
      }
    },
    hash: (bytes) => orUnsupported(() => hash("md5", bytes, "base64")) as Digest,
  }
}

function orUnsupported<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code
    if (typeof code !== "string" || !code.startsWith("ERR_OSSL")) throw error
    throw new UnsupportedError("OpenSSL refuses MD5 here, as it does in FIPS mode; pass the hash-wasm hasher instead")
  }
}
