import { StorageError } from "../errors.ts"
import type { S3Client, S3Request } from "../net/s3-client.ts"
import { escapeXml, readTag } from "../net/xml.ts"
import type { CallOptions, Hasher } from "../ports.ts"
import type { ObjectInfo, Objects, ObjectUpload } from "./object-port.ts"
import { awaitOther, mapObjects } from "./object-turns.ts"

/** The least that stores take, but for the last part. */
export const MIN_PART_BYTES = 5 * 1024 * 1024
const MAX_PART_BYTES = 5 * 1024 ** 3
const MAX_PARTS = 10_000
const PARTS_AT_ONCE = 16

export type S3On = (operation: string, method: S3Request["method"], key: string, call: CallOptions) => Omit<S3Request, "query">

/** Objects in parts, whose bytes are sent or are taken from other objects. `sourceOf` names such a one to the store. */
export function createS3Uploads(client: S3Client, on: S3On, sourceOf: (key: string) => string): Pick<Objects, "begin" | "join"> {
  const begin = async (key: string, call: CallOptions): Promise<S3Upload> => {
    const { body } = await client.text({ ...on("begin", "POST", key, call), query: { uploads: "" } })
    const id = readTag(body, "UploadId")
    if (id !== undefined) return createUpload(client, on, key, id)
    throw new StorageError(`${client.name} began an upload without saying which`, { operation: "begin", path: key })
  }
  return {
    async begin(key, call) {
      const upload = await begin(key, call)
      return { ...upload, put: (part, bytes, put) => putPart(upload, client.name, part, bytes, { ...put, hasher: call.hasher }) }
    },
    async join(key, parts, { prove, signal }) {
      if (!isJoinable(parts)) return false
      const upload = await begin(key, { signal })
      const copy = ([at, part]: [number, Pick<ObjectInfo, "key">]) => copyPart(upload, at + 1, sourceOf(part.key), { signal })
      let isJoined = false
      try {
        const etags: string[] = []
        for await (const etag of mapObjects(parts.entries(), PARTS_AT_ONCE, copy)) {
          if (etag === undefined) return false
          etags.push(etag)
        }
        await prove()
        const size = parts.reduce((sum, part) => sum + part.size, 0)
        await upload.complete(etags, size, { signal })
        isJoined = true
      } finally {
        // A store that does not answer must not keep the caller.
        if (!isJoined) await awaitOther(upload.abort(), undefined)
      }
      return isJoined
    },
  }
}

/** S3 wants parts neither small nor huge, and R2 also wants them of one size. */
function isJoinable(parts: readonly { readonly size: number }[]): boolean {
  const step = parts[0]?.size ?? 0
  const fits = ({ size }: { readonly size: number }, at: number) => size === step || (at === parts.length - 1 && size < step)
  return step >= MIN_PART_BYTES && step <= MAX_PART_BYTES && parts.length <= MAX_PARTS && parts.every(fits)
}

interface S3Upload extends Pick<ObjectUpload, "complete" | "abort"> {
  send(
    operation: string,
    part: number,
    more: Pick<S3Request, "body" | "headers" | "expected" | "isSlow">,
    call: CallOptions,
  ): ReturnType<S3Client["text"]>
}

function createUpload(client: S3Client, on: S3On, key: string, uploadId: string): S3Upload {
  return {
    send: (operation, part, more, call) =>
      client.text({ ...on(operation, "PUT", key, call), query: { partNumber: String(part), uploadId }, ...more }),
    async complete(etags, size, call) {
      const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`)
      const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`
      const request = { ...on("complete", "POST", key, call), query: { uploadId }, body, expected: ["NoSuchUpload"], isSlow: true }
      const { code, unclear } = await client.text(request)
      if (code === undefined) return
      // An attempt whose answer was lost may have completed it.
      const { code: absent, headers } = await client.text({ ...on("look up", "HEAD", key, call), expected: [404] })
      if (unclear && absent === undefined && Number(headers.get("content-length")) === size) return
      throw new StorageError(`The upload of "${request.label}" to ${client.name} was ended by somebody else; try again`, {
        operation: "complete",
        path: request.label,
      })
    },
    async abort() {
      // What stays is ended by `sweep`.
      const request = { ...on("abort", "DELETE", key, {}), query: { uploadId }, expected: ["NoSuchUpload"] }
      await client.text(request).catch(() => undefined)
    },
  }
}

async function putPart(
  upload: S3Upload,
  store: string,
  part: number,
  bytes: Uint8Array<ArrayBuffer>,
  { hasher, signal }: CallOptions & { readonly hasher: Hasher },
): Promise<string> {
  const headers = { "content-md5": await hasher.hash(bytes) }
  return etagOf((await upload.send("put a part of", part, { body: bytes, headers }, { signal })).headers, store)
}

/** The tag of the part; undefined where the store has not what it is to be taken from, or does not take it from there. */
async function copyPart(upload: S3Upload, part: number, source: string, call: CallOptions): Promise<string | undefined> {
  const expected = [
    "NoSuchKey",
    "EntityTooLarge",
    "InvalidArgument",
    "InvalidRequest",
    "MethodNotAllowed",
    "NotImplemented",
    405,
    501,
  ]
  const more = { headers: { "x-amz-copy-source": source }, expected, isSlow: true }
  const { body } = await upload.send("copy a part of", part, more, call)
  return readTag(body, "ETag")
}

export function etagOf(headers: Headers, store: string): string {
  const etag = headers.get("etag")
  if (etag === null) throw hiddenHeader("ETag", store)
  return etag
}

export function hiddenHeader(header: string, store: string): StorageError {
  return new StorageError(`${store} does not show ${header}; in a browser the bucket's CORS rules must list it in ExposeHeaders`)
}
