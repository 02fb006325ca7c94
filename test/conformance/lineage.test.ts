/** spec/api.md: delete, link, unlink, linked_artifacts, source_artifact, logged_by, used_by, and what runs know. */
import { init } from "isofact"
import { describe, expect, test } from "vitest"
import { collect, draftOf, fresh, refusal } from "./fresh.ts"
import { isWire } from "./through.ts"

describe("delete()", () => {
  test("a version with aliases is a ConflictError that names them, and stays", async () => {
    const { log, api } = fresh()
    const artifact = await log("birds", { a: "a" }, { aliases: ["best"] })
    const error = await refusal("CONFLICT", artifact.delete())
    expect(error.message).toContain("best")
    expect(error.message).toContain("deleteAliases")
    expect(await api.artifactExists("birds:v0")).toBe(true)
    expect(artifact.state).toBe("COMMITTED")
  })

  test("latest is an alias too", async () => {
    const { log } = fresh()
    expect((await refusal("CONFLICT", (await log("birds", { a: "a" })).delete())).message).toContain("latest")
  })

  test("deleteAliases gives them up", async () => {
    const { log, api } = fresh()
    const artifact = await log("birds", { a: "a" }, { aliases: ["best"] })
    await artifact.delete({ deleteAliases: true })
    expect(await api.artifactExists("birds:v0")).toBe(false)
    expect(await api.artifactExists("birds:best")).toBe(false)
  })

  test("a version without aliases goes by itself, and latest stays where it is", async () => {
    const { log, api } = fresh()
    const first = await log("birds", { a: "0" })
    await log("birds", { a: "1" })
    await (await api.artifact("birds:v0")).delete()
    await refusal("ENTRY_NOT_FOUND", api.artifact("birds:v0"))
    expect((await api.artifact("birds")).version).toBe("v1")
    expect(first.version).toBe("v0")
  })

  test("of the latest leaves latest to the newest that is left", async () => {
    const { log, api } = fresh()
    await log("birds", { a: "0" })
    await (await log("birds", { a: "1" })).delete({ deleteAliases: true })
    expect((await api.artifact("birds:latest")).version).toBe("v0")
  })

  test("takes the links with it", async () => {
    const { log, api } = fresh()
    const artifact = await log("birds", { a: "a" })
    await artifact.link("best")
    await artifact.delete({ deleteAliases: true })
    expect(await api.artifactExists("best:v0")).toBe(false)
  })

  test("an alias in a portfolio protects it", async () => {
    const { log } = fresh()
    const artifact = await log("birds", { a: "0" })
    await log("birds", { a: "1" })
    await artifact.link("best", { aliases: ["prod"] })
    expect((await refusal("CONFLICT", artifact.delete())).message).toContain("prod")
  })

  test("on a link takes the link only", async () => {
    const { log, api } = fresh()
    const artifact = await log("birds", { a: "a" })
    const linked = await artifact.link("best", { aliases: ["prod"] })
    await linked.delete()
    expect(linked.state).toBe("DELETED")
    expect(await api.artifactExists("best:v0")).toBe(false)
    expect(await api.artifactExists("birds:v0")).toBe(true)
  })
})

