import { InvalidArgumentError, StorageError, UnsupportedError } from "../errors.ts"
import { createRequester, type Fetch, type StoreAnswer } from "../net/request.ts"
import { RequestFailure } from "../net/retry.ts"
import type { CallOptions } from "../ports.ts"
import { bareAddress } from "./uri.ts"

export type HeaderMap = Readonly<Record<string, string>>

export interface GetterOptions {
  /** Where `headers` go. */
  readonly origin: string | undefined
  readonly headers: HeaderMap | (() => HeaderMap | Promise<HeaderMap>) | undefined
  readonly fetch: Fetch | undefined
  readonly timeoutMs: number | undefined
}

export interface GetOptions extends CallOptions {
  readonly operation: string
  /** An entry path, or the address without its query. */
  readonly label: string
  /** With a `range`, status 416 is an answer. */
  readonly headers?: HeaderMap | undefined
}

export interface Answer extends StoreAnswer {
  readonly body: ReadableStream<Uint8Array> | undefined
  /** Whether headers may be there that this page is not shown. */
  readonly isFiltered: boolean
}

/** GET, redirects followed; undefined when nothing is there. */
export type Get = (address: string, options: GetOptions) => Promise<Answer | undefined>

const MAX_HOPS = 20
const GONE = [404, 410]
const LOCKED = [401, 403]
const REDIRECTS = [301, 302, 303, 307, 308]
/** What a page sees of a redirect that it does not want to be followed. */
const OPAQUE = 0
const BEYOND_END = 416
/** As Python sends it, since servers make it part of the ETag; browsers send their own. */
const encodings = { "accept-encoding": "gzip, deflate" }

export function createGet(options: GetterOptions): Get {
  const isPage = isFilteredHere()
  const send = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  // Outside of pages redirects are followed here: then `headers` do not go along, and a loop is told from a broken line.
  const redirect = isPage && options.headers === undefined ? "follow" : "manual"

  const ask = async (url: string, { operation, label, signal, headers = {} }: GetOptions): Promise<Answer> => {
    const name = new URL(url).origin
    const authorize = async () => ({ url, headers: await headersTo(name, options, headers) })
    const requester = createRequester({
      ...{ name, timeoutMs: options.timeoutMs, redirect, authorize },
      fetch: isPage ? sendFromPage(send) : send,
    })
    const expected = [...GONE, ...LOCKED, ...REDIRECTS, OPAQUE, ...("range" in headers ? [BEYOND_END] : [])]
    const answer = await requester.stream({ operation, label, method: "GET", url, signal, expected })
    return { ...answer, isFiltered: isPage && answer.type === "cors" }
  }
  return async (address, call) => {
    const { label } = call
    let url = webAddress(address)
    for (let hops = 0; hops <= MAX_HOPS; hops++) {
      if (url === undefined)
        throw new UnsupportedError(`"${label}" leads to what is no plain http or https address`, { path: label })
      const answer = await ask(url.href, call)
      const { code, status } = answer
      if (code === undefined || status === BEYOND_END) return { ...answer, url: spell(withFragment(answer.url, url)) }
      if (GONE.includes(status)) return undefined
      if (LOCKED.includes(status)) throw locked(call, url, options.origin, status)
      url = nextAddress(answer, url, label)
    }
    throw new StorageError(`"${label}" leads through more than ${MAX_HOPS} redirects`, { operation: call.operation, path: label })
  }
}

/** Pages keep this header to themselves, as they keep the headers of other origins. */
function isFilteredHere(): boolean {
  return !new Request("http://localhost/", { headers: encodings }).headers.has("accept-encoding")
}

async function headersTo(origin: string, options: GetterOptions, more: HeaderMap): Promise<Headers> {
  const given = origin !== options.origin ? {} : typeof options.headers === "function" ? await options.headers() : options.headers
  try {
    return new Headers({ ...encodings, ...Object.fromEntries(new Headers(given)), ...more })
  } catch {
    // The runtime's own words would repeat what is in them.
    throw new InvalidArgumentError("options.headers", "options.headers hold a name or a value that cannot be sent")
  }
}

