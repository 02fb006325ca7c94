/** spec/media.md 2: JSON text as Python writes it, and what it reads of it. Python's own answers for random values are compared by the interop suite. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { pythonJson } from "../../src/media/python-json.ts"
import { readPythonJson } from "../../src/media/python-json-read.ts"
import { PyFloat } from "../../src/media/python-number.ts"
import { pythonRepr } from "../../src/media/python-repr.ts"

describe("what is written", () => {
  test.each<[unknown, string]>([
    [0, "0"],
    [-0, "-0.0"],
    [new PyFloat(1), "1.0"],
    [1.5, "1.5"],
    [1e16, "1e+16"],
    [new PyFloat(1e15), "1000000000000000.0"],
    [1e-5, "1e-05"],
    [0.0001, "0.0001"],
    [5e-324, "5e-324"],
    [1.5e300, "1.5e+300"],
    [123456789012345680n, "123456789012345680"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [[true, false, null, undefined], "[true, false, null, null]"],
    ["é\ud83d\ude00\ud800", '"\\u00e9\\ud83d\\ude00\\ud800"'],
    ['\u0000\b\t\n\f\r\u001f\u007f"\\/', '"\\u0000\\b\\t\\n\\f\\r\\u001f\\u007f\\"\\\\/"'],
    [{ b: 1, a: { d: 1, c: [] } }, '{"a": {"c": [], "d": 1}, "b": 1}'],
    [{ "\ud83d\ude00": 1, "\uffee": 2 }, '{"\\uffee": 2, "\\ud83d\\ude00": 1}'],
    [
      new Map([
        [2, "b"],
        [1, "a"],
      ]),
      '{"1": "a", "2": "b"}',
    ],
  ])("%o is %s", (value, text) => expect(pythonJson(value)).toBe(text))

  test.each([[() => 1], [Symbol("a")], [new Date()], [new (class A {})()]])("%s is refused", (value) => {
    expect(() => pythonJson({ a: value }, "thing")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }))
  })

  test("a cycle is refused", () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => pythonJson(cycle)).toThrow("contains itself")
  })
})

describe("what is read", () => {
  test.each<[string, unknown]>([
    ["[NaN, Infinity, -Infinity]", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['["NaN", "a NaN"]', ["NaN", "a NaN"]],
    ["[9007199254740993, -9007199254740993, 9007199254740991]", [9007199254740993n, -9007199254740993n, 9007199254740991]],
    ["[1234567890123456.5, 1e400]", [1234567890123456.5, Number.POSITIVE_INFINITY]],
    ['{"a": NaN, "\\ue000": "\\ue000", "b": "\ue000x"}', { a: Number.NaN, "\ue000": "\ue000", b: "\ue000x" }],
  ])("%s", (text, value) => expect(readPythonJson(text, "t")).toEqual(value))

  test.each(["", "{", "[1,]", "nan", "[Infinit]", "{NaN: 1}", "'a'", "[1] 2"])("%s is refused", (text) => {
    expect(() => readPythonJson(text, "thing")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }))
  })

  test("is what was written, whatever it is", () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.bigInt().filter((big) => !Number.isSafeInteger(Number(big))),
        fc.string({ unit: "binary" }),
        fc.array(tie("value")),
        fc.dictionary(
          fc.string({ unit: "binary" }).filter((name) => name !== "__proto__"),
          tie("value"),
          { noNullPrototype: true },
        ),
      ),
    }))
    fc.assert(
      fc.property(value, (any) => {
        const text = pythonJson(any)
        expect(text).toMatch(/^[ -~]*$/)
        expect(readPythonJson(text, "t")).toEqual(any)
      }),
      { numRuns: 2000 },
    )
  })
})

test.each<[unknown, string]>([
  ["it's", '"it\'s"'],
  ['it\'s "so"', "'it\\'s \"so\"'"],
  ["a\n\u00a0\u200b\ud800café", "'a\\n\\xa0\\u200b\\ud800café'"],
  [[{ id: 1, name: "a" }, null, true, 1.5], "[{'id': 1, 'name': 'a'}, None, True, 1.5]"],
])("repr of %o is %s", (value, text) => expect(pythonRepr(value)).toBe(text))
