/** Tokens that may do one thing and not another. */
import { describe, expect, test } from "vitest"
import type { Action } from "../../src/server/server.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { annsKey, artifactInput, createArtifactQuery, createSite, log, need, type Site } from "./site.ts"

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

function createGateway(): Site {
  const upstream = createSite()
  const options = { apiKey: annsKey, baseUrl: "http://upstream.test", entity: "ann", project: "birds", env: () => undefined }
  return createSite({ registry: wandb({ ...options, fetch: (request: Request) => upstream.server.fetch(request) }) })
}

describe.each([
  ["a server", createSite],
  ["a gateway", createGateway],
])("a token for one collection, of %s,", (_, create) => {
  const run = { entity: "ann", project: "birds", run: "r" }
  const noted = { notes: "private", group: "private", jobType: "private", tags: ["private"], config: { k: "private" } }
  const fields = "name displayName notes config group jobType tags"
  const oneQuery = `query ($run: String!) { project(name: "birds", entityName: "ann") { run(name: $run) { ${fields} } } }`
  const use = `mutation ($id: ID!) { useArtifact(input: { artifactID: $id, entityName: "ann", projectName: "birds", runName: "r" }) { success } }`
  const upsert = `mutation ($run: String!, $config: JSONString, $notes: String) { upsertBucket(input: { entityName: "ann", modelName: "birds",
    name: $run, config: $config, notes: $notes }) { inserted bucket { ${fields} } } }`
  const finish = (site: Site, name: string, key: string) =>
    site.fetch(`/files/ann/birds/${name}/file_stream`, { method: "POST", body: '{"complete":true,"exitcode":0}', key })

  test("sees the names of others' runs, and changes none", async () => {
    const site = create()
    await site.registry.upsertRun({ ...run, ...noted, displayName: "shown" })
    await log(site, { a: text }, { collection: "other", input: { runName: "r" } })
    const { id } = await log(site, { a: text })
    const key = await issue(site, ["read", "write", "delete"], "field")
    const runs = need(
      await site.gql(`{ project(name: "birds", entityName: "ann") { runs { edges { node { ${fields} } } } } }`, {}, key),
    )
    const one = need(await site.gql(oneQuery, { run: "r" }, key)).project.run
    const told = { name: "r", displayName: "shown", notes: null, config: "{}", group: null, jobType: null, tags: [] }
    expect([one, runs.project.runs.edges]).toEqual([told, [{ node: told }]])
    const before = await site.registry.getRun(run)
    const input = artifactInput({ b: "b" }, { input: { runName: "r" } })
    for (const [query, variables] of [
      [upsert, { run: "r", notes: "mine" }],
      [createArtifactQuery, { input }],
      [use, { id }],
    ] as const) {
      const { status, errors } = await site.gql(query, variables, key)
      expect([status, errors?.[0]?.message]).toEqual([403, expect.stringContaining("may not change the run r")])
    }
    expect((await finish(site, "r", key)).status).toBe(403)
    expect([await site.registry.getRun(run), await Array.fromAsync(site.registry.runVersions(run, "used"))]).toEqual([before, []])
  })

  test("has those that it starts", async () => {
    const site = create()
    const key = await issue(site, ["read", "write"], "field")
    const change = async (variables: object) => need(await site.gql(upsert, { run: "r", ...variables }, key)).upsertBucket
    expect(await change({})).toMatchObject({ inserted: true, bucket: { config: "{}" } })
    expect(await change({ notes: "first" })).toMatchObject({ inserted: false, bucket: { notes: "first", config: "{}" } })
    const { bucket } = await change({ config: '{"k":{"value":1}}' })
    expect(bucket).toMatchObject({ notes: "first", config: '{"k":{"value":1}}' })
    const { id } = await log(site, { a: text }, { key, input: { runName: "r" } })
    need(await site.gql(use, { id }, key))
    expect(need(await site.gql(oneQuery, { run: "r" }, key)).project.run).toEqual(bucket)
    expect((await finish(site, "r", key)).status).toBe(200)
    const config = { k: 1, _isofact_collection: "field" }
    expect(await site.registry.getRun(run)).toMatchObject({ state: "finished", notes: "first", config })
    const other = await issue(site, ["read", "write"], "other")
    expect((await site.gql(upsert, { run: "r" }, other)).status).toBe(403)
    expect(need(await site.gql(oneQuery, { run: "r" }, other)).project.run.config).toBe("{}")
  })

  test.each(["logged", "used"])("has those that %s something in it", async (verb) => {
    const site = create()
    await site.registry.upsertRun({ ...run, ...noted })
    const { id } = await log(site, { a: text }, { input: { runName: verb === "logged" ? "r" : undefined } })
    if (verb === "used") need(await site.gql(use, { id }))
    const key = await issue(site, ["read", "write"], "field")
    const one = need(await site.gql(oneQuery, { run: "r" }, key)).project.run
    expect(one).toEqual(need(await site.gql(oneQuery, { run: "r" })).project.run)
    const lineage = `query ($id: ID!) { artifact(id: $id) { createdBy { ... on Run { ${fields} } } usedBy { edges { node { ${fields} } } } } }`
    const { createdBy, usedBy } = need(await site.gql(lineage, { id }, key)).artifact
    expect(verb === "logged" ? createdBy : usedBy.edges[0].node).toEqual(one)
    expect(need(await site.gql(upsert, { run: "r", notes: "n" }, key)).upsertBucket.bucket.notes).toBe("n")
    const blind = await issue(site, ["write"], "field")
    expect(need(await site.gql(upsert, { run: "r" }, blind)).upsertBucket.bucket.config).toBe("{}")
  })

  test("of a version that is linked into it, learns the name of the run that logged it", async () => {
    const site = create()
    await site.registry.upsertRun({ ...run, ...noted })
    const { id } = await log(site, { a: text }, { input: { runName: "r" } })
    await site.registry.link(id, { entity: "ann", project: "birds", collection: "shelf" }, [])
    const query = `query ($id: ID!) { artifact(id: $id) { createdBy { ... on Run { ${fields} } } } }`
    const { createdBy } = need(await site.gql(query, { id }, await issue(site, ["read"], "shelf"))).artifact
    expect(createdBy).toMatchObject({ name: "r", config: "{}", notes: null })
  })
})