describe("link()", () => {
  test("goes to a collection of the same project by default, made on demand with the version's type", async () => {
    const { log, api } = fresh()
    const linked = await (await log("birds", { a: "a" }, { type: "model" })).link("best")
    expect(linked).toMatchObject({ name: "best:v0", project: "uncategorized", isLink: true, type: "model" })
    const collection = await api.artifactCollection("model", "best")
    expect(collection.isSequence()).toBe(false)
  })

  test.each([
    ["shelf/best", "local", "shelf"],
    ["team/shelf/best", "team", "shelf"],
    ["wandb-registry-model/best", "local", "wandb-registry-model"],
  ])("%s goes to entity %s, project %s", async (target, entity, project) => {
    const { log, api } = fresh()
    expect(await (await log("birds", { a: "a" }, { type: "model" })).link(target)).toMatchObject({ entity, project })
    expect(await api.artifactExists(`${entity}/${project}/best:v0`)).toBe(true)
  })

  test("again stays where it is and adds aliases", async () => {
    const { log } = fresh()
    const artifact = await log("birds", { a: "a" })
    await artifact.link("best", { aliases: ["one"] })
    const again = await artifact.link("best", { aliases: ["two"] })
    expect(again.version).toBe("v0")
    expect(again.aliases.toSorted()).toEqual(["latest", "one", "two"])
  })

  test("of several versions counts in the portfolio, and aliases move there", async () => {
    const { log, api } = fresh()
    await log("birds", { a: "0" })
    const one = await (await log("birds", { a: "1" })).link("best", { aliases: ["prod"] })
    const two = await (await log("cats", { a: "2" })).link("best", { aliases: ["prod"] })
    expect([one.version, two.version]).toEqual(["v0", "v1"])
    expect((await api.artifact("best:prod")).sourceName).toBe("cats:v0")
  })

  test("to a sequence is refused", async () => {
    const { log } = fresh()
    await log("cats", { a: "c" })
    const error = await refusal("INVALID_ARGUMENT", (await log("birds", { a: "a" })).link("cats"))
    expect(error.message).toContain("sequence")
  })

  test("to a version is refused and says how", async () => {
    const error = await refusal("INVALID_ARGUMENT", (await fresh().log("birds", { a: "a" })).link("best:prod"))
    expect(error.details.argument).toBe("targetPath")
    expect(error.message).toContain("aliases")
  })

  test("its files are read like the version's", async () => {
    const { log, api } = fresh()
    await (await log("birds", { a: "hello" })).link("best")
    expect(await (await api.artifact("best")).getEntry("a").text()).toBe("hello")
  })

  test("run.linkArtifact does the same, a draft included", async () => {
    const { start, api } = fresh()
    const run = await start()
    const linked = await run.linkArtifact(await draftOf("birds", { a: "a" }), "shelf/best", { aliases: ["prod"] })
    expect(linked.qualifiedName).toBe("local/shelf/best:v0")
    expect((await api.artifact("shelf/best:prod")).sourceName).toBe("birds:v0")
  })
})

describe("unlink()", () => {
  test("takes the link out", async () => {
    const { log, api } = fresh()
    const linked = await (await log("birds", { a: "a" })).link("best", { aliases: ["prod"] })
    await linked.unlink()
    expect(await api.artifactExists("best:v0")).toBe(false)
    expect(await api.artifactExists("birds:v0")).toBe(true)
    expect(linked.state).toBe("DELETED")
  })

  test("of what is no link is refused", async () => {
    const error = await refusal("INVALID_ARGUMENT", (await fresh().log("birds", { a: "a" })).unlink())
    expect(error.message).toContain("delete()")
  })
})

test("linkedArtifacts lists every link, from the version and from a link", async () => {
  const { log } = fresh()
  const artifact = await log("birds", { a: "a" })
  expect(await artifact.linkedArtifacts()).toEqual([])
  const linked = await artifact.link("best")
  await artifact.link("shelf/best")
  const names = async (of: typeof artifact) => (await of.linkedArtifacts()).map(({ qualifiedName }) => qualifiedName).sort()
  expect(await names(artifact)).toEqual(["local/shelf/best:v0", "local/uncategorized/best:v0"])
  expect(await names(linked)).toEqual(await names(artifact))
})

test("sourceArtifact is the version as it was logged", async () => {
  const { log } = fresh()
  const artifact = await log("birds", { a: "a" })
  expect(await artifact.sourceArtifact()).toBe(artifact)
  const source = await (await artifact.link("shelf/best")).sourceArtifact()
  expect(source).toMatchObject({ qualifiedName: "local/uncategorized/birds:v0", isLink: false, id: artifact.id })
})

