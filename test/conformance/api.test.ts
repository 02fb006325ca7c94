/** spec/api.md, "Around it": every method of Api, and ArtifactCollection. */
import { Api } from "isofact"
import { describe, expect, test } from "vitest"
import { collect, draftOf, fresh, refusal } from "./fresh.ts"

/** Two datasets, one of them with three versions, and a model that is linked. */
async function populated() {
  const setup = fresh()
  await setup.log("birds", { a: "0" }, { tags: ["old"] })
  await setup.log("birds", { a: "1" }, { tags: ["old", "good"], aliases: ["best"] })
  await setup.log("birds", { a: "2" })
  await setup.log("cats", { a: "c" })
  const model = await setup.log("net", { w: "w" }, { type: "model" })
  await model.link("prod-nets")
  return setup
}

describe("Api", () => {
  test("artifact: by name, alias, number and full path", async () => {
    const { api } = await populated()
    expect((await api.artifact("birds")).version).toBe("v2")
    expect((await api.artifact("birds:best")).version).toBe("v1")
    expect((await api.artifact("local/uncategorized/birds:v0")).version).toBe("v0")
    expect((await api.artifact("birds", { type: "dataset" })).type).toBe("dataset")
  })

  test("artifact: by digest", async () => {
    const { api } = await populated()
    const { digest } = await api.artifact("birds:v1")
    expect((await api.artifact(`birds:${digest}`)).version).toBe("v1")
  })

  test("artifact: not there, or of another type", async () => {
    const { api } = await populated()
    expect((await refusal("ENTRY_NOT_FOUND", api.artifact("birds:nope"))).message).toContain("birds:nope")
    await refusal("ENTRY_NOT_FOUND", api.artifact("dogs"))
    await refusal("INVALID_ARGUMENT", api.artifact("birds", { type: "model" }))
  })

  test("artifact: with the entity and project of the Api", async () => {
    const { registry, start } = fresh()
    await (await start({ project: "forest", entity: "team" })).logArtifact(await draftOf("birds", { a: "a" }))
    expect((await new Api({ registry, project: "forest", entity: "team" }).artifact("birds")).qualifiedName).toBe(
      "team/forest/birds:v0",
    )
    await refusal("ENTRY_NOT_FOUND", new Api({ registry }).artifact("birds"))
  })

  test("artifactExists", async () => {
    const { api } = await populated()
    expect(await api.artifactExists("birds:v1")).toBe(true)
    expect(await api.artifactExists("birds:v1", { type: "dataset" })).toBe(true)
    expect(await api.artifactExists("birds:v1", { type: "model" })).toBe(false)
    expect(await api.artifactExists("birds:v9")).toBe(false)
    expect(await api.artifactExists("dogs")).toBe(false)
    expect(await api.artifactExists("nobody/nowhere/dogs")).toBe(false)
  })

  test("artifacts: newest first, and those with all the tags", async () => {
    const { api } = await populated()
    const versions = async (options?: { tags: string[] }) =>
      (await collect(api.artifacts("dataset", "birds", options))).map(({ version }) => version)
    expect(await versions()).toEqual(["v2", "v1", "v0"])
    expect(await versions({ tags: ["old"] })).toEqual(["v1", "v0"])
    expect(await versions({ tags: ["old", "good"] })).toEqual(["v1"])
    expect(await versions({ tags: ["none"] })).toEqual([])
  })

  test("artifacts: their manifests can be loaded", async () => {
    const { api } = await populated()
    for await (const artifact of api.artifacts("dataset", "birds")) expect((await artifact.loadManifest()).fileCount).toBe(1)
  })

  test("artifacts: of a collection that is not there, or of another type", async () => {
    const { api } = await populated()
    await refusal("ENTRY_NOT_FOUND", collect(api.artifacts("dataset", "dogs")))
    await refusal("ENTRY_NOT_FOUND", collect(api.artifacts("model", "birds")))
  })

  test("artifactType and artifactTypes", async () => {
    const { api } = await populated()
    expect((await collect(api.artifactTypes())).map(({ name }) => name)).toEqual(["dataset", "model"])
    expect(await api.artifactType("model")).toMatchObject({ name: "model" })
    expect((await refusal("ENTRY_NOT_FOUND", api.artifactType("nope"))).message).toContain("nope")
    expect(await collect(api.artifactTypes({ project: "empty" }))).toEqual([])
  })

  test("artifactCollection", async () => {
    const { api } = await populated()
    expect(await api.artifactCollection("dataset", "birds")).toMatchObject({ name: "birds", type: "dataset" })
    await refusal("ENTRY_NOT_FOUND", api.artifactCollection("model", "birds"))
    await refusal("ENTRY_NOT_FOUND", api.artifactCollection("dataset", "dogs"))
    expect((await refusal("INVALID_ARGUMENT", api.artifactCollection("dataset", "birds:v1"))).details.argument).toBe("name")
  })

  test("artifactCollections: all, or those of a type, portfolios included", async () => {
    const { api } = await populated()
    const names = async (type?: string) => (await collect(api.artifactCollections(type))).map(({ name }) => name)
    expect(await names()).toEqual(["birds", "cats", "net", "prod-nets"])
    expect(await names("dataset")).toEqual(["birds", "cats"])
    expect(await names("model")).toEqual(["net", "prod-nets"])
    expect(await names("nope")).toEqual([])
  })

  test("artifactCollectionExists", async () => {
    const { api } = await populated()
    expect(await api.artifactCollectionExists("birds", "dataset")).toBe(true)
    expect(await api.artifactCollectionExists("birds", "model")).toBe(false)
    expect(await api.artifactCollectionExists("dogs", "dataset")).toBe(false)
  })

  test("run: by id and by path", async () => {
    const { api, start } = fresh()
    const run = await start()
    await run.logArtifact(await draftOf("birds", { a: "a" }))
    const found = await api.run(run.path)
    expect(found.id).toBe(run.id)
    expect((await api.run(run.id)).id).toBe(run.id)
    expect((await collect(found.loggedArtifacts())).map(({ name }) => name)).toEqual(["birds:v0"])
    expect((await refusal("ENTRY_NOT_FOUND", api.run("nope"))).message).toContain("nope")
  })

  test("looks around without a run and without making anything", async () => {
    const { api, records } = fresh()
    await api.artifactExists("birds")
    await api.artifactCollectionExists("birds", "dataset")
    await collect(api.artifactCollections())
    await collect(api.artifactTypes())
    for (const prefix of ["runs", "projects", "collections", "names", "types"])
      expect(await collect(records.list(prefix))).toEqual([])
  })
})

