import { untilAborted } from "../bytes/streams.ts"
import { checkFunction, checkOptions, checkPositiveInteger, refuse } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import { baseName, entryPath } from "../core/path.ts"
import { DigestMismatchError, EntryNotFoundError, InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { Fetch } from "../net/request.ts"
import type { ReferencedContent, ReferenceEntry, ReferenceHandler, ReferenceUri, TrackOptions } from "../ports.ts"
import { hasEtag, hasWeakEtag, stripQuotes } from "./etag.ts"
import { type Answer, createGet, type Get, type HeaderMap, isSecret, webAddress } from "./http-get.ts"
import { remoteContent } from "./remote.ts"
import { bareAddress } from "./uri.ts"

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

/** Addresses that are looked up at once. */
const LOOKUPS = 16

/**
 * `http:` and `https:` references: one file each, identified by its ETag. As in Python the address recorded is the last one of the
 * redirects that led there, unless that one is signed and would expire; without an ETag the address itself stands for the content.
 * An entry that is given no name is called what stands after the last slash, query included unless it is a signature.
 * Browsers hide the ETag of other origins that do not list it in `Access-Control-Expose-Headers`: that is an `UnsupportedError`.
 */
export function httpReferences(options: HttpReferenceOptions = {}): ReferenceHandler {
  const checked = checkHttpOptions(options)
  const { origin } = checked
  const get = createGet(checked)
  const inTurn = createGate(LOOKUPS)
  return {
    handles: ({ scheme, text }) =>
      (scheme === "http" || scheme === "https") &&
      (origin === undefined || (URL.canParse(text) && new URL(text).origin === origin)),
    track: (uri, call) => untilAborted(trackAddress(get, inTurn, uri, call), call.signal),
    open: async (entry) => openAddress(get, entry),
  }
}

function checkHttpOptions(options: HttpReferenceOptions) {
  const { headers, fetch, timeoutMs } = checkOptions("options", options, {
    origin: (argument, value) => URL.canParse(String(value)) || refuse(argument, "an origin such as https://example.org", value),
    headers: undefined,
    fetch: checkFunction,
    timeoutMs: checkPositiveInteger,
  })
  if (headers !== undefined && options.origin === undefined)
    refuse("options.origin", "given with headers, which go to no other host", undefined)
  return { origin: options.origin && new URL(options.origin).origin, headers, fetch, timeoutMs }
}

type Gate = <T>(work: () => Promise<T>) => Promise<T>

/** Lets as many in at once, the others in the order in which they came. */
function createGate(places: number): Gate {
  const waiting: (() => void)[] = []
  let taken = 0
  return async (work) => {
    if (taken < places) taken++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) taken--
      else next()
    }
  }
}

async function trackAddress(get: Get, inTurn: Gate, uri: ReferenceUri, { name, checksum, signal }: TrackOptions): Promise<Entry[]> {
  const label = bareAddress(uri.text)
  // Paths are in messages and names of files, where a permission has no business.
  const path = entryPath(name ?? baseName(isSecret(uri.text) ? label : uri.text), "options.name")
  if (webAddress(uri.text) === undefined) {
    const advice = "If it takes a user and password, leave them out and give httpReferences their authorization header"
    throw new InvalidArgumentError("uri", `${label} must be a plain http or https address. ${advice}`)
  }
  if (!checksum) return [{ path, ref: uri.text, digest: uri.text }]
  const answer = await inTurn(async () => {
    const found = await get(uri.text, { operation: "look up", label, signal })
    // Only its headers were asked for; HEAD is refused by addresses that are signed for GET.
    await found?.body?.cancel()
    return found
  })
  if (answer === undefined) throw new EntryNotFoundError(`Nothing is at ${label}`, { path: label })
  const etag = etagOf(answer)
  if (etag === undefined && answer.isFiltered) throw hiddenEtag(label, "Pass checksum: false to track the address alone")
  const ref = isSecret(answer.url) && !isSecret(uri.text) ? uri.text : answer.url
  const size = lengthOf(answer)
  return [
    {
      path,
      ref,
      digest: etag === undefined ? ref : stripQuotes(etag),
      ...(size !== undefined && { size }),
      ...(etag !== undefined && { extra: { etag } }),
    },
  ]
}

function openAddress(get: Get, entry: ReferenceEntry): ReferencedContent {
  const { path, ref, digest } = entry
  // Python records an ETag of nothing as such.
  const hasVersion = digest !== ref && digest !== ""
  const ask = async (range: string | undefined, signal: AbortSignal | undefined): Promise<Answer> => {
    // A part of what is compressed on its way cannot be taken apart from the rest.
    const headers = range === undefined ? undefined : { range, "accept-encoding": "identity" }
    const answer = await get(ref, { operation: "read", label: path, headers, signal })
    if (answer === undefined) {
      throw new EntryNotFoundError(`"${path}" references ${bareAddress(ref)}, and nothing is there any more`, { path })
    }
    if (range !== undefined && (answer.status === 416 || (answer.status === 206 && isEncoded(answer)))) {
      // The whole is sent in its place, from which the part is cut.
      await answer.body?.cancel()
      return ask(undefined, signal)
    }
    if (hasVersion) checkEtag(entry, answer)
    else checkSize(entry, answer)
    return answer
  }
  const content = remoteContent({
    label: path,
    // What was recorded may be the size on the line, before decompression.
    size: undefined,
    isPinned: hasVersion && !hasWeakEtag(entry),
    async request({ range }, { signal }) {
      const answer = await ask(range, signal)
      return { ...answer, size: sizeOf(answer) }
    },
  })
  return { content, proof: hasVersion ? "version" : "none", expect: undefined }
}

function checkEtag(entry: ReferenceEntry, answer: Answer): void {
  const etag = etagOf(answer)
  if (etag === undefined && answer.isFiltered) throw hiddenEtag(entry.path, "Read it outside of a page until then")
  if (etag === undefined || !hasEtag(entry, etag)) throw changed(entry, "ETag", entry.digest, etag && stripQuotes(etag))
}

function checkSize(entry: ReferenceEntry, answer: Answer): void {
  const found = answer.status === 200 ? sizeOf(answer) : undefined
  if (entry.size && found !== undefined && found !== entry.size) {
    throw changed(entry, "size", `${entry.size} bytes`, `${found} bytes`)
  }
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

/** One that is empty identifies nothing. */
function etagOf({ headers }: Answer): string | undefined {
  const etag = headers.get("etag") ?? ""
  return stripQuotes(etag) === "" ? undefined : etag
}

/** Bytes on the line: of the file, unless it is compressed on its way. */
function lengthOf({ headers }: Answer): number | undefined {
  return numberOf(headers.get("content-length"))
}

/** Bytes of the whole file, when that is certain. */
function sizeOf(answer: Answer): number | undefined {
  if (answer.status === 206) return numberOf(answer.headers.get("content-range")?.split("/")[1])
  return answer.isFiltered || isEncoded(answer) ? undefined : lengthOf(answer)
}

function isEncoded({ headers }: Answer): boolean {
  return !/^(identity)?$/i.test(headers.get("content-encoding") ?? "")
}

function numberOf(text: string | null | undefined): number | undefined {
  const number = Number(text ?? Number.NaN)
  return text !== "" && Number.isSafeInteger(number) ? number : undefined
}
