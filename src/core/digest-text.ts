import { InvalidArgumentError } from "../errors.ts"
import { checkString, refuse } from "./check.ts"

declare const digestBrand: unique symbol

/**
 * MD5 of a file's bytes as W&B writes it: standard padded base64 of the 16 bytes, 24 characters, `1B2M2Y8AsgTpgAmY7PhCfg==` for
 * none. Exactly one text per digest, so `===` compares bytes.
 */
export type Digest = string & { readonly [digestBrand]: true }

const HEX = "0123456789abcdef"
// 21 free characters, then one whose last four bits are zero: anything else is a second spelling of the same bytes.
const DIGEST = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** Whether `value` is the base64 text of a 16-byte digest, in its one canonical spelling. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && value.length === 24 && DIGEST.test(value)
}

/** The text of 16 digest bytes. Throws `InvalidArgumentError` for any other length. */
export function digestFromBytes(bytes: Uint8Array): Digest {
  if (bytes.length !== 16) throw new InvalidArgumentError("bytes", `An MD5 digest has 16 bytes, got ${bytes.length}.`)
  return base64Encode(bytes) as Digest
}

/** Lowercase hex, 32 characters: how cache paths and URLs spell a digest. */
export function digestToHex(digest: Digest): string {
  return hexEncode(base64Decode(digest, "digest"))
}

/** From 32 hex digits of either case. Throws `InvalidArgumentError` for anything else. */
export function digestFromHex(hex: string): Digest {
  if (checkString("hex", hex).length !== 32) refuse("hex", "the 32 hex digits of an MD5", hex)
  return digestFromBytes(hexDecode(hex))
}

/** Standard alphabet, padded. For a few thousand bytes at most. */
export function base64Encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

/** The bytes of standard padded base64 in its canonical spelling; anything else is an `InvalidArgumentError`. */
export function base64Decode(text: string, argument = "text"): Uint8Array {
  const chars = decodeLeniently(checkString(argument, text))
  const bytes = new Uint8Array(chars.length)
  for (let at = 0; at < chars.length; at++) bytes[at] = chars.charCodeAt(at)
  // `atob` lets white space, missing padding and stray bits pass: whatever is not spelt as `btoa` would is refused.
  return btoa(chars) === text ? bytes : refuseBase64(argument, text)
}

function decodeLeniently(text: string): string {
  try {
    return atob(text)
  } catch {
    return ""
  }
}

function refuseBase64(argument: string, text: string): never {
  return refuse(argument, "standard base64 with its padding", text, "Not the URL-safe alphabet, and without spaces.")
}

/** Lowercase. */
export function hexEncode(bytes: Uint8Array): string {
  let text = ""
  for (const byte of bytes) text += HEX[byte >> 4]! + HEX[byte & 15]!
  return text
}

/** Either case; an odd length or another character is an `InvalidArgumentError`. */
export function hexDecode(text: string): Uint8Array {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(checkString("text", text))) {
    refuse("text", "pairs of hex digits", text)
  }
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
