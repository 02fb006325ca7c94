import { DigestMismatchError, EntryNotFoundError, UnsupportedError } from "../errors.ts"
import type { StoreAnswer } from "../net/request.ts"
import type { CallOptions, ReferencedContent, ReferenceEntry } from "../ports.ts"
import { hasEtag } from "./etag.ts"
import { remoteContent } from "./remote.ts"
import { checkSendable, parseS3Ref, s3Ref } from "./s3-address.ts"
import type { S3Bucket } from "./s3-bucket.ts"
import { findVersion } from "./s3-list.ts"
import { etagOf } from "./s3-object.ts"

const GONE = ["NoSuchKey", "NoSuchVersion", "404", "405", "MethodNotAllowed"]
const NO_VERSION = ["InvalidArgument", "InvalidVersionId", "400"]
/** What `fetch` undoes by itself, so that other bytes would come than are stored. */
const COMPRESSED = /gzip|deflate|compress|br|zstd/

type Answer = StoreAnswer & { readonly body: ReadableStream<Uint8Array> | undefined }

/** The bytes behind an entry: of the version recorded, else of the version that has the recorded ETag. */
export function openS3Object(bucketOf: (name: string) => S3Bucket, entry: ReferenceEntry): ReferencedContent {
  const { path, ref, digest, size } = entry
  const address = parseS3Ref(entry)
  const { key } = address
  const bucket = bucketOf(address.bucket)
  checkSendable(address.bucket, key)
  const isPinned = digest !== ref
  let { versionId } = address
  let isRaw = false

  const ask = (headers: Readonly<Record<string, string>>, { signal }: CallOptions): Promise<Answer> => {
    const query = { ...(versionId !== undefined && { versionId }), ...(isRaw && { "response-content-encoding": "identity" }) }
    const expected = [...GONE, ...(versionId === undefined ? [] : NO_VERSION), ...(isRaw ? ["InvalidRequest"] : [])]
    return bucket.stream({ operation: "read", method: "GET", key, label: path, headers, query, signal, expected })
  }
  const get: typeof ask = async (headers, call) => {
    const answer = await ask(headers, call)
    if (!COMPRESSED.test(answer.headers.get("content-encoding") ?? "")) return answer
    await answer.body?.cancel()
    isRaw = true
    const raw = await ask(headers, call)
    if (raw.code !== "InvalidRequest" && !COMPRESSED.test(raw.headers.get("content-encoding") ?? "")) return raw
    await raw.body?.cancel()
    throw compressed(path)
  }
  const content = remoteContent({
    label: path,
    size: isPinned && size ? size : undefined,
    isPinned,
    async request(headers, call) {
      const answer = await get(headers, call)
      const fault = faultOf(entry, versionId, answer)
      if (fault === undefined) return wholeAnswer(path, answer)
      await answer.body?.cancel()
      if (!isPinned || versionId !== undefined) throw fault
      versionId = await findVersion(bucket, key, recordedEtag(entry), { label: path, signal: call.signal })
      if (versionId === undefined) throw fault
      const old = await get(headers, call)
      const again = faultOf(entry, versionId, old)
      if (again === undefined) return wholeAnswer(path, old)
      await old.body?.cancel()
      throw again
    },
  })
  return { content, proof: isPinned ? "version" : "none", expect: undefined }
}

function recordedEtag({ digest, extra }: ReferenceEntry): string {
  return typeof extra?.etag === "string" ? extra.etag : digest
}

function faultOf(entry: ReferenceEntry, versionId: string | undefined, answer: Answer): Error | undefined {
  const { path, ref, digest, size } = entry
  const { bucket, key } = parseS3Ref(entry)
  const what = `"${path}" references ${s3Ref(bucket, key)}${versionId === undefined ? "" : `, version "${versionId}"`}`
  if (answer.code !== undefined) return new EntryNotFoundError(`${what}, and nothing is there any more`, { path })
  if (digest === ref) return undefined
  const etag = etagOf(answer, path)
  if (!hasEtag(entry, etag)) return changed(entry, what, "ETag", digest, etag)
  const found = answer.status === 200 ? Number(answer.headers.get("content-length") ?? Number.NaN) : Number.NaN
  const isOther = size !== undefined && size > 0 && Number.isSafeInteger(found) && found !== size
  return isOther ? changed(entry, what, "size", `${size} bytes`, `${found} bytes`) : undefined
}

function changed({ path }: ReferenceEntry, what: string, which: string, expected: string, actual: string): DigestMismatchError {
  return new DigestMismatchError(`${what}, which has changed since: its ${which} was ${expected} and is ${actual}`, {
    path,
    paths: [path],
    expected,
    actual,
  })
}

/** A page does not see `Content-Encoding`, but it sees how many bytes there should be. */
function wholeAnswer(path: string, answer: Answer): Answer {
  const told = answer.headers.get("content-length")
  if (answer.type !== "cors" || told === null || answer.body === undefined) return answer
  let left = Number(told)
  let held: Uint8Array | undefined
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.byteLength
      if (left < 0) throw compressed(path)
      // The last chunk is kept back until it is certain to be the last.
      if (held !== undefined) controller.enqueue(held)
      held = chunk
    },
    flush(controller) {
      if (left !== 0) throw compressed(path)
      if (held !== undefined) controller.enqueue(held)
    },
  })
  return { ...answer, body: answer.body.pipeThrough(watch as ReadableWritablePair<Uint8Array, Uint8Array>) }
}

function compressed(path: string): UnsupportedError {
  return new UnsupportedError(
    `"${path}" is stored with a Content-Encoding, which is undone on the way, and this store sends it no other way; AWS does to those with credentials. Read it with those and outside of a page, or store it without`,
    { path },
  )
}
