import { createHash } from "node:crypto"
import { renameSync } from "node:fs"
import { dirname, join } from "node:path"
import type { CallOptions, Content, ReferenceEntry } from "../ports.ts"
import { makeDirectory } from "./node-fs-durable.ts"
import { orStorageError } from "./node-fs-errors.ts"
import { discard, temporaryName } from "./node-fs-temporary.ts"
import type { NodeTransfer } from "./node-fs-transfer.ts"

interface ReferenceFiles {
  path(entry: ReferenceEntry): string
  /** Resolves with the bytes written. */
  put(entry: ReferenceEntry, content: Content, options: CallOptions): Promise<number>
}

/** Copies of what references point at where Python's wandb keeps them: `ab/cdef…`, a SHA-256 of the hashes of address and digest. */
export function createReferenceFiles(options: {
  readonly transfer: NodeTransfer
  readonly objects: string
  /** On the same file system as `objects`. */
  readonly temporary: string
}): ReferenceFiles {
  const { transfer, objects, temporary } = options
  const { slices } = transfer
  const path = ({ ref, digest }: ReferenceEntry) => {
    const key = createHash("sha256").update(sha256(ref)).update(sha256(digest)).digest("hex")
    return join(objects, key.slice(0, 2), key.slice(2))
  }
  return {
    path,
    async put(entry, content, { signal }) {
      const to = path(entry)
      const temp = join(temporary, temporaryName())
      await slices.run(() => [temporary, dirname(to)].flatMap(makeDirectory), signal)
      try {
        const { size } = await transfer.receive(content, { to: temp, mode: 0o666, label: to, signal })
        await slices.run(() => orStorageError("store", to, () => renameSync(temp, to)), signal)
        return size
      } finally {
        // Nothing is there once it has been renamed.
        await slices.run(() => discard(temp))
      }
    },
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest()
