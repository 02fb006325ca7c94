import { InvalidArgumentError } from "../errors.ts"
import { checkString, refuse } from "./check.ts"
import { show } from "./show.ts"

declare const digestBrand: unique symbol

/**
 * MD5 of a file's bytes as W&B writes it: standard padded base64 of the 16 bytes, 24 characters, `1B2M2Y8AsgTpgAmY7PhCfg==` for
 * none. Exactly one text per digest, so `===` compares bytes.
 */
export type Digest = string & { readonly [digestBrand]: true }

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
const BASE64_CHARS = Array.from(ALPHABET)
const BASE64_VALUES = new Int8Array(128).fill(-1)
for (let value = 0; value < 64; value++) BASE64_VALUES[ALPHABET.charCodeAt(value)] = value
const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

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

/** Standard alphabet, padded. */
export function base64Encode(bytes: Uint8Array): string {
  let text = ""
  let at = 0
  for (; at + 2 < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    text +=
      BASE64_CHARS[group >> 18]! + BASE64_CHARS[(group >> 12) & 63]! + BASE64_CHARS[(group >> 6) & 63]! + BASE64_CHARS[group & 63]!
  }
  const left = bytes.length - at
  if (left === 0) return text
  const group = (bytes[at]! << 16) | (left === 2 ? bytes[at + 1]! << 8 : 0)
  const third = left === 2 ? BASE64_CHARS[(group >> 6) & 63]! : "="
  return `${text}${BASE64_CHARS[group >> 18]}${BASE64_CHARS[(group >> 12) & 63]}${third}=`
}

/** The bytes of standard padded base64 in its canonical spelling; anything else is an `InvalidArgumentError`. */
export function base64Decode(text: string, argument = "text"): Uint8Array {
  const clean = checkString(argument, text)
  const padding = clean.endsWith("==") ? 2 : clean.endsWith("=") ? 1 : 0
  if (clean.length % 4 !== 0) refuseBase64(argument, text)
  const bytes = new Uint8Array((clean.length / 4) * 3 - padding)
  let group = 0
  let out = 0
  for (let at = 0; at < clean.length; at++) {
    const value = at < clean.length - padding ? (BASE64_VALUES[clean.charCodeAt(at)] ?? -1) : 0
    if (value < 0) refuseBase64(argument, text)
    group = (group << 6) | value
    if (at % 4 !== 3) continue
    for (let shift = 16; shift >= 0 && out < bytes.length; shift -= 8) bytes[out++] = group >> shift
    if (at === clean.length - 1 && padding > 0 && (group & (padding === 2 ? 0xffff : 0xff)) !== 0) refuseBase64(argument, text)
    group = 0
  }
  return bytes
}

function refuseBase64(argument: string, text: string): never {
  return refuse(argument, "standard base64 with its padding", text, "Not the URL-safe alphabet, and without spaces.")
}

/** Lowercase. */
export function hexEncode(bytes: Uint8Array): string {
  let text = ""
  for (const byte of bytes) text += HEX_PAIRS[byte]
  return text
}

/** Either case; an odd length or another character is an `InvalidArgumentError`. */
export function hexDecode(text: string): Uint8Array {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(checkString("text", text))) {
    throw new InvalidArgumentError("text", `text must be pairs of hex digits, got ${show(text)}.`)
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16)
  return bytes
}
