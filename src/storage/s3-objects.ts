import { createS3Client, type S3ConnectionOptions, type S3Request } from "../net/s3-client.ts"
import { decodeS3Key, OBJECT_MARKERS, s3Pages, UPLOAD_MARKERS } from "../net/s3-pages.ts"
import { readTag, readTags } from "../net/xml.ts"
import type { CallOptions } from "../ports.ts"
import { isOwnKey, keyPrefix } from "./object-names.ts"
import type { Condition, ObjectInfo, ObjectReadOptions, Objects } from "./object-port.ts"
import { createS3Uploads, etagOf, hiddenHeader, MIN_PART_BYTES } from "./s3-upload.ts"

const PART_BYTES = 8 * 1024 * 1024

export interface S3Options extends S3ConnectionOptions {
  /** Put before every key, `"team/isofact"`. Default: none. */
  readonly prefix?: string | undefined
  /** Bytes sent in one request, and held for it; what is larger goes in parts. At least 5 MiB. Default 8 MiB. */
  readonly partBytes?: number | undefined
}

const ABSENT = ["NoSuchKey", "PreconditionFailed"]
const REFUSED = ["PreconditionFailed", "NoSuchKey", 412]

/** S3 and what speaks its language. Every body is sent whole with its MD5, which the store verifies: not every `fetch` sends streams. */
export function createS3Objects(options: S3Options): Objects {
  const client = createS3Client(options)
  const prefix = keyPrefix(options.prefix)
  const { name } = client
  const on = (operation: string, method: S3Request["method"], key: string, { signal }: CallOptions) => {
    return { operation, method, key: prefix + key, label: key, signal }
  }
  const sourceOf = (key: string) => encodeURI(`/${options.bucket}/${prefix}${key}`)
  // An answer to HEAD says 404 and not what is missing.
  let isBucketSeen = false
  const seeBucket = async (call: CallOptions) => {
    if (isBucketSeen) return
    await client.text({ ...call, operation: "look up", method: "HEAD", key: "", label: "the bucket", expected: [403] })
    isBucketSeen = true
  }
  const get = (key: string, { range, etag, signal }: ObjectReadOptions) => ({
    ...on("read", "GET", key, { signal }),
    expected: ABSENT,
    headers: {
      ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
      ...(etag !== undefined && { "if-match": etag }),
    },
  })

  return {
    name: prefix === "" ? name : `${name}/${prefix.slice(0, -1)}`,
    partBytes: Math.max(options.partBytes ?? PART_BYTES, MIN_PART_BYTES),
    partsAtOnce: 2,
    requestsAtOnce: 16,
    async head(key, call) {
      const { code, headers } = await client.text({ ...on("look up", "HEAD", key, call), expected: [404] })
      if (code !== undefined) return void (await seeBucket(call))
      const size = Number(headers.get("content-length") ?? Number.NaN)
      if (!Number.isSafeInteger(size)) throw hiddenHeader("Content-Length", name)
      return { key, size, etag: etagOf(headers, name), modifiedAt: Date.parse(headers.get("last-modified") ?? "") || 0 }
    },
    sign(method, key, { md5, expiresInSeconds }) {
      return client.presign(
        { method, key: prefix + key, headers: method === "PUT" ? { "content-md5": md5 } : {} },
        expiresInSeconds,
      )
    },
    async read(key, read) {
      const { code, headers, body } = await client.bytes(get(key, read))
      return code === undefined ? { etag: etagOf(headers, name), bytes: body } : undefined
    },
    async open(key, read) {
      const { code, body } = await client.stream(get(key, read))
      return code === undefined ? (body ?? new Blob([]).stream()) : undefined
    },
    async put(key, bytes, { md5, condition, signal }) {
      const { code, unclear, headers } = await client.text({
        ...on("put", "PUT", key, { signal }),
        body: bytes,
        headers: {
          ...(md5 !== undefined && { "content-md5": md5 }),
          ...(condition && { ...conditionHeaders(condition), "cache-control": "no-cache" }),
        },
        expected: condition ? REFUSED : [],
      })
      return code === undefined ? { etag: etagOf(headers, name) } : { unclear }
    },
    ...createS3Uploads(client, on, sourceOf),
    async copy(from, to, call) {
      const { code } = await client.text({
        ...on("copy", "PUT", to, call),
        headers: {
          "x-amz-copy-source": sourceOf(from),
          // Without a change of its metadata an object cannot be copied onto itself.
          "x-amz-metadata-directive": "REPLACE",
        },
        // The last two: larger than the 5 GiB that can be copied.
        expected: ["NoSuchKey", "EntityTooLarge", "InvalidRequest"],
      })
      return code === undefined
    },
    async delete(key, { once, ...call }) {
      await client.text({ ...on("delete", "DELETE", key, call), expected: ["NoSuchKey"], repeatable: !once })
    },
    async *list(below, call) {
      const query = { "list-type": "2", "encoding-type": "url", prefix: prefix + below }
      for await (const page of s3Pages(client, query, OBJECT_MARKERS, { label: below, ...call })) {
        for (const item of readTags(page, "Contents")) {
          call.signal?.throwIfAborted()
          yield toInfo(item, readTag(page, "EncodingType") === "url", prefix)
        }
      }
    },
    async dropUploads(before, call) {
      const query = { uploads: "", prefix, "encoding-type": "url" }
      for await (const page of s3Pages(client, query, UPLOAD_MARKERS, { label: "uploads", ...call })) {
        for (const item of readTags(page, "Upload")) {
          const [key, uploadId, begun] = ["Key", "UploadId", "Initiated"].map((tag) => readTag(item, tag) ?? "")
          const whole = decodeS3Key(key!, readTag(page, "EncodingType") === "url")
          const target = whole.slice(prefix.length)
          if (!whole.startsWith(prefix) || !isOwnKey(target) || !(Date.parse(begun!) < before)) continue
          await client.text({ ...on("abort", "DELETE", target, call), query: { uploadId: uploadId! }, expected: ["NoSuchUpload"] })
        }
      }
    },
  }
}

function toInfo(item: string, isEncoded: boolean, prefix: string): ObjectInfo {
  const text = (tag: string) => readTag(item, tag) ?? ""
  return {
    key: decodeS3Key(text("Key"), isEncoded).slice(prefix.length),
    size: Number(text("Size")),
    etag: text("ETag"),
    modifiedAt: Date.parse(text("LastModified")),
  }
}

const conditionHeaders = (condition: Condition): Record<string, string> =>
  "etag" in condition ? { "if-match": quoted(condition.etag) } : { "if-none-match": "*" }

/** A caller may hold anything for an etag; what is not in quotes is no header to some servers. */
const quoted = (etag: string): string => (/^(W\/)?"[^"]*"$/.test(etag) ? etag : JSON.stringify(etag))
