import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { checkMetadata } from "../../src/core/metadata.ts"
import { InvalidArgumentError } from "../../src/errors.ts"
import { json } from "./arbitraries.ts"

const nest = (levels: number): unknown => (levels === 0 ? 1 : { a: nest(levels - 1) })

describe("checkMetadata takes", () => {
  test.each([
    [undefined, {}],
    [null, {}],
    ["", {}],
    ["null", {}],
    [" {} ", {}],
    ['{"a":1}', { a: 1 }],
    ['"{}"', {}],
    ['{"a":NaN,"NaN":"NaN \\" NaN"}', { a: null, NaN: 'NaN " NaN' }],
    ['{"a":NaN,"\\\\":"NaN\\\\","b":[NaN,"-Infinity"]}', { a: null, "\\": "NaN\\", b: [null, "-Infinity"] }],
    ['{"a":1,"a":2}', { a: 2 }],
    [
      { a: Number.NaN, b: { c: [Number.NaN] } },
      { a: null, b: { c: [null] } },
    ],
    [
      { when: new Date(0), where: new URL("https://example.test/") },
      { when: "1970-01-01T00:00:00.000Z", where: "https://example.test/" },
    ],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [{ a: -0 }, { a: 0 }],
  ])("%j", (value, result) => expect(checkMetadata(value)).toStrictEqual(result))

  test("100 keys, and nesting of 200 levels, as Python does", () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))
    expect(Object.keys(checkMetadata(keys(100)))).toHaveLength(100)
    expect(() => checkMetadata(keys(101))).toThrow(/more than 100 keys, got 101/)
    expect(checkMetadata(nest(200))).toEqual(nest(200))
    expect(() => checkMetadata(nest(201))).toThrow(InvalidArgumentError)
    expect(() => checkMetadata(`${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}`)).toThrow(InvalidArgumentError)
  })

  test("a long way down is named by its start and its end", () => {
    const deep = Array.from({ length: 199 }).reduce((inner) => [inner], [1] as unknown)
    const place = `metadata.a${"[0]".repeat(200)}`
    const named = `${place.slice(0, 60)}…${place.slice(-20)}`
    expect(() => checkMetadata({ a: deep })).toThrow(`${named} is nested more than 200 levels deep.`)
    const owls = "🦉".repeat(100)
    expect(() => checkMetadata({ [owls]: Number.POSITIVE_INFINITY })).toThrow(/^metadata\["[^\ud800-\udfff]+…/u)
  })

  test.each(["null", "NaN"])("a text of many megabytes beside %s", (number) => {
    const long = "x".repeat(10_000_000)
    expect(checkMetadata(`{"a":${number},"long":"${long}"}`)).toEqual({ a: null, long })
  })

  test("a copy: later changes to the value do not reach it", () => {
    const value = { deep: { list: [1] } }
    const copy = checkMetadata(value)
    value.deep.list.push(2)
    expect(copy).toEqual({ deep: { list: [1] } })
  })

  test("an own __proto__ as a key like any other", () => {
    const copy = checkMetadata('{"__proto__":{"polluted":true}}')
    expect(Object.keys(copy)).toEqual(["__proto__"])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test("property: any JSON object, unchanged, also as text", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), json), (value) => {
        const normal = JSON.parse(JSON.stringify(value))
        expect(checkMetadata(value)).toEqual(normal)
        expect(checkMetadata(JSON.stringify(value))).toEqual(normal)
      }),
    )
  })
})

describe("checkMetadata refuses", () => {
  const cycle: { self?: unknown; twice?: unknown } = {}
  cycle.self = cycle
  cycle.twice = cycle
  const failing = {
    get a(): never {
      throw new Error("no")
    },
  }
  class Custom {}

  test.each([
    [{ a: { b: Number.POSITIVE_INFINITY } }, "metadata.a.b"],
    [{ a: [1, Number.NEGATIVE_INFINITY] }, "metadata.a[1]"],
    ['{"a":{"b":-Infinity}}', "metadata.a.b"],
    ['{"a":1e999}', "metadata.a"],
    [{ a: undefined }, "metadata.a"],
    [{ "a b": { c: undefined } }, 'metadata["a b"].c'],
    [{ a: () => 1 }, "metadata.a"],
    [{ a: Symbol("s") }, "metadata.a"],
    [{ a: 1n }, "metadata.a"],
    [{ a: new Map() }, "metadata.a"],
    [{ a: new Set() }, "metadata.a"],
    [{ a: new Custom() }, "metadata.a"],
    [{ a: new Uint8Array(1) }, "metadata.a"],
    [{ a: Buffer.from("x") }, "metadata.a"],
    [{ a: new ArrayBuffer(1) }, "metadata.a"],
    [{ a: "\ud800" }, "metadata.a"],
    [{ a: new Array(1) }, "metadata.a[0]"],
    [cycle, "metadata.self"],
    [new Map(), "metadata"],
    [new Date(), "metadata"],
    [[], "metadata"],
    [1, "metadata"],
    [true, "metadata"],
    [() => ({}), "metadata"],
    ["[1]", "metadata"],
    ["1", "metadata"],
    ["{", "metadata"],
    ["nope", "metadata"],
  ])("%o at %s", (value, argument) => {
    expect(() => checkMetadata(value)).toThrow(InvalidArgumentError)
    expect(() => checkMetadata(value)).toThrow(expect.objectContaining({ details: { argument } }))
  })

  test("text without an end, before it takes time", { timeout: 5000 }, () => {
    expect(() => checkMetadata(`{"a":"${'\\"'.repeat(100_000)}`)).toThrow(InvalidArgumentError)
  })

  test("a getter that throws, as the cause", () => {
    expect(() => checkMetadata(failing)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", cause: new Error("no") }))
  })

  test("an invalid Date is null to JSON, and so here", () =>
    expect(checkMetadata({ a: new Date(Number.NaN) })).toEqual({ a: null }))

  test("and says what to do", () => {
    expect(() => checkMetadata({ run: { tags: new Set(["a"]) } })).toThrow("metadata.run.tags is a Set. Use Array.from(set).")
    expect(() => checkMetadata({ seed: undefined })).toThrow(
      "metadata.seed is undefined, which JSON cannot hold. Leave the key out, or use null.",
    )
  })
})