describe("ArtifactCollection", () => {
  test("says what it is", async () => {
    const { api } = await populated()
    const birds = await api.artifactCollection("dataset", "birds")
    expect(birds).toMatchObject({
      name: "birds",
      type: "dataset",
      entity: "local",
      project: "uncategorized",
      description: null,
      tags: [],
    })
    expect(birds.createdAt).toMatch(/^\d{4}-/)
    expect(birds.isSequence()).toBe(true)
    expect((await api.artifactCollection("model", "prod-nets")).isSequence()).toBe(false)
    expect((await birds.aliases()).sort()).toEqual(["best", "latest"])
    expect((await collect(birds.artifacts())).map(({ name }) => name)).toEqual(["birds:v2", "birds:v1", "birds:v0"])
    expect(JSON.parse(JSON.stringify(birds))).toMatchObject({ collection: "birds", type: "dataset" })
  })

  test("description and tags are persisted by save()", async () => {
    const { api } = await populated()
    const birds = await api.artifactCollection("dataset", "birds")
    birds.description = "# All birds"
    birds.tags = ["a", "b"]
    expect((await api.artifactCollection("dataset", "birds")).description).toBeNull()
    await birds.save()
    expect(await api.artifactCollection("dataset", "birds")).toMatchObject({ description: "# All birds", tags: ["a", "b"] })
    birds.tags.push("c")
    birds.tags.shift()
    birds.description = null
    await birds.save()
    expect(await api.artifactCollection("dataset", "birds")).toMatchObject({ description: null, tags: ["b", "c"] })
  })

  test("a new name takes the versions along", async () => {
    const { api, log } = await populated()
    const birds = await api.artifactCollection("dataset", "birds")
    birds.name = "owls"
    await birds.save()
    expect(birds.name).toBe("owls")
    expect(await api.artifactExists("birds")).toBe(false)
    expect((await api.artifact("owls:best")).name).toBe("owls:best")
    expect((await api.artifact("owls")).sourceName).toBe("owls:v2")
    expect((await log("birds", { a: "new" })).version).toBe("v0")
  })

  test("a name that is taken is a ConflictError, and nothing changes", async () => {
    const { api } = await populated()
    const birds = await api.artifactCollection("dataset", "birds")
    birds.name = "cats"
    birds.description = "new"
    await refusal("CONFLICT", birds.save())
    expect((await api.artifactCollection("dataset", "birds")).description).toBeNull()
    expect((await api.artifact("cats")).version).toBe("v0")
  })

  test("changeType changes the type of the sequence and its versions", async () => {
    const { api } = await populated()
    const birds = await api.artifactCollection("dataset", "birds")
    birds.changeType("raw-dataset")
    await birds.save()
    expect((await api.artifact("birds:v0")).type).toBe("raw-dataset")
    expect((await collect(api.artifactTypes())).map(({ name }) => name)).toContain("raw-dataset")
    await refusal("ENTRY_NOT_FOUND", api.artifactCollection("dataset", "birds"))
  })

  test("changeType of a portfolio, or to a reserved type, is refused", async () => {
    const { api } = await populated()
    const portfolio = await api.artifactCollection("model", "prod-nets")
    await refusal("INVALID_ARGUMENT", () => portfolio.changeType("other"))
    const birds = await api.artifactCollection("dataset", "birds")
    await refusal("INVALID_ARGUMENT", () => birds.changeType("job"))
    expect(birds.type).toBe("dataset")
  })

  test("deleted, a sequence goes with its versions and their links", async () => {
    const { api } = await populated()
    await (await api.artifactCollection("model", "net")).delete()
    expect(await api.artifactExists("net")).toBe(false)
    expect(await api.artifactExists("prod-nets:v0")).toBe(false)
    expect(await api.artifactCollectionExists("net", "model")).toBe(false)
  })

  test("deleted, a portfolio goes with its links only", async () => {
    const { api } = await populated()
    await (await api.artifactCollection("model", "prod-nets")).delete()
    expect(await api.artifactExists("prod-nets")).toBe(false)
    expect(await api.artifactExists("net:v0")).toBe(true)
  })

  test("reached from an artifact is the same", async () => {
    const { api } = await populated()
    const { collection } = await api.artifact("birds")
    collection.description = "by way of a version"
    await collection.save()
    expect((await api.artifactCollection("dataset", "birds")).description).toBe("by way of a version")
  })
})
