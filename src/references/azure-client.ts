import { StorageError, UnsupportedError } from "../errors.ts"
import { createMarkerCheck } from "../net/markers.ts"
import { createRequester, type StoreAnswer, type StoreRequest } from "../net/request.ts"
import { readCode, readTag, readTags } from "../net/xml.ts"
import type { CallOptions } from "../ports.ts"
import type { AzureAccount } from "./azure-account.ts"
import { stripQuotes } from "./etag.ts"
import { advise, type StoredObject } from "./objects.ts"

/** What the service tells of a blob, or of one version of it. */
export interface AzureBlob {
  readonly key: string
  /** Without quotes. */
  readonly etag: string
  readonly size: number
  readonly versionId: string | undefined
  /** The stand-in for a folder of an account with a hierarchical namespace. */
  readonly isFolder: boolean
  readonly md5: string | undefined
  /** Whether fetch gives the bytes as they are stored. */
  readonly isPlain: boolean
}

export interface AzurePlace {
  /** Of the blob service, without a slash at its end. */
  readonly endpoint: string
  readonly container: string
  /** A signature of the caller's address; empty for none. */
  readonly sas: string
}

interface BlobRequest extends CallOptions {
  readonly key: string
  readonly versionId?: string | undefined
  /** For messages. */
  readonly label: string
}

export type AzureAnswer = StoreAnswer & { readonly body: ReadableStream<Uint8Array> | undefined }

/** Blobs of one container. Errors hold neither queries nor headers. */
export interface AzureClient {
  /** Undefined for a blob or a version that is not there. */
  find(request: BlobRequest): Promise<AzureBlob | undefined>
  /** All blobs whose names begin so; with `versions` also those that were. */
  list(prefix: string, request: CallOptions & { readonly label: string; readonly versions?: boolean }): AsyncGenerator<AzureBlob>
  /** An answer with a `code` for a blob that is gone, or another than the headers want. */
  read(request: BlobRequest, headers: Readonly<Record<string, string>>): Promise<AzureAnswer>
}

const WAY_OUT =
  "Pass token, sasToken or accountKey to azureReferences in platform.references, or set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN"

export function createAzureClient({ fetch, timeoutMs, authorize }: AzureAccount, place: AzurePlace): AzureClient {
  const { endpoint, container, sas } = place
  const name = `${endpoint}/${container}`
  const requester = createRequester({
    name,
    fetch,
    timeoutMs,
    authorize: ({ method, url, headers = {} }) => authorize({ method, url, headers, sas }),
    readCode,
  })
  const addressOf = (key: string | undefined, query: Readonly<Record<string, string | undefined>> = {}) => {
    const parts = key === undefined ? [container] : [container, ...key.split("/")]
    const words = Object.entries(query).flatMap(([word, value]) => (value ? [`${word}=${encodeURIComponent(value)}`] : []))
    return `${endpoint}/${parts.map(encodeURIComponent).join("/")}${words.length === 0 ? "" : `?${words.join("&")}`}`
  }
  const ask = (request: Omit<StoreRequest, "label"> & { label: string }) => advised(requester.text(request))

  return {
    async find({ key, versionId, label, signal }) {
      const url = addressOf(checkSegments(key), { versionid: versionId })
      const answer = await ask({
        operation: "look up",
        label,
        method: "HEAD",
        url,
        signal,
        expected: [404, ...(versionId ? [400] : [])],
      })
      if (answer.code === undefined) return describe(key, answer, label)
      refuseHidden(name, answer.headers.get("x-ms-error-code"))
      return undefined
    },
    async *list(prefix, { label, versions = false, signal }) {
      const check = createMarkerCheck(name, label)
      let marker: string | undefined
      do {
        const include = versions ? "versions" : "metadata"
        const url = addressOf(undefined, { restype: "container", comp: "list", prefix, include, maxresults: "5000", marker })
        const answer = await ask({ operation: "list", label, method: "GET", url, signal, expected: [404] })
        if (answer.code !== undefined) throw noContainer(name)
        if (!answer.body.includes("<EnumerationResults")) throw unreadable(name)
        yield* readTags(answer.body, "Blob").map((blob) => readBlob(blob, name))
        marker = readTag(answer.body, "NextMarker")
        if (marker) check(marker)
      } while (marker)
    },
    async read({ key, versionId, label, signal }, headers) {
      const url = addressOf(checkSegments(key), { versionid: versionId })
      const answer = await advised(
        requester.stream({ operation: "read", label, method: "GET", url, headers, signal, expected: [404, 412] }),
      )
      if (answer.status === 404) refuseHidden(name, answer.code)
      return answer
    },
  }
}

