import { StorageError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import { createMarkerCheck } from "./markers.ts"
import type { S3Client } from "./s3-client.ts"
import { readTag } from "./xml.ts"

type Words = Readonly<Record<string, string>>

/** Where a page says how the next one is asked for, and by which parameter. */
export const OBJECT_MARKERS: Words = { NextContinuationToken: "continuation-token" }
export const VERSION_MARKERS: Words = { NextKeyMarker: "key-marker", NextVersionIdMarker: "version-id-marker" }
export const UPLOAD_MARKERS: Words = { NextKeyMarker: "key-marker", NextUploadIdMarker: "upload-id-marker" }

/** The pages of a listing as they come, to the last. `query` should ask for `encoding-type=url`: XML cannot hold every key. */
export async function* s3Pages(
  client: Pick<S3Client, "name" | "text">,
  query: Words,
  markers: Words,
  { label, signal }: CallOptions & { readonly label: string },
): AsyncGenerator<string> {
  const check = createMarkerCheck(client.name, label)
  for (let from: Words = {}; ; ) {
    const { body } = await client.text({
      operation: "list",
      method: "GET",
      key: "",
      label,
      signal,
      query: { ...query, ...from },
    })
    yield body
    if (readTag(body, "IsTruncated") !== "true") return
    const next: Record<string, string> = {}
    for (const [tag, parameter] of Object.entries(markers)) {
      const marker = readTag(body, tag)
      // Keys are encoded in answers, tokens and ids are not.
      if (marker) next[parameter] = decodeS3Key(marker, parameter === "key-marker" && readTag(body, "EncodingType") === "url")
    }
    check(Object.keys(next).length === 0 ? undefined : JSON.stringify(next))
    from = next
  }
}

/** @throws StorageError for what no key is encoded as */
export function decodeS3Key(key: string, isEncoded: boolean): string {
  try {
    return isEncoded ? decodeURIComponent(key.replaceAll("+", " ")) : key
  } catch {
    throw new StorageError(`The store listed a key that is not encoded as keys are: ${key}`, { operation: "list", path: key })
  }
}
