import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { exactText, plainJson, readMetadata, readObject } from "../../src/core/exact-json.ts"
import { InvalidArgumentError } from "../../src/errors.ts"

describe("exactText", () => {
  const textBeyond = (text: string) => exactText(text, JSON.parse(text))

  test.each([
    ['{"at":1795910371339000123}', '{"at":1795910371339000123}'],
    ['{ "lr" : 1.0 , "deep" : [ 1e3 , -0.0 ] }', '{"lr":1.0,"deep":[1e3,-0.0]}'],
    ['{"z":1,"10":2,"2":3}', '{"z":1,"10":2,"2":3}'],
    ['{"a b": "c  d\\" \\\\", "n": 2.0}', '{"a b":"c  d\\" \\\\","n":2.0}'],
  ])("%s says more than its value", (text, expected) => expect(textBeyond(text)).toBe(expected))

  test.each(["{}", ' { "a" : [ 1 , 0.5 , "b  c" , null , true ] }\n', '{"a":{"b":9007199254740991}}'])("%s does not", (text) =>
    expect(textBeyond(text)).toBeUndefined(),
  )

  test("whatever JavaScript writes says no more, with any white space", () => {
    const objects = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue())
    fc.assert(
      fc.property(objects, fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        return exactText(text, JSON.parse(text)) === undefined
      }),
    )
  })
})

describe("plainJson", () => {
  test.each([
    ['{"a":NaN,"b":[Infinity,-Infinity]}', { a: null, b: ["Infinity", "-Infinity"] }],
    ['{"NaN":"Infinity \\" NaN \\\\","c":NaN}', { NaN: 'Infinity " NaN \\', c: null }],
  ])("%s", (text, expected) => expect(JSON.parse(plainJson(text))).toEqual(expected))

  test("leaves JSON as it is", () => {
    fc.assert(fc.property(fc.json(), (text) => plainJson(text) === text))
  })
})

describe("readObject", () => {
  test("takes objects, and text, which it keeps where it says more", () => {
    expect(readObject({ a: 1 }, "x")).toEqual({ value: { a: 1 }, text: undefined })
    expect(readObject('{"a": 1.0}', "x")).toEqual({ value: { a: 1 }, text: '{"a":1.0}' })
    expect(readObject('{"a": 1}', "x").text).toBeUndefined()
  })

  test.each([null, 1, [], "", "1", "[]", "{", "null", '{"a":NaN}', `{"a":${"[".repeat(300)}${"]".repeat(300)}}`])(
    "%j is refused",
    (given) => expect(() => readObject(given, "x")).toThrow(InvalidArgumentError),
  )
})

describe("readMetadata", () => {
  test("keeps the text where it says more", () => {
    expect(readMetadata('{"a": 1.0, "b": NaN}')).toEqual({ metadata: { a: 1, b: null }, metadataText: '{"a":1.0,"b":null}' })
    expect(readMetadata('{"a": 1}')).toEqual({ metadata: { a: 1 }, metadataText: undefined })
  })

  test.each([undefined, null, "", "null", '"{\\"a\\":1.0}"', { a: 1 }])("%j has no such text", (given) =>
    expect(readMetadata(given).metadataText).toBeUndefined(),
  )
})
