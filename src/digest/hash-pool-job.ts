import type { Digest } from "../core/digest-text.ts"
import type { CallOptions, StoredFile } from "../ports.ts"

export interface HashBlobOptions extends CallOptions {
  /** What to call it in a message. Default: the name of a `File`. */
  readonly name?: string | undefined
  /** Called with the bytes hashed since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined
}

/** A Blob on its way to its digest. After its end all of this may be called again, to no effect. */
export interface Job {
  readonly blob: Blob
  readonly name: string | undefined
  readonly signal: AbortSignal | undefined
  ended: boolean
  /** Tells whoever has it now that it is not wanted any more. */
  stop: () => void
  /** Bytes done so far. A second attempt starts from nothing again, and is not heard until it gets further. */
  report(total: number): void
  resolve(digest: Digest): void
  reject(reason: unknown): void
}

/** Calls `begin` with a job that settles the promise; rejects with `signal.reason` on abort, with its error when `onBytes` throws. */
export function runJob(blob: Blob, options: HashBlobOptions, begin: (job: Job) => void): Promise<StoredFile> {
  const { signal, onBytes, name } = options
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    let seen = 0
    const onAbort = () => job.reject(signal?.reason)
    const end = () => {
      job.ended = true
      signal?.removeEventListener("abort", onAbort)
    }
    const job: Job = {
      blob,
      name,
      signal,
      ended: false,
      stop() {},
      report(total) {
        if (job.ended || total <= seen) return
        const count = total - seen
        seen = total
        try {
          onBytes?.(count)
        } catch (error) {
          job.reject(error)
        }
      },
      resolve(digest) {
        job.report(blob.size)
        if (job.ended) return
        end()
        resolve({ digest, size: blob.size })
      },
      reject(reason) {
        if (job.ended) return
        end()
        job.stop()
        reject(reason)
      },
    }
    signal?.addEventListener("abort", onAbort)
    begin(job)
  })
}
