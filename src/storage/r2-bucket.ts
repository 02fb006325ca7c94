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
}

export interface R2BodyLike extends R2ObjectLike {
  readonly body: R2Value
  arrayBuffer(): Promise<ArrayBuffer>
}

export interface R2ReadOptions {
  range?: { offset: number; length: number }
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