/** What an entry records of a blob. */
export function storedObject({ key, etag, size, versionId }: AzureBlob): StoredObject {
  return { key, digest: etag, size, extra: { etag, ...(versionId !== undefined && { versionID: versionId }) } }
}

function describe(key: string, { headers, type }: StoreAnswer, label: string): AzureBlob {
  const etag = headers.get("etag")
  if (etag === null && type === "cors") {
    throw new UnsupportedError(
      `The storage account of "${label}" does not let this page see an ETag: its CORS rules must expose ETag, x-ms-version-id, x-ms-meta-*, Content-MD5 and Content-Encoding. Pass checksum: false to track the address alone`,
      { path: label },
    )
  }
  const size = Number(headers.get("content-length") ?? Number.NaN)
  if (etag === null || !Number.isSafeInteger(size)) throw unreadable(label)
  return {
    key,
    etag: stripQuotes(etag),
    size,
    versionId: headers.get("x-ms-version-id") ?? undefined,
    isFolder: headers.get("x-ms-meta-hdi_isfolder") === "true",
    md5: headers.get("content-md5") ?? undefined,
    isPlain: /^(identity)?$/.test(headers.get("content-encoding") ?? ""),
  }
}

function readBlob(xml: string, container: string): AzureBlob {
  // Metadata has names of the user's choice, which must not stand in for those of the service.
  const [facts = "", metadata = ""] = xml.split("<Metadata>")
  const name = readTag(facts, "Name") ?? ""
  const isEncoded = /<Name\s+Encoded="true"/i.test(facts)
  return {
    key: isEncoded ? decodeName(name, container) : name,
    etag: stripQuotes(readTag(facts, "Etag") ?? ""),
    size: Number(readTag(facts, "Content-Length")),
    versionId: readTag(facts, "VersionId") || undefined,
    isFolder: readTag(metadata, "hdi_isfolder") === "true",
    md5: readTag(facts, "Content-MD5") || undefined,
    isPlain: !readTag(facts, "Content-Encoding"),
  }
}

function decodeName(name: string, container: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    throw unreadable(container)
  }
}

/** Addresses are tidied before they are sent, so such a name would lead to another blob. */
function checkSegments(key: string): string {
  if (!key.split("/").some((part) => part === "." || part === "..")) return key
  throw new UnsupportedError(
    `"${key}" has a part "." or "..", which no address can hold. Copy the blob to another name, or pass checksum: false`,
    {
      path: key,
    },
  )
}

async function advised<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw advise(error, WAY_OUT)
  }
}

/** Those who may not see a container are told that it is not there. */
function refuseHidden(name: string, code: string | undefined | null): void {
  if (code === "ContainerNotFound" || code === "ResourceNotFound") throw noContainer(name)
}

function noContainer(name: string): StorageError {
  const about = { operation: "look up", path: name, status: 404 }
  return new StorageError(`There is no container ${name}, or it is not public. ${WAY_OUT}`, about)
}

function unreadable(name: string): StorageError {
  return new StorageError(`${name} answered with something that no blob service says; is options.endpoint that of the account?`, {
    path: name,
  })
}
