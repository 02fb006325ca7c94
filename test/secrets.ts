/** The keys, tokens and secrets of all tests, and what finds them in a text that others may read. */

const known = new Set<string>()
let pattern: RegExp | undefined

/** From now on `text` is a secret: no error, log or output may show it. */
export function secret<T extends string>(text: T): T {
  known.add(text)
  pattern = undefined
  return text
}

/** Of a client whose server is in memory, in another process or in a Worker. */
export const apiKey = secret("local-0123456789abcdef0123456789abcdef01234567")
export const annsKey = secret(`ann${"a".repeat(40)}`)
export const bensKey = secret(`ben${"b".repeat(40)}`)
export const starKey = secret(`star${"c".repeat(40)}`)
export const interopKey = secret("interop0123456789interop0123456789interop")
export const pagesKey = secret("worker0123456789worker0123456789worker012345")

/** What servers sign with. */
export const serverSecret = secret("a secret of at least thirty-two bytes")
export const siteSecret = secret("a secret of more than thirty-two bytes")
export const otherSecret = secret("another secret of more than thirty-two bytes")
export const sharedSecret = secret("the same for every process of this test")
export const workerSecret = secret("at least thirty-two bytes, surely")

/** What is made anew in each run, by its shape. */
export const shapes: Readonly<Record<string, RegExp>> = {
  "a signed address": /[?&]sig=[\w.%+/-]{16,}/,
  "a signed text of our server: an address's, a token's, a session's": /\beyJ[\w-]{16,}\.[\w-]{43}/,
  "a token": /\bisofact\.[\w-]{16,}\.[\w-]{16,}/,
  "a session": /\bisofact_session=[\w.-]{16,}/,
  "an address signed for S3": /\bX-Amz-(?:Signature|Security-Token)=[\w%-]{16,}/,
  "an address signed for Cloud Storage": /\bX-Goog-Signature=\w{16,}/,
  "an authorization": /\b(?:Basic|Bearer) [\w+/.-]{24,}/,
  "a key of W&B's": /\blocal-[a-z0-9]{40}\b/,
}

/** Every secret in `text`, as far as may be shown. */
export function secretsIn(text: string): string[] {
  pattern ??= new RegExp(
    [...[...known].flatMap(spellings).map(quote), ...Object.values(shapes).map(({ source }) => source)].join("|"),
    "gi",
  )
  return Array.from(text.matchAll(pattern), ([found]) => `${found.slice(0, 12)}… (${found.length} characters)`)
}

/** Itself, in an address, in a header, in JSON. */
function spellings(text: string): string[] {
  return [...new Set([text, encodeURIComponent(text), btoa(`api:${text}`).replace(/=+$/, ""), JSON.stringify(text).slice(1, -1)])]
}

const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