/** A page is not told why a request failed. Asking for nothing but an answer tells rules that forbid to read it from a line that broke. */
function sendFromPage(fetch: Fetch): Fetch {
  return async (url, given) => {
    // What is there now, and not what the browser has kept of it.
    const init: RequestInit = { ...given, cache: "no-cache" }
    try {
      return await fetch(url, init)
    } catch (error) {
      const { signal } = init
      const answers = await fetch(url, { method: "HEAD", mode: "no-cors", signal: signal! }).catch(() => undefined)
      if (answers?.type !== "opaque") throw error
      // A part of what is kept compressed cannot be unpacked, which a page is not told either: the whole can.
      const headers = new Headers(init.headers)
      headers.delete("range")
      return await fetch(url, { ...init, headers }).catch(() => {
        if (signal?.aborted) throw error
        throw new RequestFailure("final", "its CORS rules do not let this page read it (Access-Control-Allow-Origin)")
      })
    }
  }
}

/** Where a redirect leads; undefined where no request goes. */
function nextAddress({ headers, status }: Answer, url: URL, label: string): URL | undefined {
  const location = headers.get("location")
  if (location === null) {
    const reason = status === OPAQUE ? "to where this page may not see; reference the place it leads to" : "without saying where to"
    throw new UnsupportedError(`"${label}" redirects ${reason}`, { path: label })
  }
  const next = webAddress(location, url)
  if (next?.hash === "") next.hash = url.hash
  return next
}

/** Undefined for what fetch would refuse: no web address, or one that holds a user or password. */
export function webAddress(address: string, base?: URL): URL | undefined {
  if (!URL.canParse(address, base)) return undefined
  const url = new URL(address, base)
  return /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" ? url : undefined
}

/** Python records fragments, and most runtimes leave them out of an answer's address. */
function withFragment(address: string, { hash }: URL): string {
  return address.includes("#") ? address : address + hash
}

const NEEDLESS = /^[A-Za-z0-9._~-]$/
const ENCODED = /[^A-Za-z0-9._~!#$%&'()*+,/:;=?@-]/g

/** An address as Python's `requests` would repeat it: where nothing else is known of a file, it compares addresses letter by letter. */
export function spell(address: string): string {
  const { href } = new URL(address)
  const pathStart = href.indexOf("/", href.indexOf("//") + 2)
  const rest = href
    .slice(pathStart)
    .replace(/%[0-9A-Fa-f]{2}/g, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16))
      return NEEDLESS.test(character) ? character : code.toUpperCase()
    })
    .replace(ENCODED, encodeURIComponent)
    .replace(/#$/, "")
    .replace(/^([^?#]*)\?(?=#|$)/, "$1")
  return href.slice(0, pathStart) + rest
}

function locked({ operation, label }: GetOptions, url: URL, origin: string | undefined, status: number): StorageError {
  const advice = isSecret(url.href)
    ? "The permission in the address may have run out"
    : url.origin === origin
      ? "Check the headers given to httpReferences"
      : `If it takes credentials, give platform.references httpReferences({ origin: "${url.origin}", headers })`
  return new StorageError(`Cannot ${operation} "${label}" in ${url.origin}: status ${status}. ${advice}`, {
    operation,
    path: label,
    status,
  })
}

/** What permissions are called in addresses: by S3, Cloud Storage, Azure and CloudFront, and by those who make their own. */
const SECRETS =
  /[?&]([\w.-]*(signature|token|secret|credential|passw(or)?d|(api|access|account|auth|subscription)[_-]?key)|sig|jwt|key|code|pwd|auth)=/i

/** Whether an address carries its permission. */
export function isSecret(address: string): boolean {
  return SECRETS.test(address) || bareAddress(address) !== address.replace(/[?#][\s\S]*$/, "")
}
