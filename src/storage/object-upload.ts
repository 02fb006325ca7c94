import { checkExpected, readHashed } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import { StorageError } from "../errors.ts"
import type { CallOptions, Content, Hasher, StoredFile } from "../ports.ts"
import type { Objects, ObjectUpload } from "./object-port.ts"
import { awaitOther, beating } from "./object-turns.ts"

/** What S3 and R2 allow. */
const MAX_PARTS = 10_000
/** R2 and S3 take no more in one piece. */
const MAX_PUT_BYTES = 4.9 * 1024 ** 3
const FIRST_BYTES = 64 * 1024

export interface UploadOptions extends CallOptions {
  readonly hasher: Hasher
  /** What the bytes must be; otherwise `DigestMismatchError`, and nothing is stored. */
  readonly expect?: Digest | undefined
  /** The objects that the content is made of; it is then readable twice. */
  readonly from?: Parameters<NonNullable<Objects["join"]>>[1] | undefined
  /** What is no larger is handed back instead of stored. */
  readonly keepBytes?: number | undefined
  readonly onBytes?: ((count: number) => void) | undefined
}

export interface Uploaded extends StoredFile {
  /** Set when they were not stored. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined
}

/**
 * Reads `content` once and makes it the object `key`, which appears whole and verified or not at all: in one piece up to a part's size,
 * as a stream of known length where the store takes one, and else in parts, which become an object only once the digest of all of them
 * is right. Holds no more than the parts on their way and the one being filled. What is made of other objects is joined where they are,
 * and read to prove it; a store that does not join these is sent it like any other.
 */
export async function uploadContent(objects: Objects, key: string, content: Content, options: UploadOptions): Promise<Uploaded> {
  const { hasher, expect, from, signal, onBytes, keepBytes = -1 } = options
  const { size } = content
  const check = (found: StoredFile) => {
    if (expect !== undefined) checkExpected(content.name ?? expect, { digest: expect, size }, found)
  }
  const beat = () => onBytes?.(0)
  if (objects.join && from) {
    let found: StoredFile | undefined
    const prove = async () => {
      found = await readHashed(content, hasher, { signal, onBytes })
      check(found)
    }
    if (await beating(objects.join(key, from, { signal, prove }), beat)) return found!
  }
  if (objects.putStream && size !== undefined && size > Math.max(objects.partBytes, keepBytes) && size <= MAX_PUT_BYTES)
    return objects.putStream(key, content, { size, md5: expect, hasher, signal, onBytes })
  const parts = createParts(objects, key, size, { hasher, signal })
  try {
    const found = await readHashed(content, hasher, { signal, onBytes, write: parts.write })
    check(found)
    if (found.size <= keepBytes) return { ...found, bytes: parts.held() }
    await beating(parts.end(found), beat)
    return found
  } catch (error) {
    await parts.abort()
    throw error
  }
}

interface Parts {
  write(chunk: Uint8Array): Promise<void>
  /** What was written and is in no part yet. */
  held(): Uint8Array<ArrayBuffer>
  end(found: StoredFile): Promise<void>
  abort(): Promise<void>
}

/** Cuts what is written into parts and uploads them. Buffers are used again: what a collector has yet to notice counts as used. */
function createParts(
  objects: Objects,
  key: string,
  size: number | undefined,
  call: CallOptions & { readonly hasher: Hasher },
): Parts {
  const { signal } = call
  const partBytes = Math.max(objects.partBytes, Math.ceil((size ?? 0) / MAX_PARTS))
  const etags: string[] = []
  const free: Uint8Array<ArrayBuffer>[] = []
  const flying = new Set<Promise<void>>()
  let buffer = new Uint8Array(Math.min(size ?? FIRST_BYTES, partBytes))
  let length = 0
  let count = 0
  let upload: ObjectUpload | undefined

  const send = async (to: ObjectUpload, part: number, full: Uint8Array<ArrayBuffer>, bytes: number) => {
    etags[part - 1] = await to.put(part, full.subarray(0, bytes), { signal })
    free.push(full)
  }
  const flush = async () => {
    if (++count > MAX_PARTS)
      throw new StorageError(`"${key}" needs more than ${MAX_PARTS} parts; pass content of known size, or a larger partBytes`, {
        path: key,
      })
    upload ??= await objects.begin(key, call)
    while (flying.size >= objects.partsAtOnce) await Promise.race(flying)
    const sending = send(upload, count, buffer, length)
    const landed = sending.then(() => void flying.delete(landed))
    // Met again by whoever waits for a free place, or at the end.
    landed.catch(() => undefined)
    flying.add(landed)
    buffer = free.pop() ?? new Uint8Array(partBytes)
    length = 0
  }
  const makeRoom = (wanted: number) => {
    if (buffer.byteLength >= Math.min(wanted, partBytes)) return
    const grown = new Uint8Array(Math.min(Math.max(wanted, buffer.byteLength * 2), partBytes))
    grown.set(buffer.subarray(0, length))
    buffer = grown
  }
  const held = () => buffer.subarray(0, length)

  return {
    held,
    async write(chunk) {
      for (let at = 0; at < chunk.byteLength; ) {
        if (length === partBytes) await flush()
        makeRoom(length + chunk.byteLength - at)
        const piece = chunk.subarray(at, at + buffer.byteLength - length)
        buffer.set(piece, length)
        length += piece.byteLength
        at += piece.byteLength
      }
    },
    async end(found) {
      if (upload === undefined) {
        await objects.put(key, held(), { md5: found.digest, signal })
        return
      }
      await flush()
      await Promise.all(flying)
      await upload.complete(etags, found.size, { signal })
    },
    async abort() {
      await Promise.allSettled(flying)
      // A store that does not answer must not keep the caller.
      if (upload !== undefined) await awaitOther(upload.abort(), undefined)
    },
  }
}
