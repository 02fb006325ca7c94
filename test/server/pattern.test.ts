import fc from "fast-check"
import { expect, test } from "vitest"
import { compilePattern } from "../../src/server/pattern.ts"

test("patterns match as regular expressions do", () => {
  const sign = fc.constantFrom("a", "b", ".", "a*", ".*", "b+", "\\.", "\\*")
  const pattern = fc
    .tuple(fc.boolean(), fc.array(sign, { maxLength: 6 }), fc.boolean())
    .map(([start, signs, end]) => `${start ? "^" : ""}${signs.join("")}${end ? "$" : ""}`)
  const text = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "c"), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      expect([pattern, text, compilePattern(pattern)(text)]).toEqual([pattern, text, new RegExp(pattern).test(text)])
    }),
    { numRuns: 3000 },
  )
})

test.each(["(a+)+$", "[a]", "a{9}", "a|b", "a?", "*a", "a**", "\\d", "\\", "x".repeat(300)])("%s is refused", (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }))
})

test("a pattern made to be slow is not", () => {
  const matches = compilePattern(`^${"a*".repeat(100)}b$`)
  expect(matches("a".repeat(5000))).toBe(false)
})

test("of a long text the start is looked at, and its end is not in it", () => {
  const text = `start${"x".repeat(20_000)}end`
  expect([compilePattern("^start")(text), compilePattern("end")(text), compilePattern("x$")(text)]).toEqual([true, false, false])
  expect(compilePattern("x$")("x".repeat(10_000))).toBe(true)
})
