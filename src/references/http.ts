import { checkFunction, checkOptions, checkPositiveInteger, refuse } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import { baseName, entryPath } from "../core/path.ts"
import { DigestMismatchError, EntryNotFoundError, InvalidArgumentError, UnsupportedError } from "../errors.ts"
import { createRequester, type Fetch, type StoreAnswer } from "../net/request.ts"
import type { CallOptions, ReferencedContent, ReferenceEntry, ReferenceHandler, ReferenceUri, TrackOptions } from "../ports.ts"
import { hasEtag, stripQuotes } from "./etag.ts"
import { remoteContent } from "./remote.ts"
import { bareAddress } from "./uri.ts"

type HeaderMap = Readonly<Record<string, string>>

export interface HttpReferenceOptions {
  /** Only addresses of this origin, `"https://data.example.org"`; needed with `headers`. Default: every http and https address. */
  readonly origin?: string | URL | undefined
  /** Sent with each request to `origin` and never anywhere else, for instance `authorization`. A function is asked before every request. */
  readonly headers?: HeaderMap | (() => HeaderMap | Promise<HeaderMap>) | undefined
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Milliseconds without an answer, or without the next bytes of one, until a request counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
}

const MAX_HOPS = 10
const REDIRECTS = [301, 302, 303, 307, 308]
const GONE = [404, 410]
/** As Python sends it, since servers make it part of the ETag; browsers send their own. */
const encodings = { "accept-encoding": "gzip, deflate" }

/**
 * `http:` and `https:` references: one file each, identified by its ETag. As in Python the address recorded is the last one of the
 * redirects that led there, unless that one is signed and would expire; without an ETag the address itself stands for the content.
 * Browsers hide the ETag of other origins that do not list it in `Access-Control-Expose-Headers`: that is an `UnsupportedError`.
 */
export function httpReferences(options: HttpReferenceOptions = {}): ReferenceHandler {
  const { origin, get } = createGetter(options)
  return {
    handles: ({ scheme, text }) =>
      isWeb(scheme) && (origin === undefined || (URL.canParse(text) && new URL(text).origin === origin)),
    track: (uri, options) => trackAddress(get, uri, options),
    open: async (entry) => openAddress(get, entry),
  }
}

const isWeb = (scheme: string) => scheme === "http" || scheme === "https"

interface GetOptions extends CallOptions {
  readonly operation: string
  /** An entry path, or the address without its query. */
  readonly label: string
  readonly headers?: HeaderMap | undefined
}

type Answer = StoreAnswer & { readonly body: ReadableStream<Uint8Array> | undefined }
/** GET, redirects followed; undefined when nothing is there. */
type Get = (address: string, options: GetOptions) => Promise<Answer | undefined>

function createGetter(options: HttpReferenceOptions): { readonly origin: string | undefined; readonly get: Get } {
  const { headers, fetch, timeoutMs } = checkOptions("options", options, {
    origin: undefined,
    headers: undefined,
    fetch: checkFunction,
    timeoutMs: checkPositiveInteger,
  })
  if (options.origin !== undefined && !URL.canParse(options.origin))
    refuse("options.origin", "an origin such as https://example.org", options.origin)
  const origin = options.origin === undefined ? undefined : new URL(options.origin).origin
  if (headers !== undefined && origin === undefined)
    refuse("options.origin", "given with headers, which go to no other host", origin)
  const secrets = async () => (typeof headers === "function" ? headers() : headers) as HeaderMap | undefined
  // A redirect that fetch follows by itself would take the headers along.
  const redirect = headers === undefined ? "follow" : "manual"

  const ask = (url: string, { operation, label, signal, headers }: GetOptions) => {
    const name = new URL(url).origin
    const authorize = async () => ({
      url,
      headers: { ...encodings, ...(name === origin && (await secrets())), ...headers },
    })
    const requester = createRequester({ name, fetch, timeoutMs, redirect, authorize })
    return requester.stream({ operation, label, method: "GET", url, signal, expected: [...GONE, ...REDIRECTS, 0] })
  }
  const get: Get = async (address, options) => {
    let url = checkAddress(address)
    for (let hops = 0; hops <= MAX_HOPS; hops++) {
      const answer = await ask(url, options)
      if (answer.code === undefined) return answer
      if (GONE.includes(answer.status)) return undefined
      const location = answer.headers.get("location")
      if (location === null || !URL.canParse(location, url)) throw hiddenRedirect(options.label)
      url = checkAddress(new URL(location, url).href)
    }
    throw new UnsupportedError(`"${options.label}" leads through more than ${MAX_HOPS} redirects`, { path: options.label })
  }
  return { origin, get }
}

