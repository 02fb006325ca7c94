import { base64Encode } from "../core/digest-text.ts"

/** What a signed text says, and until when (Unix seconds) it counts. */
export type Claim<T> = T & { readonly until: number }

/**
 * Texts that prove that this server, or another with the same secret, wrote them: `payload.mac` in base64url, the MAC an HMAC-SHA256
 * over purpose and payload. A text made for one purpose is worth nothing for another.
 */
export interface Signer {
  sign<T extends object>(purpose: string, claim: T, expiresInSeconds: number): Promise<string>
  /** The claim, or undefined when it was altered, is for something else, or has expired. */
  verify<T>(purpose: string, text: string): Promise<Claim<T> | undefined>
}

/** The longest that is made names the 10,000 parts of a file. */
const maxTextLength = 512 * 1024

export function createSigner(secret: Uint8Array, now: () => number): Signer {
  let key: Promise<CryptoKey> | undefined
  const load = () =>
    (key ??= crypto.subtle.importKey("raw", new Uint8Array(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]))
  const message = (purpose: string, payload: string) => new TextEncoder().encode(`isofact ${purpose}\n${payload}`)
  const seconds = () => Math.floor(now() / 1000)
  return {
    async sign(purpose, claim, expiresInSeconds) {
      const until = seconds() + expiresInSeconds
      const payload = urlSafe(btoa(asciiJson({ ...claim, until })))
      const mac = await crypto.subtle.sign("HMAC", await load(), message(purpose, payload))
      return `${payload}.${urlSafe(base64Encode(new Uint8Array(mac)))}`
    },
    async verify<T>(purpose: string, text: string) {
      const [payload, mac, ...more] = text.length > maxTextLength ? [] : text.split(".")
      const bytes = mac === undefined || more.length > 0 ? undefined : fromBase64Url(mac)
      if (payload === undefined || bytes === undefined) return undefined
      // `subtle.verify` takes the same time wherever the two differ.
      if (!(await crypto.subtle.verify("HMAC", await load(), bytes, message(purpose, payload)))) return undefined
      const claim = JSON.parse(atob(unsafe(payload))) as Claim<T>
      return claim.until > seconds() ? claim : undefined
    },
  }
}

/** One byte for each character, which is all that `btoa` takes. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}

function unsafe(text: string): string {
  return text.replaceAll("-", "+").replaceAll("_", "/")
}

/** Only the one spelling that signing gives. */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  try {
    const bytes = Uint8Array.from(atob(unsafe(text)), (char) => char.charCodeAt(0))
    return urlSafe(base64Encode(bytes)) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
