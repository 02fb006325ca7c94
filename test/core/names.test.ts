import { describe, expect, test } from "vitest"
import {
  checkAliases,
  checkArtifactName,
  checkArtifactType,
  checkCollectionName,
  checkEntityName,
  checkProjectName,
  checkRunTags,
  checkTags,
  registryNameOf,
  versionIndexOf,
} from "../../src/core/names.ts"
import { InvalidArgumentError } from "../../src/errors.ts"

const long = (length: number, char = "a") => char.repeat(length)
const each = (values: readonly unknown[]) => values.map((value) => [value])
const noStrings = [undefined, null, 1, true, {}, []]

describe("checkArtifactName", () => {
  test.each(["a", "A-b_c.9", "...", ".a", "-", "_.", long(128)])("%j passes", (name) => expect(checkArtifactName(name)).toBe(name))
  test.each(each(["", ".", "..", "a b", "é", "a/b", "a:b", "a\n", long(129), ...noStrings]))("%j is refused", (name) => {
    expect(() => checkArtifactName(name)).toThrow(InvalidArgumentError)
  })
})

describe("checkCollectionName", () => {
  test.each(["a b", "日本", long(128, "🎈")])("%j passes", (name) => expect(checkCollectionName(name)).toBe(name))
  test.each(each(["", ".", "..", "a/b", "a:b", "a\0", "\ud800", long(129, "🎈"), ...noStrings]))("%j is refused", (name) => {
    expect(() => checkCollectionName(name)).toThrow(InvalidArgumentError)
  })
})

describe("checkArtifactType", () => {
  const passing = [
    ["dataset", "a"],
    ["a/b", "a"],
    [" ", "a"],
    ["Job", "a"],
    ["code", "a"],
    ["code", "run-a"],
    ["run_table", "source-a"],
    [long(300), "a"],
  ]
  test.each(passing as [string, string][])("%j for %j passes", (type, name) => expect(checkArtifactType(type, name)).toBe(type))
  const refused = [
    ["job", "a"],
    ["wandb-", "a"],
    ["wandb-history", "a"],
    ["run_table", "run-a"],
    ["code", "source-a"],
    ["", "a"],
    [".", "a"],
    ["..", "a"],
    [undefined, "a"],
  ]
  test.each(refused as [unknown, string][])("%j for %j is refused", (type, name) => {
    expect(() => checkArtifactType(type, name)).toThrow(expect.objectContaining({ details: { argument: "type" } }))
  })
})

describe("checkAliases", () => {
  test("takes one or many, in any iterable, and drops duplicates", () => {
    expect(checkAliases("best")).toEqual(["best"])
    expect(checkAliases(["b", "a", "b", "a b", "v", "v1a", "version1", "V1"])).toEqual([
      "b",
      "a",
      "a b",
      "v",
      "v1a",
      "version1",
      "V1",
    ])
    expect(checkAliases(new Set(["x"]))).toEqual(["x"])
    expect(checkAliases([])).toEqual([])
  })
  test.each(["", "a/b", "a:b", long(129), "v0", "v12", "v01", "v१", "\ud800", "a\0"])("%j is refused, by its place", (alias) => {
    expect(() => checkAliases(["ok", alias])).toThrow(expect.objectContaining({ details: { argument: "aliases[1]" } }))
    expect(() => checkAliases(alias, "options.aliases")).toThrow(
      expect.objectContaining({ details: { argument: "options.aliases" } }),
    )
  })
  test.each(each([undefined, null, 1, {}, [1], [undefined], [["a"]]]))("%j is refused", (aliases) => {
    expect(() => checkAliases(aliases)).toThrow(InvalidArgumentError)
  })
})

describe("checkTags", () => {
  test.each(["a", "é", "日本", "a b", "a  b", "-", "a_b", "²", "½", "Ⅷ", "१", "ª", "𝟘", "㊀", long(128)])(
    "%j passes, as in Python",
    (tag) => {
      expect(checkTags([tag, tag])).toEqual([tag])
    },
  )
  const refused = ["", " a", "a ", "a.b", "e\u0301", "क\u093f", "a\u200db", "‿", "🎈", "a\u00a0b", "\u0301", "a\tb"]
  test.each(refused)("%j is refused, as in Python", (tag) => expect(() => checkTags(tag)).toThrow(InvalidArgumentError))
  test.each(each(["a\n", long(129), 1, null, [1]]))("%j is refused, here only", (tag) =>
    expect(() => checkTags(tag)).toThrow(InvalidArgumentError),
  )
})

describe("checkRunTags", () => {
  test.each(["v1.0", "lr=0.1", "a/b", "exp:a", "C++", " a ", "🎈", "🎈".repeat(64)])("%j passes, as in W&B", (tag) => {
    expect(checkRunTags([tag, tag])).toEqual([tag])
  })
  test.each(each(["", long(65), "a\0b", "\ud800", 1, null, [1]]))("%j is refused", (tag) =>
    expect(() => checkRunTags(tag)).toThrow(InvalidArgumentError),
  )
})

describe("checkProjectName and checkEntityName", () => {
  test.each(["a", "a b", "wandb-registry-x", "日本", long(128)])("%j passes", (name) => {
    expect(checkProjectName(name)).toBe(name)
    expect(checkEntityName(name)).toBe(name)
  })
  test.each(each(["", ".", "..", "a/b", "a\\b", "a#", "a?", "a%", "a:b", "a\n", "a\r", "a\0", long(129), ...noStrings]))(
    "%j is refused",
    (name) => {
      expect(() => checkProjectName(name)).toThrow(expect.objectContaining({ details: { argument: "project" } }))
      expect(() => checkEntityName(name)).toThrow(expect.objectContaining({ details: { argument: "entity" } }))
    },
  )
  test("a registry needs its name", () => expect(() => checkProjectName("wandb-registry-")).toThrow(/registry's name/))
  test.each([
    ["wandb-registry-model", "model"],
    ["wandb-registry-", undefined],
    ["my-wandb-registry-model", undefined],
  ])("the registry of %s is %s", (project, name) => expect(registryNameOf(project)).toBe(name))
})

test("versionIndexOf", () => {
  expect(["v0", "v3", "v120"].map(versionIndexOf)).toEqual([0, 3, 120])
  expect(["v", "3", "v03", "v-1", "V3", "v3 ", "v3\n", "v१", "latest", "v99999999999999999999"].map(versionIndexOf)).toEqual(
    Array(10).fill(undefined),
  )
})
