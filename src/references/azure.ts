/** References to blobs of Azure Storage. @module isofact/references/azure */
import { type Digest, isDigest } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { entryPath } from "../core/path.ts"
import { DigestMismatchError, EntryNotFoundError, InvalidArgumentError, StorageError, UnsupportedError } from "../errors.ts"
import type {
  CallOptions,
  Content,
  ReferencedContent,
  ReferenceEntry,
  ReferenceHandler,
  ReferenceUri,
  TrackOptions,
} from "../ports.ts"
import { type AzureReferenceOptions, azureAccount } from "./azure-account.ts"
import { type AzureBlob, type AzureClient, type AzurePlace, createAzureClient, storedObject } from "./azure-client.ts"
import { hasEtag } from "./etag.ts"
import { folderEntries, folderPrefix, objectEntry } from "./objects.ts"
import { remoteContent } from "./remote.ts"
import { bareAddress, isAzureHost, parseReferenceUri } from "./uri.ts"

export type { AzureReferenceOptions } from "./azure-account.ts"

/**
 * `https://<account>.blob.core.windows.net/<container>/<blob>[?versionId=…]`: a blob, or everything below `<blob>/`. An entry records
 * the ETag, the size and the version, as Python does. A shared access signature in the address is used for that call and is in no entry.
 * Reading gives the version recorded for as long as the account keeps it; otherwise it is a `DigestMismatchError`.
 */
export function azureReferences(options: AzureReferenceOptions = {}): ReferenceHandler {
  const account = azureAccount(options)
  const connect = (place: AzurePlace) => createAzureClient(account, place)
  const cut = (uri: ReferenceUri) => cutUri(uri, account.endpoint)
  return {
    handles: (uri) => endpointIn(uri, account.endpoint) !== undefined,
    track: async (uri, options) => trackBlobs(connect, cut(uri), options),
    open: async (entry, options = {}) => openBlob(connect, cut(parseReferenceUri(entry.ref)), entry, options),
  }
}

interface Place extends AzurePlace {
  /** What comes before the key in a reference. */
  readonly base: string
  readonly key: string
  /** The key with what looks like a query or a fragment; the same as `key` where that holds a signature. */
  readonly literal: string
  readonly versionId: string | undefined
}

type Connect = (place: AzurePlace) => AzureClient

/** The blob service that an address is of: the one that is given, or any of the public cloud, by Python's rule. */
function endpointIn({ text, scheme, authority }: ReferenceUri, endpoint: string | undefined): string | undefined {
  if (endpoint !== undefined) return text.startsWith(`${endpoint}/`) ? endpoint : undefined
  return isAzureHost(scheme, authority) ? `https://${authority}` : undefined
}

function cutUri(uri: ReferenceUri, given: string | undefined): Place {
  const endpoint = endpointIn(uri, given)
  const rest = endpoint === undefined ? "" : bareAddress(uri.text).slice(endpoint.length + 1)
  const [container = ""] = rest.split("/", 1)
  if (endpoint === undefined || /^\.{0,2}$/.test(container)) {
    throw new InvalidArgumentError(
      "uri",
      `${bareAddress(uri.text)} must name a container, as in https://account.blob.core.windows.net/container/blob`,
    )
  }
  const key = rest.slice(container.length + 1)
  const base = `${endpoint}/${container}/`
  const { sas, versionId, isSnapshot } = readQuery(uri.query)
  if (isSnapshot)
    throw new UnsupportedError("Snapshots cannot be tracked; turn on versioning and give a versionId", { argument: "uri" })
  return { endpoint, container, base, key, literal: sas === "" ? uri.text.slice(base.length) : key, sas, versionId }
}

/** Everything beside the version belongs to a signature if there is one; otherwise it means nothing, as in Python. */
function readQuery(query: string): { sas: string; versionId: string | undefined; isSnapshot: boolean } {
  const parts = query.split("&")
  const nameOf = (part: string) => part.split("=", 1)[0]!.toLowerCase()
  const sas = parts.filter((part) => nameOf(part) !== "versionid").join("&")
  return {
    sas: parts.some((part) => nameOf(part) === "sig") ? sas : "",
    versionId: new URLSearchParams(parts.find((part) => nameOf(part) === "versionid")).values().next().value || undefined,
    isSnapshot: parts.some((part) => nameOf(part) === "snapshot"),
  }
}

async function trackBlobs(connect: Connect, place: Place, options: TrackOptions): Promise<Entry[]> {
  const { base, key, versionId } = place
  const { name, checksum, signal } = options
  const ref = base + key
  if (!checksum) return [{ path: entryPath(name ?? key, "options.name"), ref, digest: ref }]
  const client = connect(place)
  let folder = key
  for (const spelling of spellings(key)) {
    const blob = isFolderKey(spelling) ? undefined : await client.find({ key: spelling, versionId, label: spelling, signal })
    if (blob !== undefined && !blob.isFolder) return [objectEntry({ base, key: spelling }, storedObject(blob), name)]
    // A folder has to be looked for under the name that there is.
    if (blob !== undefined) folder = spelling
  }
  if (versionId !== undefined) throw new EntryNotFoundError(`${ref} has no version ${versionId}`, { path: ref })
  return listFolder(client, { base, key: folder }, options)
}

