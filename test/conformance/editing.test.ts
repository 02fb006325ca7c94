/** spec/api.md: aliases, description, metadata, tags and ttl of a logged version are changed and persisted by save(). */
import { Api, type Artifact, ArtifactTTL } from "isofact"
import { describe, expect, test } from "vitest"
import { draftOf, fresh, refusal } from "./fresh.ts"

/** A version, and a look at it by a second session over the same stores. */
async function version(options: Parameters<typeof fresh>[0] = {}) {
  const setup = fresh(options)
  const artifact = await setup.log("birds", { "a.txt": "a" }, { aliases: ["best"], tags: ["field"] })
  const seen = () => new Api({ registry: setup.reopen() }).artifact("birds:v0")
  return { ...setup, artifact, seen }
}

test("nothing is persisted before save()", async () => {
  const { artifact, seen } = await version()
  artifact.description = "new"
  artifact.aliases.push("worse")
  expect((await seen()).description).toBeNull()
  expect((await seen()).aliases).not.toContain("worse")
})

describe("save() persists", () => {
  test("description", async () => {
    const { artifact, seen } = await version()
    artifact.description = "# Birds"
    await artifact.save()
    expect((await seen()).description).toBe("# Birds")
    artifact.description = null
    await artifact.save()
    expect((await seen()).description).toBeNull()
  })

  test("metadata, assigned or changed in place", async () => {
    const { artifact, seen } = await version()
    artifact.metadata = { a: 1, list: [Number.NaN] }
    await artifact.save()
    expect((await seen()).metadata).toEqual({ a: 1, list: [null] })
    artifact.metadata.b = "two"
    await artifact.save()
    expect((await seen()).metadata).toEqual({ a: 1, list: [null], b: "two" })
  })

  test("tags, assigned or changed in place", async () => {
    const { artifact, seen } = await version()
    artifact.tags = ["night", "night"]
    await artifact.save()
    expect((await seen()).tags).toEqual(["night"])
    artifact.tags.push("owl call")
    await artifact.save()
    expect((await seen()).tags.toSorted()).toEqual(["night", "owl call"])
  })

  test("aliases, assigned or changed in place", async () => {
    const { artifact, seen } = await version()
    artifact.aliases = ["latest", "prod"]
    await artifact.save()
    expect((await seen()).aliases.toSorted()).toEqual(["latest", "prod"])
    artifact.aliases.push("stable")
    await artifact.save()
    expect((await seen()).aliases.toSorted()).toEqual(["latest", "prod", "stable"])
  })

  test("ttl: a duration, never, and back to the default", async () => {
    const { artifact, seen } = await version({ defaultTtlSeconds: 86_400 })
    expect(artifact.ttl).toEqual({ days: 1 })
    artifact.ttl = { days: 30 }
    await artifact.save()
    expect((await seen()).ttl).toEqual({ days: 30 })
    artifact.ttl = null
    await artifact.save()
    expect((await seen()).ttl).toBeNull()
    artifact.ttl = ArtifactTTL.INHERIT
    await artifact.save()
    expect((await seen()).ttl).toEqual({ days: 1 })
    expect(artifact.ttl).toEqual({ days: 1 })
  })

  test("all of it at once, on a version that was fetched", async () => {
    const { seen } = await version()
    const artifact = await seen()
    artifact.description = "d"
    artifact.metadata = { m: 1 }
    artifact.tags = ["t"]
    artifact.aliases = ["latest", "a"]
    artifact.ttl = { hours: 5 }
    await artifact.save()
    expect(await seen()).toMatchObject({ description: "d", metadata: { m: 1 }, tags: ["t"], ttl: { hours: 5 } })
    expect((await seen()).aliases.toSorted()).toEqual(["a", "latest"])
  })
})

test("an alias saved here leaves the version that had it", async () => {
  const { artifact, log, api } = await version()
  const second = await log("birds", { "a.txt": "b" })
  second.aliases.push("best")
  await second.save()
  expect((await api.artifact("birds:best")).version).toBe("v1")
  expect((await api.artifact("birds:v0")).aliases).not.toContain("best")
  expect(artifact.version).toBe("v0")
})

test("two editors do not undo each other", async () => {
  const { artifact, seen } = await version()
  const other = await seen()
  artifact.tags.push("mine")
  artifact.description = "mine"
  await artifact.save()
  other.tags.push("theirs")
  other.metadata = { theirs: true }
  await other.save()
  const result = await seen()
  expect(result.tags.toSorted()).toEqual(["field", "mine", "theirs"])
  expect(result.description).toBe("mine")
  expect(result.metadata).toEqual({ theirs: true })
})

test("saving with nothing changed changes nothing, updatedAt included", async () => {
  let now = Date.UTC(2026, 0, 1)
  const { artifact, seen } = await version({ now: () => now })
  now += 60_000
  const before = JSON.stringify(await seen())
  await artifact.save()
  expect(JSON.stringify(await seen())).toBe(before)
})

test("tags and description of a link are those of the version", async () => {
  const { artifact, seen } = await version()
  const linked = await artifact.link("best-birds")
  linked.tags.push("linked")
  linked.description = "by link"
  await linked.save()
  expect((await seen()).tags.toSorted()).toEqual(["field", "linked"])
  expect((await seen()).description).toBe("by link")
})

test("aliases of a link are the portfolio's alone", async () => {
  const { artifact, seen, api } = await version()
  const linked = await artifact.link("best-birds")
  linked.aliases.push("prod")
  await linked.save()
  expect((await api.artifact("best-birds:prod")).isLink).toBe(true)
  expect((await seen()).aliases).not.toContain("prod")
})

test("draft: what is assigned before logging is logged", async () => {
  const { start, api } = fresh()
  const draft = await draftOf("birds", { "a.txt": "a" })
  draft.description = "d"
  draft.metadata = { m: 1 }
  await (await start()).logArtifact(draft)
  expect(await api.artifact("birds")).toMatchObject({ description: "d", metadata: { m: 1 } })
})

describe("what cannot be saved is refused when it is assigned, or at save() when it was changed in place", () => {
  const wrong: [string, (artifact: Artifact) => void][] = [
    ["aliases", (artifact) => artifact.aliases.push("a/b")],
    ["aliases", (artifact) => artifact.aliases.push("v3")],
    ["aliases", (artifact) => (artifact.aliases = [5] as never)],
    ["tags", (artifact) => artifact.tags.push("a:b")],
    ["tags", (artifact) => (artifact.tags = [""])],
    ["metadata", (artifact) => (artifact.metadata.x = Number.POSITIVE_INFINITY)],
    ["metadata", (artifact) => (artifact.metadata = [] as never)],
    ["description", (artifact) => (artifact.description = 5 as never)],
    ["ttl", (artifact) => (artifact.ttl = { days: -1 })],
  ]
  test.each(wrong)("%s (case %#)", async (row, change) => {
    const { artifact, seen } = await version()
    const error = await refusal("INVALID_ARGUMENT", async () => {
      change(artifact)
      await artifact.save()
    })
    expect(error.details.argument).toMatch(new RegExp(`^${row}`))
    expect((await seen()).aliases.toSorted()).toEqual(["best", "latest"])
  })
})
