import { UnsupportedError } from "../errors.ts"
import type { StoreAnswer } from "../net/request.ts"
import type { CallOptions } from "../ports.ts"
import { stripQuotes } from "./etag.ts"
import { checkSendable, type S3Object, s3Ref } from "./s3-address.ts"
import type { S3Bucket } from "./s3-bucket.ts"

export interface S3Head {
  readonly size: number
  readonly contentType: string
  /** `"null"` for one from before the bucket kept versions. */
  readonly versionId: string | undefined
  /** There may be a version that a page is not let see. */
  readonly isHidden: boolean
  /** Throws `UnsupportedError` where a page is not let see what it takes. */
  object(): S3Object
}

/** What HEAD tells of an object; undefined when there is none, or none with that version. */
export async function headObject(
  bucket: S3Bucket,
  key: string,
  versionId: string | undefined,
  { signal }: CallOptions,
): Promise<S3Head | undefined> {
  const name = bucket.name.slice("s3://".length)
  checkSendable(name, key)
  const { code, headers, type } = await bucket.text({
    operation: "look up",
    method: "HEAD",
    key,
    label: s3Ref(name, key),
    signal,
    // A version that was deleted is answered with 405, an id that S3 never gave with 400.
    ...(versionId === undefined ? { expected: ["404"] } : { query: { versionId }, expected: ["404", "405", "400"] }),
  })
  if (code !== undefined) return undefined
  const told = versionId ?? headers.get("x-amz-version-id") ?? undefined
  const size = Number(headers.get("content-length") ?? 0)
  return {
    size,
    contentType: headers.get("content-type") ?? "",
    versionId: told,
    isHidden: told === undefined && type === "cors",
    object: () => ({ key, size, etag: etagOf({ headers }, s3Ref(name, key)), versionId: told }),
  }
}

/** Throws `UnsupportedError` where the store's CORS rules hide it. */
export function etagOf({ headers }: Pick<StoreAnswer, "headers">, label: string): string {
  const etag = headers.get("etag")
  if (etag !== null) return stripQuotes(etag)
  throw new UnsupportedError(
    `"${label}" comes without an ETag: in a page the bucket's CORS rules must list ETag and x-amz-version-id in ExposeHeaders. Pass checksum: false to track the address alone`,
    { path: label },
  )
}
