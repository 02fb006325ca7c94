/** A version of one registry is copied into another by logging it there. */
import { Artifact } from "isofact"
import { expect, test } from "vitest"
import { draftOf, fresh, listener } from "./fresh.ts"

test("the copy has the content, description and metadata", async () => {
  const here = fresh()
  const there = fresh({ entity: "far", project: "away" })
  const draft = await draftOf("birds", { a: "a", "x/b": "b" })
  draft.description = "d"
  draft.metadata = { m: 1 }
  await (await here.start()).logArtifact(draft)
  const copy = await (await there.start()).logArtifact(await here.api.artifact("birds:v0"))
  expect(copy).toMatchObject({ qualifiedName: "far/away/birds:v0", description: "d", metadata: { m: 1 }, digest: draft.digest })
  expect(await (await there.api.artifact("birds")).verify(undefined, { stored: true })).toMatchObject({ verified: 2 })
  expect(await (await there.api.artifact("birds")).getEntry("x/b").text()).toBe("b")
})

test("the original stays", async () => {
  const here = fresh()
  await here.log("birds", { a: "a" })
  await (await fresh().start()).logArtifact(await here.api.artifact("birds"))
  expect(await (await here.api.artifact("birds")).getEntry("a").text()).toBe("a")
})

test("bytes that are there already are not sent", async () => {
  const here = fresh()
  const there = fresh()
  await there.log("other", { z: "shared" })
  await here.log("birds", { a: "shared", b: "new" })
  const { events, onProgress } = listener()
  await (await there.start()).logArtifact(await here.api.artifact("birds"), { onProgress })
  const done = events.filter((event) => event.fileDone).map(({ type, path }) => [type, path])
  expect(done.filter(([type]) => type !== "commit").sort()).toEqual([
    ["skip", "a"],
    ["store", "b"],
  ])
})

test("a draft made from a version of here can be logged there, with what was added", async () => {
  const here = fresh()
  const there = fresh()
  const draft = await (await here.log("birds", { a: "a", b: "b" })).newDraft()
  draft.remove("b")
  await draft.addFile(new Blob(["c"]), { name: "c" })
  const copy = await (await there.start()).logArtifact(draft)
  expect(copy.version).toBe("v0")
  expect(await copy.getEntry("a").text()).toBe("a")
  expect(await copy.getEntry("c").text()).toBe("c")
})

test("incremental, it starts from the latest version of there", async () => {
  const there = fresh()
  await there.log("birds", { a: "a" })
  const more = new Artifact("birds", "dataset", { incremental: true })
  await more.addFile(new Blob(["b"]), { name: "b" })
  expect((await (await there.start()).logArtifact(more)).fileCount).toBe(2)
})

test("aliases and tags are those that are given there", async () => {
  const here = fresh()
  const there = fresh()
  await here.log("birds", { a: "a" }, { aliases: ["best"], tags: ["t"] })
  const copy = await (await there.start()).logArtifact(await here.api.artifact("birds"), { aliases: ["copied"], tags: ["u"] })
  expect(copy.aliases.toSorted()).toEqual(["copied", "latest"])
  expect(copy.tags).toEqual(["u"])
})
