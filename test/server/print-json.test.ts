import fc from "fast-check"
import { expect, test } from "vitest"
import { printJson } from "../../src/server/pages/print-json.ts"

test("JSON is printed as JSON.stringify does, to the end or as far as wanted", () => {
  const value = fc.jsonValue({ maxDepth: 5, noUnicodeString: false }).map((json) => JSON.parse(JSON.stringify(json)))
  fc.assert(
    fc.property(value, fc.constantFrom("", "  "), fc.nat(200), (json, indent, limit) => {
      const whole = JSON.stringify(json, null, indent)
      expect(printJson(json, whole.length, indent)).toBe(whole)
      const start = printJson(json, limit, indent)
      expect(start.slice(0, limit)).toBe(whole.slice(0, limit))
      expect(start.length > limit).toBe(whole.length > limit)
    }),
  )
})

test("what nests deep, or is long, is printed no further than wanted", () => {
  const deep = JSON.parse(`${"[".repeat(100_000)}0${"]".repeat(100_000)}`)
  const wide = JSON.parse(`${"[".repeat(2000)}${Array(100_000).fill("0").join(",")}${"]".repeat(2000)}`)
  for (const json of [deep, wide, Array(1_000_000).fill({})]) {
    for (const indent of ["", "  "]) {
      const { length } = printJson(json, 10_000, indent)
      expect([length > 10_000, length < 30_000]).toEqual([true, true])
    }
  }
})
