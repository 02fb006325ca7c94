/** Tokens that may do one thing and not another. */
import { expect, test } from "vitest"
import type { Action } from "../../src/server/server.ts"
import { artifactInput, createSite, log, need, type Site } from "./site.ts"

const text = "the birds of ann"

const issue = (site: Site, actions: readonly Action[], collection?: string) =>
  site.server.issueToken({ entity: "ann", project: "birds", collection, actions, expiresInSeconds: 60 })

test("a token to write only learns nothing by writing", async () => {
  const site = createSite()
  const texts = { description: "private description", metadata: '{"m":"private"}', tags: [{ tagName: "private tag" }] }
  const aliases = [{ artifactCollectionName: "field", alias: "private alias" }]
  const { id } = await log(site, { "private.txt": text }, { input: { ...texts, aliases } })
  const run = { entity: "ann", project: "birds", run: "r" }
  const noted = { notes: "private notes", group: "private", jobType: "private", tags: ["private"], config: { k: "private" } }
  await site.registry.upsertRun({ ...run, ...noted })
  await site.registry.updateCollection({ ...run, collection: "field" }, { description: "private", addTags: ["private"] })
  await site.registry.upsertProject(run, { description: "private", artifactTypes: ["dataset", "private"] })
  const key = await issue(site, ["write"])
  const version = `id state digest description metadata tags { name } aliases { alias } currentManifest { file { directUrl } }
    files { edges { node { name directUrl } } } artifactSequence { ... on ArtifactSequence { description tags { edges { node { name } } } } }
    artifactMemberships { edges { node { files { edges { node { name directUrl } } } } } }`
  const input = artifactInput({ "private.txt": text })
  for (const [query, variables] of [
    [`mutation ($id: ID!) { updateArtifact(input: { artifactID: $id }) { artifact { ${version} } } }`, { id }],
    [`mutation ($id: ID!) { commitArtifact(input: { artifactID: $id }) { artifact { ${version} } } }`, { id }],
    [`mutation ($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { ${version} } } }`, { input }],
    [
      `mutation { upsertBucket(input: { entityName: "ann", modelName: "birds", name: "r" }) { bucket {
        name config notes group jobType tags } } }`,
      {},
    ],
    [
      `mutation { upsertModel(input: { entityName: "ann", name: "birds" }) { project {
        description artifactTypes(includeAll: true) { edges { node { name } } } runs { edges { node { config } } } } } }`,
      {},
    ],
  ] as const) {
    const { status, data, errors } = await site.gql(query, variables, key)
    expect(JSON.stringify([data, errors]), query).not.toMatch(/private|storage/)
    expect(status, query).toBe(200)
    expect(JSON.stringify((await site.gql(query, variables)).data), query).toContain("private")
  }
})

test("tokens find what they may change without reading it", async () => {
  const site = createSite()
  const { id } = await log(site, { a: text }, { input: { description: "private" } })
  const shelf = { entity: "ann", project: "birds", collection: "shelf" }
  await site.registry.link(id, shelf, [])
  await site.registry.updateCollection(shelf, { description: "private" })
  await site.registry.upsertProject(shelf, { artifactTypes: ["dataset"] })
  await site.registry.upsertRun({ ...shelf, run: "r" })
  const idOf = async (name: string) =>
    need(await site.gql(`{ project(name: "birds") { artifactCollection(name: "${name}") { id } } }`)).project.artifactCollection.id
  const [field, portfolio] = [await idOf("field"), await idOf("shelf")]
  const alias = `[{ entityName: "ann", projectName: "birds", artifactCollectionName: "field", alias: "x" }]`
  const ask = async (query: string, actions: Action[]) => {
    const wrong = await issue(site, actions[0] === "write" ? ["delete"] : ["write"])
    expect((await site.gql(query, {}, wrong)).status, query).toBe(404)
    const data = need(await site.gql(query, {}, await issue(site, actions)))
    expect(JSON.stringify(data)).not.toContain("private")
    return data
  }
  await ask(`mutation { addAliases(input: { artifactID: "${id}", aliases: ${alias} }) { success } }`, ["write"])
  expect((await site.registry.findVersion({ ...shelf, collection: "field", alias: "x" }))?.index).toBe(0)
  await ask(`mutation { deleteAliases(input: { artifactID: "${id}", aliases: ${alias} }) { success } }`, ["write"])
  expect(await site.registry.findVersion({ ...shelf, collection: "field", alias: "x" })).toBeUndefined()
  const collection = "artifactCollection { name description }"
  await ask(`mutation { updateArtifactSequence(input: { artifactSequenceID: "${field}", name: "meadow" }) { ${collection} } }`, [
    "write",
  ])
  await ask(
    `mutation { moveArtifactSequence(input: { artifactSequenceID: "${field}", destinationArtifactTypeName: "model" }) { ${collection} } }`,
    ["write"],
  )
  expect(await site.registry.getCollection({ ...shelf, collection: "meadow" })).toMatchObject({ type: "model" })
  await ask(`mutation { unlinkArtifact(input: { artifactID: "${id}", artifactPortfolioID: "${portfolio}" }) { success } }`, [
    "delete",
  ])
  await ask(`mutation { deleteArtifactPortfolio(input: { artifactPortfolioID: "${portfolio}" }) { ${collection} } }`, ["delete"])
  const { deleteArtifact } = await ask(
    `mutation { deleteArtifact(input: { artifactID: "${id}", deleteAliases: true }) { artifact { state description } success } }`,
    ["delete"],
  )
  expect(deleteArtifact).toEqual({ artifact: { state: "DELETED", description: null }, success: true })
  expect(await Array.fromAsync(site.registry.collections(shelf, undefined))).toHaveLength(1)
})

test("a token to write only adds to what is there", async () => {
  const site = createSite()
  const project = { entity: "ann", project: "birds" }
  await site.registry.upsertProject(project, { artifactTypes: ["dataset"] })
  await site.registry.upsertRun({ ...project, run: "r" })
  const key = await issue(site, ["write"])
  const upsert = `mutation { upsertModel(input: { entityName: "ann", name: "birds", artifactTypes: [{ name: "model" }] }) { inserted }
    upsertBucket(input: { entityName: "ann", modelName: "birds", name: "r" }) { inserted } }`
  expect(need(await site.gql(upsert, {}, key))).toEqual({ upsertModel: { inserted: false }, upsertBucket: { inserted: false } })
  expect((await site.registry.getProject(project))?.artifactTypes).toEqual(["dataset", "model"])
})
