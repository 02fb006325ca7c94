import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { unwrapConfig, wrapConfig } from "../../src/core/run-config.ts"
import { InvalidArgumentError } from "../../src/errors.ts"

describe("a run's config", () => {
  test.each([
    ['{"lr":{"value":1.0,"desc":null},"ns":{"value":1795910371339000123}}', '{"lr":1.0,"ns":1795910371339000123}'],
    ['{"_wandb":{"value":{"t":1}},"wandb_version":1,"z":{"value":[ 1, {"value": 2} ]},"10":3}', '{"z":[ 1, {"value": 2} ],"10":3}'],
    ['{"a":{"b":1},"c":{"value":{"value":2}},"d":{}}', '{"a":{"b":1},"c":{"value":2},"d":{}}'],
    ['{"a":{"value":NaN},"b":{"value":{"c":[-Infinity,"NaN"]}}}', '{"a":null,"b":{"c":["-Infinity","NaN"]}}'],
    [" { } ", "{}"],
  ])("%s is unwrapped", (text, expected) => expect(unwrapConfig(text)).toBe(expected))

  test.each(["", "null", "[]", "{", '{"a":}', '{"a":1', '{"a":{"value":1}', '{"a":1}x'])("%j is refused", (text) => {
    expect(() => unwrapConfig(text)).toThrow(InvalidArgumentError)
  })

  test("comes out as it went in", () => {
    const configs = fc.dictionary(
      fc.string().filter((key) => key !== "_wandb" && key !== "wandb_version"),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(configs, (config) => {
        const text = JSON.stringify(config)
        const wrapped = wrapConfig(text)
        expect(Object.values(JSON.parse(wrapped))).toEqual(Object.values(JSON.parse(text)).map((value) => ({ value })))
        expect(unwrapConfig(wrapped)).toBe(text)
      }),
    )
  })
})
