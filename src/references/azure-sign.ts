import { base64Decode, base64Encode } from "../core/digest-text.ts"
import { InvalidArgumentError } from "../errors.ts"

interface Unsigned {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Headers that are signed by their place and not by their name; of requests without a body most stay empty. */
const PLACES = ["if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"]

/** The HMAC key that an account key is. Throws `InvalidArgumentError` that names `argument` for what is no base64. */
export function importAccountKey(argument: string, accountKey: string): Promise<CryptoKey> {
  const bytes = new Uint8Array(decodeKey(argument, accountKey))
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
}

function decodeKey(argument: string, accountKey: string): Uint8Array {
  try {
    return base64Decode(accountKey, argument)
  } catch {
    throw new InvalidArgumentError(argument, `${argument} must be the base64 text of an account's key`)
  }
}

/** The `authorization` header of a request without a body, as "Authorize with Shared Key" describes it for version 2015-02-21 and later. */
export async function signSharedKey(account: string, key: CryptoKey, { method, url, headers }: Unsigned): Promise<string> {
  const { pathname, searchParams } = new URL(url)
  const names = Object.keys(headers).filter((name) => name.startsWith("x-ms-"))
  const parameters = [...new Set([...searchParams.keys()].map((name) => name.toLowerCase()))].sort()
  const valuesOf = (wanted: string) => [...searchParams].filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)
  const text = [
    method,
    // Content-Encoding, -Language, -Length, -MD5 and -Type, and Date, which x-ms-date stands in for.
    ...["", "", "", "", "", ""],
    ...PLACES.map((name) => headers[name] ?? ""),
    ...names.sort().map((name) => `${name}:${headers[name]}`),
    `/${account}${pathname}`,
    ...parameters.map((name) => `${name}:${valuesOf(name).sort().join(",")}`),
  ].join("\n")
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text))
  return `SharedKey ${account}:${base64Encode(new Uint8Array(signature))}`
}
