import { StorageError, UnsupportedError } from "../errors.ts"
import { createMarkerCheck } from "../net/markers.ts"
import { createRequester, type Fetch, type StoreAnswer } from "../net/request.ts"
import type { CallOptions } from "../ports.ts"
import { parseJson } from "./gcs-token.ts"
import { advise, type StoredObject } from "./objects.ts"
import type { RemoteAnswer } from "./remote.ts"

/** An object as the JSON API describes it; numbers come as text. */
export interface GcsObject {
  readonly name: string
  readonly etag: string
  readonly generation: string
  readonly size: string
  /** Base64. Objects composed of others have none. */
  readonly md5Hash?: string | undefined
  readonly contentEncoding?: string | undefined
}

export interface GcsClientOptions {
  readonly endpoint: string
  readonly bucket: string
  readonly userProject: string | undefined
  readonly fetch: Fetch | undefined
  readonly timeoutMs: number | undefined
  readonly token: () => Promise<string | undefined>
}

interface ObjectRequest extends CallOptions {
  readonly key: string
  readonly generation?: string | undefined
  /** For messages. */
  readonly label: string
}

/** Objects of one bucket; undefined for one that is not there. Errors hold neither addresses nor headers. */
export interface GcsClient {
  find(request: ObjectRequest): Promise<GcsObject | undefined>
  list(prefix: string, label: string, options: CallOptions): AsyncGenerator<StoredObject>
  read(request: ObjectRequest, headers: Readonly<Record<string, string>>): Promise<RemoteAnswer | undefined>
}

const FIELDS = "name,etag,generation,size,md5Hash,contentEncoding"
const NO_BUCKET = "bucketNotFound"
const WAY_OUT =
  "Pass token or credentials to gcsReferences in platform.references; of the environment, GOOGLE_APPLICATION_CREDENTIALS names a file, which is not read: pass its parsed JSON as credentials"
const PAYER = "Its bucket bills who asks: pass userProject to gcsReferences in platform.references"

export function createGcsClient(options: GcsClientOptions): GcsClient {
  const { endpoint, bucket, userProject, fetch, timeoutMs } = options
  const name = `gs://${bucket}`
  const requester = createRequester({
    name,
    fetch,
    timeoutMs,
    readCode,
    async authorize({ url, headers }) {
      const token = await options.token()
      return { url, headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) } }
    },
  })
  const addressOf = (key: string | undefined, query: Readonly<Record<string, string | undefined>>) => {
    const url = new URL(`${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o`)
    // One path segment: slashes in it are encoded, and dots between them stay as they are.
    if (key === "." || key === "..") throw unsendable(`${name}/${key}`)
    if (key !== undefined) url.pathname += `/${encodeURIComponent(key)}`
    for (const [word, value] of Object.entries({ ...query, userProject }))
      if (value !== undefined) url.searchParams.set(word, value)
    return url.href
  }
  const missing = ({ code }: Pick<StoreAnswer, "code">) => {
    if (code === NO_BUCKET) throw noBucket(name)
    return code !== undefined
  }

  return {
    async find({ key, generation, label, signal }) {
      const url = addressOf(key, { generation, fields: FIELDS })
      const answer = await advised(requester.text({ operation: "look up", label, method: "GET", url, signal, expected: [404] }))
      if (missing(answer)) return undefined
      const found = parseJson(answer.body)
      if (!isObject(found)) throw unreadable(name)
      // A server without generations answers with the one it has.
      return generation === undefined || found.generation === generation ? found : undefined
    },
    async *list(prefix, label, { signal }) {
      const fields = `nextPageToken,items(${FIELDS})`
      const check = createMarkerCheck(name, label)
      let pageToken: string | undefined
      do {
        const url = addressOf(undefined, { prefix, maxResults: "1000", fields, pageToken })
        const answer = await advised(requester.text({ operation: "list", label, method: "GET", url, signal, expected: [404] }))
        if (answer.code !== undefined) throw noBucket(name)
        const { items = [], nextPageToken } = parseJson(answer.body) as { items?: unknown[]; nextPageToken?: string }
        if (!Array.isArray(items)) throw unreadable(name)
        for (const item of items) {
          if (!isObject(item)) throw unreadable(name)
          yield storedObject(item)
        }
        pageToken = nextPageToken
        if (pageToken) check(pageToken)
      } while (pageToken)
    },
    async read({ key, generation, label, signal }, headers) {
      const url = addressOf(key, { alt: "media", generation })
      const request = { operation: "read", label, method: "GET", url, headers, signal, expected: [404] } as const
      const answer = await advised(requester.stream(request))
      return missing(answer) ? undefined : answer
    },
  }
}

/** What an entry records of an object. */
export function storedObject({ name, etag, generation, size }: GcsObject): StoredObject {
  return { key: name, digest: etag, size: Number(size), extra: { versionID: Number(generation) } }
}

function isObject(item: unknown): item is GcsObject {
  const { name, etag, generation, size } = Object(item)
  return typeof name === "string" && typeof etag === "string" && [generation, size].every(isWhole)
}

/** Text of a number, or one. */
const isWhole = (value: unknown) => /^\d+$/.test(String(value)) && Number.isSafeInteger(Number(value))

async function advised<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof StorageError && error.message.includes("requesterPays")) {
      throw new StorageError(`${error.message}. ${PAYER}`, error.details, { cause: error.cause })
    }
    throw advise(error, WAY_OUT)
  }
}

function noBucket(name: string): StorageError {
  return new StorageError(`There is no bucket ${name}`, { operation: "look up", path: name, status: 404 })
}

/** Addresses are tidied before they are sent, so it would lead to the bucket. */
function unsendable(ref: string): UnsupportedError {
  return new UnsupportedError(`No address can hold the key of ${ref}. Copy the object to another name`, { path: ref })
}

function unreadable(name: string): StorageError {
  return new StorageError(
    `${name} answered with something that is no list of objects; is options.endpoint that of Cloud Storage?`,
    {
      path: name,
    },
  )
}

/** Google's word for what went wrong, and two that it leaves to its prose. */
function readCode(body: string): string | undefined {
  const { error } = parseJson(body) as { error?: { message?: unknown; errors?: { reason?: unknown }[] } }
  const message = String(error?.message ?? "")
  if (/bucket does not exist/i.test(message)) return NO_BUCKET
  if (/requester pays/i.test(message)) return "requesterPays"
  const reason = error?.errors?.[0]?.reason
  return typeof reason === "string" && /^\w+$/.test(reason) ? reason : undefined
}
