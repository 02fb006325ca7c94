import type { CallOptions, Content, Hasher, SignedRequest, StoredFile } from "../ports.ts"

export interface ObjectInfo {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Changes with the bytes. */
  readonly etag: string
  /** Milliseconds since the epoch, by the store's clock. */
  readonly modifiedAt: number
}

/** What must be true of an object for it to be written: that it is not there, or is as `etag` says. */
export type Condition = { readonly absent: true } | { readonly etag: string }

export interface ObjectPutOptions extends CallOptions {
  /** Base64; the store refuses other bytes. */
  readonly md5?: string | undefined
  readonly condition?: Condition | undefined
}

/** Without `etag` the condition did not hold; `unclear`: unless an attempt before, whose answer was lost, made that so. */
export interface ObjectPutResult {
  readonly etag?: string | undefined
  readonly unclear?: boolean | undefined
}

export interface ObjectReadOptions extends CallOptions {
  readonly range?: { readonly start: number; readonly end: number } | undefined
  /** Read nothing else than these bytes. */
  readonly etag?: string | undefined
}

export interface StreamOptions extends CallOptions {
  readonly size: number
  /** What the bytes must be, for the store to verify. Without: they are hashed on the way. */
  readonly md5?: StoredFile["digest"] | undefined
  readonly hasher: Hasher
  readonly onBytes?: ((count: number) => void) | undefined
}

/** An object in parts, there once it is complete and not before. */
export interface ObjectUpload {
  /** Parts count from 1; all but the last have one size. */
  put(part: number, bytes: Uint8Array<ArrayBuffer>, options: CallOptions): Promise<string>
  /** `etags` of all parts in order. */
  complete(etags: readonly string[], size: number, options: CallOptions): Promise<void>
  /** Frees what was stored. Never rejects. */
  abort(): Promise<void>
}

/**
 * An object store reduced to what blobs and records need; R2 and S3 are adapters of it. Keys are relative to the adapter's prefix.
 * Adapters repeat what failed where that is safe, and reject with `StorageError`.
 */
export interface Objects {
  readonly name: string
  /** Bytes of a part, which is also the most that is held to be written in one piece. */
  readonly partBytes: number
  /** Parts of one object on their way at once. */
  readonly partsAtOnce: number
  readonly requestsAtOnce: number
  head(key: string, options: CallOptions): Promise<ObjectInfo | undefined>
  /** A request for somebody else to make; the store refuses bytes that are not what `md5`, base64, says. */
  sign?(
    method: "GET" | "PUT",
    key: string,
    options: { readonly md5: string; readonly expiresInSeconds: number },
  ): Promise<SignedRequest>
  /** Undefined: gone, or not as `etag` says. */
  read(key: string, options: ObjectReadOptions): Promise<{ readonly etag: string; readonly bytes: Uint8Array } | undefined>
  /** {@link read} for what is too large to be held. */
  open(key: string, options: ObjectReadOptions): Promise<ReadableStream<Uint8Array> | undefined>
  put(key: string, bytes: Uint8Array<ArrayBuffer>, options: ObjectPutOptions): Promise<ObjectPutResult>
  /** Writes without holding, where the store takes streams. */
  putStream?(key: string, content: Content, options: StreamOptions): Promise<StoredFile>
  /** `hasher` tells the MD5 of each part, where the store verifies that. */
  begin(key: string, options: CallOptions & { readonly hasher: Hasher }): Promise<ObjectUpload>
  /** Where the store can do that by itself; false for an object that is gone or too large for it. */
  copy?(from: string, to: string, options: CallOptions): Promise<boolean>
  /**
   * Makes `key` of other objects, one after the other, where the store can do that by itself; false for some that are gone or that it does
   * not join. Once it has taken all, and before `key` is there, `prove` may still prevent it.
   */
  join?(
    key: string,
    parts: readonly Pick<ObjectInfo, "key" | "size">[],
    options: CallOptions & { readonly prove: () => Promise<void> },
  ): Promise<boolean>
  /** Absent is fine. `once`: never repeated, so that no attempt comes after the call has settled well. */
  delete(key: string, options: CallOptions & { readonly once?: boolean | undefined }): Promise<void>
  /** Keys ascending by their bytes. */
  list(prefix: string, options: CallOptions): AsyncIterable<ObjectInfo>
  /** Ends uploads of ours begun before this time, where the store does not do that by itself. */
  dropUploads?(before: number, options: CallOptions): Promise<void>
}
