import { readHashed } from "../bytes/hash-stream.ts"
import { copyBytes } from "../bytes/streams.ts"
import type { CallOptions, Hasher, Stage } from "../ports.ts"
import { memoryContent } from "./memory-content.ts"
import { sweepObjects } from "./object-blobs.ts"
import { createObjectContent } from "./object-content.ts"
import type { Objects } from "./object-port.ts"
import { uploadContent } from "./object-upload.ts"

const STAGE = "stage/"
const SMALL_BYTES = 1024 * 1024
/** All that is held in memory; past it small content is stored too. */
const HELD_BYTES = 16 * 1024 * 1024
/** A draft may stay open for days. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000

export interface ObjectStage extends Stage {
  /** Removes what drafts that died left behind; resolves with the bytes freed. */
  sweep(options?: CallOptions): Promise<number>
}

interface Taken {
  readonly keys: string[]
  held: number
}

/**
 * Holds drafts where there is little memory: up to 1 MiB each and 16 MiB in all stays in memory, the rest becomes objects `stage/…` in
 * the pass that hashes it. What can be read again and cannot change, or need not be kept, is only hashed.
 */
export function createObjectStage(objects: Objects, { hasher }: { readonly hasher: Hasher }): ObjectStage {
  const owners = new WeakMap<object, Taken>()
  let held = 0
  const takenBy = (owner: object): Taken => {
    const known = owners.get(owner) ?? { keys: [], held: 0 }
    owners.set(owner, known)
    return known
  }
  return {
    async take(content, { owner, keep, signal, onBytes }) {
      if (content.stability === "frozen" || (content.stability === "volatile" && !keep)) {
        return { ...(await readHashed(content, hasher, { signal, onBytes })), content }
      }
      const key = STAGE + crypto.randomUUID()
      const keepBytes = Math.min(SMALL_BYTES, HELD_BYTES - held)
      const { digest, size, bytes } = await uploadContent(objects, key, content, { hasher, keepBytes, signal, onBytes })
      const taken = takenBy(owner)
      if (bytes !== undefined) {
        held += size
        taken.held += size
        return { digest, size, content: memoryContent(copyBytes(bytes), { name: content.name }) }
      }
      taken.keys.push(key)
      return { digest, size, content: createObjectContent(objects, { key, size }, content.name) }
    },
    async release(owner) {
      const taken = owners.get(owner)
      if (taken === undefined) return
      owners.delete(owner)
      held -= taken.held
      for (const key of taken.keys) await objects.delete(key, {})
    },
    sweep: (options = {}) => sweepObjects(objects, STAGE, Date.now() - KEPT_MS, options),
  }
}
