/** spec/api.md, "Around it": upsertArtifact and finishArtifact, many writers of one version. */
import { expect, test } from "vitest"
import { draftOf, fresh, refusal } from "./fresh.ts"

const distributedId = "epoch-1"
const keys = (manifest: { entries: ReadonlyMap<string, unknown> }) => [...manifest.entries.keys()].sort()

test("shares of several runs become one version when one finishes it", async () => {
  const { start, api } = fresh()
  for (const writer of ["0", "1", "2"]) {
    await (await start()).upsertArtifact(await draftOf("birds", { [`${writer}.txt`]: writer }), { distributedId })
  }
  expect(await api.artifactExists("birds")).toBe(false)
  await (await start()).finishArtifact(await draftOf("birds", { "end.txt": "e" }), { distributedId })
  const { manifest } = await api.artifact("birds:v0")
  expect(keys(manifest)).toEqual(["0.txt", "1.txt", "2.txt", "end.txt"])
  expect(await api.artifactExists("birds:v1")).toBe(false)
})

test("the one that finishes it knows the whole version", async () => {
  const { start, api } = fresh()
  await (await start()).upsertArtifact(await draftOf("birds", { a: "a" }), { distributedId })
  const finished = await (await start()).finishArtifact(await draftOf("birds", { b: "bb" }), { distributedId })
  expect(finished.version).toBe("v0")
  expect(keys(finished.manifest)).toEqual(["a", "b"])
  expect(finished.size).toBe(3)
  expect(finished.digest).toBe((await api.artifact("birds")).digest)
  expect(finished.digest).toBe((await draftOf("x", { a: "a", b: "bb" })).digest)
  expect(await finished.getEntry("a").text()).toBe("a")
})

test("shares written at the same time all count", async () => {
  const { start, api } = fresh()
  const runs = await Promise.all(Array.from({ length: 8 }, () => start()))
  await Promise.all(
    runs.map(async (run, index) => run.upsertArtifact(await draftOf("birds", { [`${index}`]: `${index}` }), { distributedId })),
  )
  await runs[0]!.finishArtifact(await draftOf("birds", {}), { distributedId })
  expect((await api.artifact("birds")).fileCount).toBe(8)
})

test("the run's group is the distributedId by default", async () => {
  const { start, api } = fresh()
  await (await start({ group: "night" })).upsertArtifact(await draftOf("birds", { a: "a" }))
  await (await start({ group: "night" })).finishArtifact(await draftOf("birds", { b: "b" }))
  expect(keys((await api.artifact("birds")).manifest)).toEqual(["a", "b"])
})

test("without either it says what to pass", async () => {
  const error = await refusal("INVALID_ARGUMENT", (await fresh().start()).upsertArtifact(await draftOf("birds", { a: "a" })))
  expect(error.details.argument).toBe("options.distributedId")
  expect(error.message).toContain("group")
})

test("two ids are two versions", async () => {
  const { start } = fresh()
  const run = await start()
  await run.upsertArtifact(await draftOf("birds", { a: "a" }), { distributedId: "one" })
  await run.upsertArtifact(await draftOf("birds", { b: "b" }), { distributedId: "two" })
  const two = await run.finishArtifact(await draftOf("birds", {}), { distributedId: "two" })
  const one = await run.finishArtifact(await draftOf("birds", {}), { distributedId: "one" })
  expect(keys(two.manifest)).toEqual(["b"])
  expect(keys(one.manifest)).toEqual(["a"])
})

test("finished, the id is free for the next version", async () => {
  const { start } = fresh()
  const run = await start()
  for (const [index, text] of ["x", "y"].entries()) {
    await run.upsertArtifact(await draftOf("birds", { a: text }), { distributedId })
    expect((await run.finishArtifact(await draftOf("birds", {}), { distributedId })).version).toBe(`v${index}`)
  }
})

test("aliases and tags of all shares are the version's", async () => {
  const { start } = fresh()
  await (await start()).upsertArtifact(await draftOf("birds", { a: "a" }), { distributedId, aliases: ["one"], tags: ["t1"] })
  const finished = await (await start()).finishArtifact(await draftOf("birds", { b: "b" }), {
    distributedId,
    aliases: ["two"],
    tags: ["t2"],
  })
  expect(finished.aliases.toSorted()).toEqual(["latest", "one", "two"])
  expect(finished.tags.toSorted()).toEqual(["t1", "t2"])
})

test("a share is final and stays a draft", async () => {
  const { start } = fresh()
  const share = await draftOf("birds", { a: "a" })
  await (await start()).upsertArtifact(share, { distributedId })
  expect(share.isDraft()).toBe(true)
  await refusal("ARTIFACT_FINALIZED", share.addFile(new Blob(["b"]), { name: "b" }))
})
