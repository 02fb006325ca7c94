import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  base64Decode,
  base64Encode,
  type Digest,
  digestFromBytes,
  digestFromHex,
  digestToHex,
  hexDecode,
  hexEncode,
  isDigest,
} from "../../src/core/digest-text.ts"
import { InvalidArgumentError } from "../../src/errors.ts"

const EMPTY = "1B2M2Y8AsgTpgAmY7PhCfg=="
const EMPTY_HEX = "d41d8cd98f00b204e9800998ecf8427e"

test("the digest of nothing, in both spellings", () => {
  expect(isDigest(EMPTY)).toBe(true)
  expect(digestToHex(EMPTY as Digest)).toBe(EMPTY_HEX)
  expect(digestFromHex(EMPTY_HEX)).toBe(EMPTY)
  expect(digestFromHex(EMPTY_HEX.toUpperCase())).toBe(EMPTY)
})

test.each([
  "",
  "abc",
  EMPTY.slice(0, -1),
  `${EMPTY}\n`,
  "1B2M2Y8AsgTpgAmY7PhCfh==",
  "1B2M2Y8AsgTpgAmY7PhC-_==",
  "../../../../../../../../",
  1,
  null,
  undefined,
])("%j is no digest", (value) => expect(isDigest(value)).toBe(false))

describe("properties", () => {
  const digestBytes = fc.uint8Array({ minLength: 16, maxLength: 16 })

  test("digests go both ways", () => {
    fc.assert(
      fc.property(digestBytes, (bytes) => {
        const digest = digestFromBytes(bytes)
        expect(digest).toBe(Buffer.from(bytes).toString("base64"))
        expect(isDigest(digest)).toBe(true)
        expect(digestFromHex(digestToHex(digest))).toBe(digest)
      }),
    )
  })

  test("base64 and hex are Node's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(base64Encode(bytes)).toBe(Buffer.from(bytes).toString("base64"))
        expect(hexEncode(bytes)).toBe(Buffer.from(bytes).toString("hex"))
        expect(base64Decode(base64Encode(bytes))).toEqual(bytes)
        expect(hexDecode(hexEncode(bytes))).toEqual(bytes)
      }),
    )
  })

  test("base64 text is decoded or refused, never both ways: one text per value", () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom("A", "B", "/", "=", "-", " "), { maxLength: 8 }).map((chars) => chars.join("")),
    )
    fc.assert(
      fc.property(text, (value) => {
        const canonical = Buffer.from(value, "base64").toString("base64") === value
        if (canonical) expect(base64Encode(base64Decode(value))).toBe(value)
        else expect(() => base64Decode(value)).toThrow(InvalidArgumentError)
      }),
      { numRuns: 1000 },
    )
  })
})

test("other lengths and types are refused", () => {
  expect(() => digestFromBytes(new Uint8Array(15))).toThrow(InvalidArgumentError)
  for (const hex of ["", "0", EMPTY_HEX.slice(1), `${EMPTY_HEX.slice(1)}g`, 1])
    expect(() => digestFromHex(hex as string)).toThrow(InvalidArgumentError)
  expect(() => hexDecode("abc")).toThrow(InvalidArgumentError)
  expect(() => base64Decode(undefined as never)).toThrow(InvalidArgumentError)
})
