import { readHashed } from "../bytes/hash-stream.ts"
import { copyBytes } from "../bytes/streams.ts"
import type { CallOptions, Content, Hasher, StoredFile } from "../ports.ts"
import { orStorageError } from "./browser-errors.ts"

/** Hashes a Blob beside the caller's thread; a pool of workers provides it. */
export type HashBlob = (blob: Blob, options?: WriteOptions & { readonly name?: string | undefined }) => Promise<StoredFile>

export interface WriteOptions extends CallOptions {
  readonly onBytes?: ((count: number) => void) | undefined
}

/** A name that nobody else comes up with. */
export const uniqueName = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36).padStart(7, "0")).join("")

/** Bytes on their way to become a `Blob`. */
export interface Spool {
  write(chunk: Uint8Array): Promise<void>
  /** All that was written. */
  finish(): Promise<Blob>
  /** Lets go of it, before or after `finish`. */
  discard(): Promise<void>
}

/** A spool in the browser's own Blob storage, which is off this thread's heap and goes to disk when there is much of it. */
export function createMemorySpool(path: string): Spool {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const blob = new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>).blob()
  blob.catch(() => undefined)
  const guarded = <T>(work: () => Promise<T>) => orStorageError("write", path, work)
  return {
    write: (chunk) => guarded(() => writer.write(copyBytes(chunk))),
    finish: () => guarded(() => writer.close().then(() => blob)),
    discard: () => writer.abort().catch(() => undefined),
  }
}

/** A spool that is opened when the first bytes come, also anew after `discard`: a source that never answers, or fails, leaves no trace. */
export function createDeferredSpool<T extends Spool>(openSpool: () => Promise<T>): Spool & { open(): Promise<T> } {
  let opened: T | undefined
  const open = async () => {
    opened ??= await openSpool()
    return opened
  }
  return {
    open,
    write: async (chunk) => (await open()).write(chunk),
    finish: async () => (await open()).finish(),
    async discard() {
      const last = opened
      opened = undefined
      await last?.discard()
    },
  }
}

/** Reads all of `content` into `spool`, hashing; on failure the spool is discarded. */
export async function fillSpool(
  content: Content,
  spool: Spool,
  hasher: Hasher,
  options: WriteOptions,
): Promise<StoredFile & { readonly blob: Blob }> {
  try {
    const found = await readHashed(content, hasher, { ...options, write: (chunk) => spool.write(chunk) })
    return { ...found, blob: await spool.finish() }
  } catch (error) {
    await spool.discard()
    throw error
  }
}