describe("runs", () => {
  test("loggedBy is the run that logged it", async () => {
    const { start, api } = fresh()
    const run = await start({ name: "night run", jobType: "train", group: "g", notes: "n", tags: ["t"], config: { lr: 0.1 } })
    await run.logArtifact(await draftOf("birds", { a: "a" }))
    expect(await (await api.artifact("birds")).loggedBy()).toMatchObject({
      path: run.path,
      name: "night run",
      jobType: "train",
      group: "g",
      notes: "n",
      tags: ["t"],
      config: { lr: 0.1 },
      state: "running",
    })
  })

  test("usedBy are the runs that used it, each once", async () => {
    const { log, start } = fresh()
    const artifact = await log("birds", { a: "a" })
    expect(await artifact.usedBy()).toEqual([])
    const [one, two] = [await start(), await start()]
    await one.useArtifact("birds")
    await one.useArtifact("birds:v0")
    await two.useArtifact(artifact)
    expect((await artifact.usedBy()).map(({ id }) => id).sort()).toEqual([one.id, two.id].sort())
  })

  test("usedArtifacts and loggedArtifacts are what a run used and logged, in order", async () => {
    const { log, start } = fresh()
    await log("one", { a: "1" })
    await log("two", { a: "2" })
    const run = await start()
    await run.useArtifact("two")
    await run.useArtifact("one")
    await run.logArtifact(await draftOf("three", { a: "3" }))
    await run.logArtifact(await draftOf("four", { a: "4" }))
    const names = async (list: ReturnType<typeof run.usedArtifacts>) => (await collect(list)).map(({ name }) => name)
    expect((await names(run.usedArtifacts())).sort()).toEqual(["one:v0", "two:v0"])
    expect((await names(run.loggedArtifacts())).sort()).toEqual(["four:v0", "three:v0"])
  })

  test.skipIf(isWire)("a used link counts as used through the portfolio (W&B's wire tells the source)", async () => {
    const { log, start } = fresh()
    const artifact = await log("birds", { a: "a" })
    await artifact.link("best")
    const run = await start()
    await run.useArtifact("best")
    expect((await collect(run.usedArtifacts())).map(({ name }) => name)).toEqual(["best:v0"])
    expect((await artifact.usedBy()).map((user) => user.id)).toEqual([run.id])
  })

  test("useArtifact logs a draft first", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", { a: "a" })
    const run = await start()
    expect(await run.useArtifact(draft)).toBe(draft)
    expect(draft.name).toBe("birds:v0")
    expect((await draft.usedBy()).map((user) => user.id)).toEqual([run.id])
  })

  test("useArtifact with a type takes only that type", async () => {
    const { log, start } = fresh()
    await log("birds", { a: "a" })
    const run = await start()
    expect((await run.useArtifact("birds", { type: "dataset" })).type).toBe("dataset")
    const error = await refusal("INVALID_ARGUMENT", run.useArtifact("birds", { type: "model" }))
    expect(error.details.argument).toBe("options.type")
  })

  test("finish marks the run, twice is fine, and a failure can be told", async () => {
    const { start, api } = fresh()
    const [good, bad] = [await start(), await start()]
    await good.finish()
    await good.finish()
    await bad.finish({ exitCode: 3 })
    expect([good.state, bad.state]).toEqual(["finished", "failed"])
    expect((await api.run(good.id)).state).toBe("finished")
    expect((await api.run(bad.id)).state).toBe("failed")
  })

  test("after finish each verb is a ConflictError", async () => {
    const { start } = fresh()
    const run = await start()
    const draft = await draftOf("birds", { a: "a" })
    await run.finish()
    await refusal("CONFLICT", run.logArtifact(draft))
    await refusal("CONFLICT", run.useArtifact("birds"))
    await refusal("CONFLICT", run.linkArtifact(draft, "best"))
    await refusal("CONFLICT", run.upsertArtifact(draft, { distributedId: "x" }))
    await refusal("CONFLICT", run.finishArtifact(draft, { distributedId: "x" }))
    expect(draft.isDraft()).toBe(true)
  })

  test.skipIf(Symbol.asyncDispose === undefined)("await using finishes it (where the engine knows it)", async () => {
    const { api, registry } = fresh()

    let id = ""
    {
      await using run = await init({ registry })
      id = run.id
    }
    expect((await api.run(id)).state).toBe("finished")
  })

  test("the same id goes on with the same run", async () => {
    const { start } = fresh()
    const one = await start({ id: "mine", jobType: "train" })
    await one.finish()
    const two = await start({ id: "mine", notes: "again" })
    expect(two).toMatchObject({ id: one.id, jobType: "train", notes: "again", state: "running", name: "mine" })
  })

  test("an id is eight characters when none is given", async () => {
    const { start } = fresh()
    const [one, two] = [await start(), await start()]
    expect(one.id).toMatch(/^[a-z0-9]{8}$/)
    expect(two.id).not.toBe(one.id)
    expect(one.path).toBe(`local/uncategorized/${one.id}`)
  })
})
