/** Stores, stages and directories whose n-th operation goes wrong. */
import type { BlobStore, CallOptions, Directory, RecordStore, Stage } from "isofact"

export type Mode = "before" | "after" | "hang"

/** Counts operations, whoever's they are; the one numbered `at` goes wrong. 0: none does. */
export interface Fault {
  at: number
  mode: Mode
  count: number
  readonly error: Error
  /** What went wrong: the operation's name. */
  met: string | undefined
  /** Called as an operation begins to hang. */
  onHang: () => void
}

export function createFault(mode: Mode = "before"): Fault {
  return { at: 0, mode, count: 0, error: new Error("the plug was pulled"), met: undefined, onHang: () => undefined }
}

/** Fails before it did anything, or after it did and nobody hears; or answers only to its signal. */
async function operate<R>(fault: Fault, name: string, options: CallOptions | undefined, work: () => Promise<R>): Promise<R> {
  if (++fault.count !== fault.at) return work()
  fault.met = name
  if (fault.mode === "hang") return hang(fault, options?.signal)
  if (fault.mode === "after") await work()
  throw fault.error
}

function hang(fault: Fault, signal: AbortSignal | undefined): Promise<never> {
  fault.onHang()
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true })
  })
}

async function* operateList<T>(fault: Fault, name: string, options: CallOptions | undefined, list: () => AsyncIterable<T>) {
  const iterator = list()[Symbol.asyncIterator]()
  for (;;) {
    const next = await operate(fault, name, options, () => iterator.next())
    if (next.done === true) return
    yield next.value as T
  }
}

export function faultyBlobs(blobs: BlobStore, fault: Fault): BlobStore {
  return {
    name: blobs.name,
    remote: blobs.remote,
    stat: (digest, options) => operate(fault, "blobs.stat", options, () => blobs.stat(digest, options)),
    put: (digest, content, options) => operate(fault, "blobs.put", options, () => blobs.put(digest, content, options)),
    get: (digest, options) => operate(fault, "blobs.get", options, () => blobs.get(digest, options)),
    delete: (digest, options) => operate(fault, "blobs.delete", options, () => blobs.delete(digest, options)),
    list: (options) => operateList(fault, "blobs.list", options, () => blobs.list(options)),
  }
}

export function faultyRecords(records: RecordStore, fault: Fault): RecordStore {
  return {
    name: records.name,
    get: (key, options) => operate(fault, `records.get ${key}`, options, () => records.get(key, options)),
    put: (key, value, etag, options) => operate(fault, `records.put ${key}`, options, () => records.put(key, value, etag, options)),
    delete: (key, etag, options) => operate(fault, `records.delete ${key}`, options, () => records.delete(key, etag, options)),
    list: (prefix, options) => operateList(fault, `records.list ${prefix}`, options, () => records.list(prefix, options)),
  }
}

export function faultyStage(stage: Stage, fault: Fault): Stage {
  return {
    take: (content, options) => operate(fault, "stage.take", options, () => stage.take(content, options)),
    release: (owner) => operate(fault, "stage.release", undefined, () => stage.release(owner)),
  }
}

export function faultyDirectory(directory: Directory, fault: Fault): Directory {
  return {
    name: directory.name,
    open: (path, options) => operate(fault, "directory.open", options, () => directory.open(path, options)),
    put: (path, content, options) => operate(fault, "directory.put", options, () => directory.put(path, content, options)),
    remove: (path, options) => operate(fault, "directory.remove", options, () => directory.remove(path, options)),
    list: (options) => operateList(fault, "directory.list", options, () => directory.list(options)),
    digest: (path, options) => operate(fault, "directory.digest", options, () => directory.digest(path, options)),
  }
}