async function trackAddress(get: Get, uri: ReferenceUri, { name, checksum, signal }: TrackOptions): Promise<Entry[]> {
  const path = entryPath(name ?? baseName(uri.text), "options.name")
  if (!checksum) return [{ path, ref: uri.text, digest: uri.text }]
  const label = bareAddress(uri.text)
  const answer = await get(uri.text, { operation: "look up", label, signal })
  if (answer === undefined) throw new EntryNotFoundError(`Nothing is at ${label}`, { path: label })
  // Only its headers were asked for; HEAD is refused by addresses that are signed for GET.
  await answer.body?.cancel()
  const ref = isSigned(answer.url) && !isSigned(uri.text) ? uri.text : answer.url
  const etag = answer.headers.get("etag")
  if (etag === null && answer.type === "cors") throw hiddenEtag(label, "Pass checksum: false to track the address alone")
  const size = sizeOf(answer)
  return [
    {
      path,
      ref,
      digest: etag === null ? ref : stripQuotes(etag),
      ...(size !== undefined && { size }),
      ...(etag !== null && { extra: { etag } }),
    },
  ]
}

function openAddress(get: Get, entry: ReferenceEntry): ReferencedContent {
  const { path, ref, digest, size } = entry
  const isPinned = digest !== ref
  const content = remoteContent({
    label: path,
    // What was recorded may be the size on the line, before decompression.
    size: undefined,
    isPinned,
    async request(headers, { signal }) {
      const answer = await get(ref, { operation: "read", label: path, headers, signal })
      if (answer === undefined) {
        throw new EntryNotFoundError(`"${path}" references ${bareAddress(ref)}, and nothing is there any more`, { path })
      }
      const fault = isPinned ? compareEtag(entry, answer) : compareSize(entry, size, answer)
      if (fault === undefined) return answer
      await answer.body?.cancel()
      throw fault
    },
  })
  return { content, proof: isPinned ? "version" : "none", expect: undefined }
}

function compareEtag(entry: ReferenceEntry, { headers, type }: Answer): Error | undefined {
  const etag = headers.get("etag")
  if (etag !== null) return hasEtag(entry, etag) ? undefined : changed(entry, "ETag", entry.digest, stripQuotes(etag))
  if (type === "cors") return hiddenEtag(entry.path, "Read it outside of a page until then")
  return changed(entry, "ETag", entry.digest, undefined)
}

function compareSize(entry: ReferenceEntry, recorded: number | undefined, answer: Answer): Error | undefined {
  const found = answer.status === 200 ? sizeOf(answer) : undefined
  if (!recorded || found === undefined || found === recorded) return undefined
  return changed(entry, "size", `${recorded} bytes`, `${found} bytes`)
}

function changed({ path, ref }: ReferenceEntry, what: string, expected: string, actual: string | undefined): DigestMismatchError {
  return new DigestMismatchError(
    `"${path}" references ${bareAddress(ref)}, which has changed since: its ${what} was ${expected} and is ${actual ?? "not told any more"}`,
    { path, paths: [path], expected, ...(actual !== undefined && { actual }) },
  )
}

function hiddenEtag(label: string, advice: string): UnsupportedError {
  return new UnsupportedError(
    `The server of "${label}" does not let this page see an ETag: its CORS rules must list it in Access-Control-Expose-Headers. ${advice}`,
    { path: label },
  )
}

function hiddenRedirect(label: string): UnsupportedError {
  return new UnsupportedError(
    `"${label}" redirects to where this page may not see; reference the place it leads to, or leave out the headers`,
    { path: label },
  )
}

/** Bytes as `Content-Length` tells them: those on the line, which with a `Content-Encoding` are not those of the file. */
function sizeOf({ headers }: Answer): number | undefined {
  const size = Number(headers.get("content-length") ?? Number.NaN)
  return Number.isSafeInteger(size) ? size : undefined
}

function checkAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !isWeb(url.protocol.slice(0, -1))) {
    throw new InvalidArgumentError("uri", `${bareAddress(address)} is no http or https address`)
  }
  if (url.username !== "" || url.password !== "") {
    throw new InvalidArgumentError("uri", "An address must not hold a user or password; pass headers to httpReferences instead")
  }
  return address
}

/** Whether an address carries its permission, as S3, Cloud Storage, Azure and CloudFront write it. */
function isSigned(address: string): boolean {
  return /[?&](X-Amz-Signature|X-Goog-Signature|Signature|sig)=/i.test(address)
}
