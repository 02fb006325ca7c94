import { describe, expect, test } from "vitest"
import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkPositiveInteger,
  checkSignal,
  checkStorable,
  checkString,
  codePointLength,
  optional,
} from "../../src/core/check.ts"
import { show } from "../../src/core/show.ts"
import { InvalidArgumentError } from "../../src/errors.ts"

const all: unknown[] = [
  undefined,
  null,
  true,
  0,
  1,
  1.5,
  -1,
  Number.NaN,
  2 ** 53,
  "",
  "a",
  "1",
  1n,
  Symbol("s"),
  {},
  [],
  () => 1,
  new AbortController(),
]

describe("each check passes its own kind and refuses every other", () => {
  test.each([
    ["checkString", checkString, ["", "a", "1"]],
    ["checkStorable", checkStorable, ["", "a", "1"]],
    ["checkBoolean", checkBoolean, [true]],
    ["checkPositiveInteger", checkPositiveInteger, [1]],
    ["checkFunction", checkFunction, [all.find((value) => typeof value === "function")]],
    ["checkSignal", checkSignal, []],
  ] as [string, (argument: string, value: unknown) => unknown, unknown[]][])("%s", (_, check, passing) => {
    for (const value of all) {
      if (passing.includes(value)) expect(check("x", value)).toBe(value)
      else
        expect(() => check("options.x", value)).toThrow(
          expect.objectContaining({ code: "INVALID_ARGUMENT", details: { argument: "options.x" } }),
        )
    }
  })
})

test("checkSignal takes signals, also foreign ones", () => {
  const { signal } = new AbortController()
  const foreign = { aborted: false, addEventListener() {}, removeEventListener() {} }
  expect(checkSignal("signal", signal)).toBe(signal)
  expect(checkSignal("signal", foreign)).toBe(foreign)
})

test("checkStorable refuses what no store can hold", () => {
  for (const text of ["a\0", "\ud800", "\udc00a", "\ude00\ud83d"])
    expect(() => checkStorable("x", text)).toThrow(InvalidArgumentError)
  expect(checkStorable("x", "\u{1f600}\uffff")).toBe("\u{1f600}\uffff")
})

test("optional lets only undefined pass unchecked", () => {
  expect(optional(checkString, "x", undefined)).toBeUndefined()
  expect(optional(checkString, "x", "a")).toBe("a")
  expect(() => optional(checkString, "x", null)).toThrow("x must be a string, got null.")
})

describe("checkOptions", () => {
  interface Options {
    a?: number
    b?: number
  }
  const check = (value: unknown) => checkOptions<Options>("options", value as Options, ["a", "b"])

  test("returns the object, or an empty one", () => {
    const options = { a: 1 }
    expect(check(options)).toBe(options)
    expect(check(undefined)).toEqual({})
  })

  test("a misspelt option is an error that lists the right ones", () => {
    expect(() => check({ A: 1 })).toThrow('options has no option "A". It takes a, b.')
    expect(() => checkOptions<object>("options", { a: 1 }, [])).toThrow("It takes none.")
  })

  test.each([[null], [1], ["a"], [[]], [true], [() => 1]])("%j is refused", (value) => {
    expect(() => check(value)).toThrow(InvalidArgumentError)
  })
})

test("codePointLength counts as Python does", () => {
  expect(["", "abc", "é", "\u{1f600}", "\ud800"].map(codePointLength)).toEqual([0, 3, 1, 1, 1])
})

describe("show", () => {
  test.each([
    ["a", '"a"'],
    ['"\n', '"\\"\\n"'],
    ["\u001b[2J\u007f\u202e\u2028\ufeff", '"\\u001b[2J\\u{7f}\\u{202e}\\u{2028}\\u{feff}"'],
    ["\ud800", '"\\ud800"'],
    [-0, "-0"],
    [1n, "1n"],
    [[1, 2], "an array of 2"],
    [{}, "an object"],
    [undefined, "undefined"],
  ])("%o", (value, text) => expect(show(value)).toBe(text))

  test("cuts long text, never through a pair", () => {
    expect(show(`${"x".repeat(79)}\u{1f600}${"y".repeat(100)}`)).toBe(`"${"x".repeat(79)}"… (181 characters)`)
  })
})
