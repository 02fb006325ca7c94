import { pullStream } from "../bytes/streams.ts"
import { RequestFailure } from "./retry.ts"

/** What is used of Cloudflare's `R2Bucket`, so that the types of Workers need not be installed. A real one fits. */
export interface R2BucketBinding {
  head(key: string): Promise<R2ObjectLike | null>
  get(key: string, options?: R2ReadOptions): Promise<R2ObjectLike | R2BodyLike | null>
  put(key: string, value: R2Value, options?: R2WriteOptions): Promise<R2ObjectLike | null>
  createMultipartUpload(key: string): Promise<R2UploadLike>
  delete(key: string): Promise<void>
  list(options?: { prefix?: string; cursor?: string }): Promise<R2PageLike>
}

// biome-ignore lint/suspicious/noExplicitAny: the streams of Workers and of the DOM are two types that neither fits
type R2Value = any

export interface R2ObjectLike {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly uploaded: Date
  readonly httpMetadata?: { readonly contentType?: string } | undefined
}

export interface R2BodyLike extends R2ObjectLike {
  readonly body: R2Value
  arrayBuffer(): Promise<ArrayBuffer>
}

export interface R2ReadOptions {
  range?: { offset: number; length?: number }
  onlyIf?: { etagMatches: string }
}

export interface R2WriteOptions {
  md5?: Uint8Array<ArrayBuffer>
  onlyIf?: { etagMatches: string } | { etagDoesNotMatch: string }
}

export interface R2UploadLike {
  uploadPart(part: number, value: R2Value): Promise<{ partNumber: number; etag: string }>
  complete(parts: { partNumber: number; etag: string }[]): Promise<R2ObjectLike>
  abort(): Promise<void>
}

export interface R2PageLike {
  readonly objects: readonly R2ObjectLike[]
  readonly truncated: boolean
  readonly cursor?: string
}

const READ_BYTES = 64 * 1024

/** The body of an object: a default reader gets 4 KiB at a time, where this many bytes would cost no more. */
export function wideStream(body: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array> {
  const reader = body.getReader({ mode: "byob" })
  const pull = async () => {
    const { done, value } = await reader.read(new Uint8Array(READ_BYTES))
    return done ? undefined : value
  }
  return pullStream({ pull, cancel: (reason) => reader.cancel(reason) })
}

/** R2's number for what went wrong; NaN when it tells none. */
export function r2ErrorCode(error: unknown): number | undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return typeof code === "number" ? code : Number(/\((1\d{4})\)/.exec(String(message))?.[1] ?? Number.NaN)
}

/** R2's numbers: too many requests and unavailable; internal error and a lost connection. */
const TURNED_AWAY = new Set([10043, 10058])
const UNCLEAR = new Set([10001, 10054])

/** Throws what {@link retrying} repeats or words. */
export function failR2(error: unknown): never {
  const code = r2ErrorCode(error)
  const reason = error instanceof Error ? error.message : String(error)
  const isUnclear = UNCLEAR.has(code ?? 0) || /internal error|network|connection|disconnect|timed? ?out/i.test(reason)
  throw new RequestFailure(TURNED_AWAY.has(code ?? 0) ? "again" : isUnclear ? "unclear" : "final", reason, { cause: error })
}
