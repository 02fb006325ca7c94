import type { Digest } from "../core/digest-text.ts"
import type { CallOptions, StoredFile } from "../ports.ts"
import type { Slices } from "./node-fs-slices.ts"
import {
  readSmall,
  SMALL_BUFFER_BYTES,
  type SmallJob,
  type SmallRead,
  settleSmall,
  type Transferred,
} from "./node-fs-transfer-sync.ts"

/** Memory whose regions are hashed side by side, such as that of `createMd5Lanes`. */
export interface HashLanes {
  readonly count: number
  readonly regionBytes: number
  region(lane: number): Uint8Array
  /** Digests of whole messages, the first `lengths[lane]` bytes of each region; a lone one may be left to `hashAlone`. */
  hash(lengths: readonly number[], hashAlone: (bytes: Uint8Array) => Digest): Digest[]
}

/** Resolves with undefined where this engine has no lanes. */
export type OpenLanes = (options: { readonly regionBytes: number }) => Promise<HashLanes | undefined>

interface SmallTransferOptions {
  readonly hash: (bytes: Uint8Array) => Digest
  readonly slices: Slices
  readonly openLanes?: OpenLanes | undefined
}

interface SmallTransferJob extends SmallJob, CallOptions {
  readonly unless: (found: StoredFile) => boolean
}

/** Whoever moves a handful of files should not pay for compiling. */
const WORTH_OPENING = 24

interface Waiting {
  readonly job: SmallTransferJob
  readonly resolve: (found: Transferred | undefined) => void
  readonly reject: (reason: unknown) => void
}

interface Read extends Waiting {
  readonly file: SmallRead
}

/**
 * Returns the function that does small files in slices; it resolves with undefined for one that is too large, of which nothing was
 * done. When many wait at once they are read into lanes, hashed together, and then written or not one by one. Each stands for itself:
 * the failure or abort of one is nothing to the others. A batch is one job of its slice, up to a dozen files.
 */
export function createSmallTransfer(options: SmallTransferOptions): (job: SmallTransferJob) => Promise<Transferred | undefined> {
  const { hash, slices, openLanes } = options
  let buffer: Uint8Array | undefined
  let waiting: Waiting[] = []
  let flushing = false
  let count = 0
  let lanes: HashLanes | undefined

  const flush = () => {
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    slices
      .run(() => runBatch(batch, { lanes: lanes!, hash }))
      .catch((reason) => {
        for (const { reject } of batch) reject(reason)
      })
  }
  const wait = (job: SmallTransferJob) => {
    const done = new Promise<Transferred | undefined>((resolve, reject) => waiting.push({ job, resolve, reject }))
    if (waiting.length === lanes!.count) flush()
    else if (!flushing) {
      flushing = true
      // By then all who could come without waiting for anything have come.
      setImmediate(() => {
        flushing = false
        flush()
      })
    }
    return done
  }
  const open = async () => {
    // Without lanes everything goes on as before.
    lanes = await openLanes?.({ regionBytes: SMALL_BUFFER_BYTES }).catch(() => undefined)
  }

  return (job) => {
    if (lanes !== undefined) return wait(job)
    if (++count === WORTH_OPENING) void open()
    return slices.run(() => {
      buffer ??= new Uint8Array(SMALL_BUFFER_BYTES)
      const file = readSmall(job.from, buffer)
      return file && settleSmall(job, file, hash(file.bytes), job.unless)
    }, job.signal)
  }
}

interface Hashing {
  readonly lanes: HashLanes
  readonly hash: (bytes: Uint8Array) => Digest
}

function runBatch(batch: readonly Waiting[], { lanes, hash }: Hashing): void {
  const files: Read[] = []
  for (const one of batch) {
    orReject([one], () => {
      const { signal, from } = one.job
      signal?.throwIfAborted()
      const file = readSmall(from, lanes.region(files.length))
      if (file === undefined) one.resolve(undefined)
      else files.push({ ...one, file })
    })
  }
  orReject(files, () => {
    const lengths = files.map(({ file }) => file.bytes.byteLength)
    for (const [index, digest] of lanes.hash(lengths, hash).entries()) {
      const { job, file, resolve } = files[index]!
      orReject([files[index]!], () => resolve(settleSmall(job, file, digest, job.unless)))
    }
  })
}

function orReject(jobs: readonly Waiting[], work: () => void): void {
  try {
    work()
  } catch (error) {
    for (const { reject } of jobs) reject(error)
  }
}