async function listFolder(
  client: AzureClient,
  { base, key }: Pick<Place, "base" | "key">,
  options: TrackOptions,
): Promise<Entry[]> {
  const blobs = client.list(folderPrefix(key), { label: key || base, signal: options.signal })
  return folderEntries({ base, key }, filesOf(blobs), options)
}

async function* filesOf(blobs: AsyncIterable<AzureBlob>) {
  for await (const blob of blobs) if (!blob.isFolder) yield storedObject(blob)
}

const isFolderKey = (key: string) => key === "" || key.endsWith("/")

/** Names are meant as they stand, as in Python; an address that was copied from a browser has them percent-encoded. */
function spellings(...keys: readonly string[]): string[] {
  return [...new Set([...keys, ...keys.map(decode)])]
}

function decode(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

async function openBlob(
  connect: Connect,
  place: Place,
  entry: ReferenceEntry,
  { signal }: CallOptions,
): Promise<ReferencedContent> {
  const client = connect(place)
  if (entry.digest === entry.ref) return { content: contentOf(client, entry, place), proof: "none", expect: undefined }
  const blob = await findRecorded(client, place, entry, { signal })
  const content = contentOf(client, entry, blob, blob)
  if (blob.isPlain && isDigest(blob.md5)) return { content, proof: "bytes", expect: blob.md5 as Digest }
  return { content, proof: "version", expect: undefined }
}

async function findRecorded(client: AzureClient, place: Place, entry: ReferenceEntry, options: CallOptions): Promise<AzureBlob> {
  const label = entry.path
  const recorded = entry.extra?.versionID
  const keys = spellings(place.literal, place.key)
  const find = async (versionId?: string) => {
    for (const key of keys) {
      const blob = await client.find({ key, versionId, label, ...options })
      if (blob !== undefined) return blob
    }
    return undefined
  }
  const kept = typeof recorded === "string" ? await find(recorded) : undefined
  if (kept !== undefined) {
    if (entry.size && entry.size !== kept.size) throw changed(entry, `it had ${entry.size} bytes and has ${kept.size}`, kept.etag)
    return { ...kept, versionId: String(recorded) }
  }
  const current = await find()
  if (current !== undefined && hasEtag(entry, current.etag)) return { ...current, versionId: undefined }
  const former = await findFormer(client, keys, entry, options)
  if (former !== undefined) return former
  if (current !== undefined) throw changed(entry, `its ETag was ${entry.digest} and is ${current.etag}`, current.etag)
  throw gone(entry)
}

/** The version that has the ETag recorded, if the account keeps versions and lets them be listed. */
async function findFormer(
  client: AzureClient,
  keys: readonly string[],
  entry: ReferenceEntry,
  options: CallOptions,
): Promise<AzureBlob | undefined> {
  try {
    for (const key of keys) {
      for await (const blob of client.list(key, { label: entry.path, versions: true, ...options })) {
        // Listings are sorted, so what only begins like it comes after all of its versions.
        if (blob.key !== key) break
        if (blob.versionId !== undefined && hasEtag(entry, blob.etag)) return blob
      }
    }
  } catch (error) {
    // Such an account, or such a permission, has no older versions to offer.
    const status = error instanceof StorageError ? error.details.status : undefined
    if (status === undefined || status >= 500 || status === 429) throw error
  }
  return undefined
}

/** Bytes of the version, or of the ETag, of `blob`; without, of whatever is there. */
function contentOf(client: AzureClient, entry: ReferenceEntry, { key }: Pick<Place, "key">, blob?: AzureBlob): Content {
  const { path } = entry
  return remoteContent({
    label: path,
    // What fetch unpacks is of another length than what is stored.
    size: blob?.isPlain ? blob.size : undefined,
    isPinned: blob !== undefined,
    async request(headers, { signal }) {
      const { versionId } = blob ?? {}
      const match = blob !== undefined && versionId === undefined ? { "if-match": `"${blob.etag}"` } : {}
      const answer = await client.read({ key, versionId, label: path, signal }, { ...headers, ...match })
      if (answer.code === undefined) return answer
      if (answer.status === 412) throw changed(entry, "it was overwritten while it was read")
      throw gone(entry)
    },
  })
}

function gone({ path, ref }: ReferenceEntry): EntryNotFoundError {
  return new EntryNotFoundError(`"${path}" references ${bareAddress(ref)}, and nothing is there any more`, { path })
}

function changed({ path, ref, digest }: ReferenceEntry, what: string, actual?: string): DigestMismatchError {
  return new DigestMismatchError(`"${path}" references ${bareAddress(ref)}, which has changed since: ${what}`, {
    path,
    paths: [path],
    expected: digest,
    ...(actual !== undefined && { actual }),
  })
}
