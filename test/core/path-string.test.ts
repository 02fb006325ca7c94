import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type ArtifactPath, parseArtifactPath } from "../../src/core/path-string.ts"

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

test("property: what was put together is taken apart", () => {
  fc.assert(
    fc.property(path, (value) => {
      const { entity, project, collection, alias }: ArtifactPath = value
      const names = [entity, project, collection].filter((name) => name !== undefined).join("/")
      expect(parseArtifactPath(alias === undefined ? names : `${names}:${alias}`)).toEqual(value)
    }),
  )
})
