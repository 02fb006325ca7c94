import type { ReferenceProof } from "../ports.ts"

/** How far a long operation is. Totals are undefined until they are known. */
export interface ProgressTotals {
  readonly filesDone: number
  readonly filesTotal: number | undefined
  /** Bytes. */
  readonly bytesDone: number
  /** Bytes. */
  readonly bytesTotal: number | undefined
}

/**
 * What `onProgress` is called with: once or more per file, the last time when the file is done (`fileDone: true`).
 *
 * - `hash`: a file being added is read and hashed
 * - `store`: its bytes go to the registry
 * - `skip`: nothing to move, and why: the registry has the bytes (`"stored"`), the target has the file (`"unchanged"`), or a
 *   reference is missing and that was allowed (`"missing"`)
 * - `download`: a file is written to the target
 * - `verify`: a file is hashed again and compared
 * - `remove`: `checkout` deletes a file that is not in the artifact; its totals count only those
 * - `commit`: the version is visible; `path` is its name
 */
export type ProgressEvent =
  | (FileProgress & { readonly type: "hash" | "store" | "download" | "verify" | "remove" })
  | (FileProgress & { readonly type: "skip"; readonly reason: SkipReason })
  | (FileProgress & { readonly type: "commit" })

interface FileProgress extends ProgressTotals {
  /** Entry path. */
  readonly path: string
  readonly fileDone: boolean
  /** Of a reference that was downloaded: how far its bytes are known to be the recorded ones. `"none"`: they are unverified. */
  readonly proof?: ReferenceProof | undefined
}

export type SkipReason = "stored" | "unchanged" | "missing"
export type OnProgress = (event: ProgressEvent) => void

/** Counts one operation and tells `onProgress`. */
export interface Progress {
  /** Some bytes of a file that goes on. */
  bytes(type: "hash" | "store" | "download" | "verify", path: string, count: number): void
  /** A file is done; `rest` are its bytes not yet told. */
  done(
    type: "hash" | "store" | "download" | "verify" | "remove" | "commit",
    path: string,
    rest?: number,
    proof?: ReferenceProof,
  ): void
  skip(path: string, reason: SkipReason, size: number): void
}

/** Tells of one file as its bytes go by; `done` takes its size and tells what is left of it. */
export function trackFile(progress: Progress, type: "hash" | "store" | "download", path: string) {
  let told = 0
  return {
    onBytes(count: number) {
      told += count
      progress.bytes(type, path, count)
    },
    done: (size: number) => progress.done(type, path, size - told),
  }
}

const silent: Progress = { bytes() {}, done() {}, skip() {} }

export function trackProgress(onProgress: OnProgress | undefined, filesTotal?: number, bytesTotal?: number): Progress {
  if (onProgress === undefined) return silent
  let filesDone = 0
  let bytesDone = 0
  const totals = (fileDone: boolean) => ({ fileDone, filesDone, filesTotal, bytesDone, bytesTotal })
  return {
    bytes(type, path, count) {
      bytesDone += count
      onProgress({ type, path, ...totals(false) })
    },
    done(type, path, rest = 0, proof) {
      bytesDone += rest
      if (type !== "commit") filesDone += 1
      onProgress({ type, path, ...totals(true), ...(proof && { proof }) })
    },
    skip(path, reason, size) {
      bytesDone += size
      filesDone += 1
      onProgress({ type: "skip", path, reason, ...totals(true) })
    },
  }
}
