/** `gs:` references: objects of Google Cloud Storage. @module isofact/references/gcs */
import { checkFunction, checkOptions, checkPositiveInteger, checkString, refuse } from "../core/check.ts"
import { type Digest, isDigest } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { entryPath } from "../core/path.ts"
import { DigestMismatchError, EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { Fetch } from "../net/request.ts"
import type { CallOptions, ReferencedContent, ReferenceEntry, ReferenceHandler, ReferenceUri, TrackOptions } from "../ports.ts"
import { createGcsClient, type GcsClient, type GcsObject, storedObject } from "./gcs-client.ts"
import { askToken, type GcsCredentials, type GcsToken, serviceAccount } from "./gcs-token.ts"
import { folderEntries, folderPrefix, objectEntry } from "./objects.ts"
import { remoteContent } from "./remote.ts"
import { bareAddress, parseReferenceUri } from "./uri.ts"

export type { GcsCredentials, GcsToken } from "./gcs-token.ts"

export interface GcsReferenceOptions {
  /** Default: none, which is enough for public objects. A function may be google-auth-library's `() => auth.getAccessToken()`. */
  readonly token?: GcsToken | undefined
  /** In place of `token`: the parsed JSON key file of a service account. */
  readonly credentials?: GcsCredentials | undefined
  /** The project that pays for requests to buckets whose owner does not. */
  readonly userProject?: string | undefined
  /** Default `https://storage.googleapis.com`. */
  readonly endpoint?: string | URL | undefined
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Milliseconds without an answer, or without the next bytes of one, until a request counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * `gs://bucket/key[#generation]`: an object, or everything below `key/`, through the JSON API. An entry records the API's etag, the
 * size and the generation, as Python does. Reading asks for that generation, which is the same bytes also when metadata was edited
 * since; a bucket that has let it go is a `DigestMismatchError` or an `EntryNotFoundError`.
 */
export function gcsReferences(options: GcsReferenceOptions = {}): ReferenceHandler {
  const connect = createConnector(options)
  return {
    handles: ({ scheme }) => scheme === "gs",
    track: async (uri, options) => trackObjects(connect(uri.authority), uri, options),
    open: async (entry, options = {}) => openObject(connect(parseReferenceUri(entry.ref).authority), entry, options),
  }
}

function createConnector(options: GcsReferenceOptions): (bucket: string) => GcsClient {
  const checked = checkOptions("options", options, {
    token: (place, token) => typeof token === "function" || checkString(place, token),
    credentials: checkCredentials,
    userProject: checkString,
    endpoint: (place, endpoint) => URL.canParse(String(endpoint)) || refuse(place, "an address", endpoint),
    fetch: checkFunction,
    timeoutMs: checkPositiveInteger,
  })
  const { token, credentials, userProject, fetch, timeoutMs } = checked
  if (token !== undefined && credentials !== undefined) refuse("options.credentials", "left out when there is a token", credentials)
  const source = credentials === undefined ? token : serviceAccount(credentials, { fetch, timeoutMs })
  const endpoint = String(checked.endpoint ?? "https://storage.googleapis.com").replace(/\/+$/, "")
  return (bucket) => {
    if (/^\.{0,2}$/.test(bucket)) throw new InvalidArgumentError("uri", "A gs: address must name a bucket, as in gs://bucket/key")
    return createGcsClient({ endpoint, bucket, userProject, fetch, timeoutMs, token: () => askToken(source) })
  }
}

function checkCredentials(place: string, value: unknown): void {
  const { client_email, private_key } = Object(value)
  if (typeof client_email === "string" && typeof private_key === "string") return
  refuse(
    place,
    "the key file of a service account, with client_email and private_key",
    value,
    "For other kinds of credentials pass a token.",
  )
}

/** A generation is a number; any other fragment belongs to the key. */
function cutUri(uri: ReferenceUri): { base: string; key: string; literal: string; generation: string | undefined } {
  const base = `gs://${uri.authority}/`
  const literal = uri.text.slice(uri.text.indexOf(":") + 3 + uri.authority.length).replace(/^\/+/, "")
  const key = uri.path.replace(/^\/+/, "")
  if (uri.fragment === "") return { base, key, literal, generation: undefined }
  const isGeneration = /^\d+$/.test(uri.fragment)
  return { base, key: isGeneration ? key : literal, literal, generation: isGeneration ? uri.fragment : undefined }
}

async function trackObjects(client: GcsClient, uri: ReferenceUri, options: TrackOptions): Promise<Entry[]> {
  const { base, key, literal, generation } = cutUri(uri)
  const { name, checksum, signal } = options
  const ref = base + key
  if (!checksum) return [{ path: entryPath(name ?? key, "options.name"), ref, digest: ref }]
  const find = (key: string, generation?: string) => client.find({ key, generation, label: key, signal })
  if (key !== "" && !key.endsWith("/")) {
    // A question mark begins a query, as in Python, unless there is an object that is called so.
    const found = (await find(key, generation)) ?? (uri.query === "" ? undefined : await find(literal))
    if (found !== undefined) return [objectEntry({ base, key }, storedObject(found), name)]
    if (generation !== undefined) {
      throw new EntryNotFoundError(`Object does not exist: ${ref}#${generation}`, { path: ref })
    }
  }
  return folderEntries({ base, key }, client.list(folderPrefix(key), key || base, { signal }), options)
}

async function openObject(client: GcsClient, entry: ReferenceEntry, { signal }: CallOptions): Promise<ReferencedContent> {
  const { path, digest, ref } = entry
  // Listings write keys as they are, with what looks like a query or a fragment.
  const { key, literal } = cutUri(parseReferenceUri(ref))
  if (digest === ref) return { content: contentOf(client, entry, literal), proof: "none", expect: undefined }
  const find = async (generation?: string) => {
    const found = await client.find({ key: literal, generation, label: path, signal })
    return found ?? (key === literal ? undefined : client.find({ key, generation, label: path, signal }))
  }
  const object = await findRecorded(entry, find)
  const content = contentOf(client, entry, object.name, object)
  const isPlain = object.contentEncoding === undefined || object.contentEncoding === "identity"
  if (isPlain && isDigest(object.md5Hash)) return { content, proof: "bytes", expect: object.md5Hash as Digest }
  return { content, proof: "version", expect: undefined }
}

async function findRecorded(
  entry: ReferenceEntry,
  find: (generation?: string) => Promise<GcsObject | undefined>,
): Promise<GcsObject> {
  const { path, ref, digest } = entry
  const recorded = entry.extra?.versionID
  const generation = recorded === undefined || recorded === null ? undefined : String(recorded)
  const kept = generation === undefined ? undefined : await find(generation)
  if (kept !== undefined) {
    if (isDigest(digest) && kept.md5Hash !== undefined && ![kept.md5Hash, kept.etag].includes(digest)) {
      throw changed(entry, `its MD5 was ${digest} and is ${kept.md5Hash}`, kept.md5Hash)
    }
    if (entry.size && entry.size !== Number(kept.size)) {
      throw changed(entry, `it had ${entry.size} bytes and has ${kept.size}`, kept.etag)
    }
    return kept
  }
  const current = await find()
  if (current === undefined) {
    throw new EntryNotFoundError(`"${path}" references ${bareAddress(ref)}, and nothing is there any more`, { path })
  }
  // Python's older releases recorded the MD5.
  if (digest === current.etag || digest === current.md5Hash) return current
  const what =
    generation === undefined
      ? `its etag was ${digest} and is ${current.etag}`
      : `it was generation ${generation}, which the bucket has not kept, and is ${current.generation}`
  throw changed(entry, what, current.etag)
}

/** Bytes of the generation of `object`; without, of whatever is there. */
function contentOf(client: GcsClient, { path, ref }: ReferenceEntry, key: string, object?: GcsObject) {
  const isStoredAsRead = object !== undefined && object.contentEncoding !== "gzip"
  return remoteContent({
    label: path,
    // What is stored compressed arrives unpacked, and nobody tells how long that is.
    size: isStoredAsRead ? Number(object.size) : undefined,
    isPinned: object !== undefined,
    async request(headers, { signal }) {
      const answer = await client.read({ key, generation: object?.generation, label: path, signal }, headers)
      if (answer !== undefined) return answer
      throw new EntryNotFoundError(`"${path}" references ${bareAddress(ref)}, and nothing is there any more`, { path })
    },
  })
}

function changed({ path, ref, digest }: ReferenceEntry, what: string, actual: string): DigestMismatchError {
  return new DigestMismatchError(`"${path}" references ${bareAddress(ref)}, which has changed since: ${what}`, {
    path,
    paths: [path],
    expected: digest,
    actual,
  })
}
