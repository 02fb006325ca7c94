import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { formatArtifactPath, parseArtifactPath } from "../../src/core/path-string.ts"
import { InvalidArgumentError } from "../../src/errors.ts"

describe("parseArtifactPath", () => {
  test.each([
    ["a", { collection: "a" }],
    ["a:b", { collection: "a", alias: "b" }],
    ["p/a", { project: "p", collection: "a" }],
    ["e/p/a:v1", { entity: "e", project: "p", collection: "a", alias: "v1" }],
    ["a:b/c:d", { collection: "a", alias: "b/c:d" }],
    ["My Org/wandb-registry-model/m:prod", { entity: "My Org", project: "wandb-registry-model", collection: "m", alias: "prod" }],
  ])("%j", (text, path) => expect(parseArtifactPath(text)).toStrictEqual(path))

  test.each([
    ["a/b/c/d"],
    [""],
    ["/"],
    ["/a"],
    ["e//a"],
    ["//a"],
    ["p/"],
    [":x"],
    ["a:"],
    ["p/:v0"],
    ["a\0"],
    ["\ud800"],
    [undefined],
    [null],
    [1],
    [{}],
  ])("%j is refused", (text) =>
    expect(() => parseArtifactPath(text, "path")).toThrow(expect.objectContaining({ details: { argument: "path" } })),
  )
})

const part = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[/:\0]/.test(text))
const path = fc.oneof(
  fc.record(
    { collection: part, alias: fc.string({ minLength: 1 }).filter((text) => !text.includes("\0")) },
    { requiredKeys: ["collection"] },
  ),
  fc.record({ project: part, collection: part }),
  fc.record({ entity: part, project: part, collection: part, alias: part }),
)

test("property: what was formatted reads back", () => {
  fc.assert(
    fc.property(path, (value) => {
      expect(parseArtifactPath(formatArtifactPath(value))).toEqual(value)
    }),
  )
})

test("parts that would read back otherwise are not formatted", () => {
  const bad = [
    { entity: "e", collection: "c" },
    { collection: "" },
    { collection: "a/b" },
    { collection: "a:b" },
    { project: "", collection: "c" },
  ]
  for (const value of [...bad, { collection: "c", alias: "" }])
    expect(() => formatArtifactPath(value)).toThrow(InvalidArgumentError)
})
