import { StorageError } from "../errors.ts"
import { createS3Client, type S3Client, type S3ConnectionOptions, type S3Request } from "../net/s3-client.ts"
import { decodeS3Key, OBJECT_MARKERS, s3Pages, UPLOAD_MARKERS } from "../net/s3-pages.ts"
import { escapeXml, readTag, readTags } from "../net/xml.ts"
import type { CallOptions, Hasher } from "../ports.ts"
import { isOwnKey, keyPrefix } from "./object-names.ts"
import type { Condition, ObjectInfo, ObjectReadOptions, Objects, ObjectUpload } from "./object-port.ts"

const PART_BYTES = 8 * 1024 * 1024
const MIN_PART_BYTES = 5 * 1024 * 1024

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
      if (!Number.isSafeInteger(size)) throw hidden("Content-Length", name)
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
    async begin(key, call) {
      const { body } = await client.text({ ...on("begin", "POST", key, call), query: { uploads: "" } })
      const id = readTag(body, "UploadId")
      if (id === undefined)
        throw new StorageError(`${name} began an upload without saying which`, { operation: "begin", path: key })
      return createUpload(client, (operation, method, call) => on(operation, method, key, call), id, call.hasher)
    },
    async copy(from, to, call) {
      const { code } = await client.text({
        ...on("copy", "PUT", to, call),
        headers: {
          "x-amz-copy-source": encodeURI(`/${options.bucket}/${prefix}${from}`),
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

type On = (operation: string, method: S3Request["method"], call: CallOptions) => Omit<S3Request, "query">

function createUpload(client: S3Client, on: On, uploadId: string, hasher: Hasher): ObjectUpload {
  return {
    async put(part, bytes, call) {
      const request = on("put a part of", "PUT", call)
      const query = { partNumber: String(part), uploadId }
      const { headers } = await client.text({
        ...request,
        query,
        body: bytes,
        headers: { "content-md5": await hasher.hash(bytes) },
      })
      return etagOf(headers, client.name)
    },
    async complete(etags, size, call) {
      const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`)
      const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`
      const request = { ...on("complete", "POST", call), query: { uploadId }, body, expected: ["NoSuchUpload"], isSlow: true }
      const { code, unclear } = await client.text(request)
      if (code === undefined) return
      // An attempt whose answer was lost may have completed it.
      const { code: absent, headers } = await client.text({ ...on("look up", "HEAD", call), expected: [404] })
      if (unclear && absent === undefined && Number(headers.get("content-length")) === size) return
      throw new StorageError(`The upload of "${request.label}" to ${client.name} was ended by somebody else; try again`, {
        operation: "complete",
        path: request.label,
      })
    },
    async abort() {
      // What stays is ended by `sweep`.
      await client.text({ ...on("abort", "DELETE", {}), query: { uploadId }, expected: ["NoSuchUpload"] }).catch(() => undefined)
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

function etagOf(headers: Headers, store: string): string {
  const etag = headers.get("etag")
  if (etag === null) throw hidden("ETag", store)
  return etag
}

function hidden(header: string, store: string): StorageError {
  return new StorageError(`${store} does not show ${header}; in a browser the bucket's CORS rules must list it in ExposeHeaders`)
}
