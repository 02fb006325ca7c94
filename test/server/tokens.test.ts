/** Tokens that may do one thing and not another. */
import { expect, test } from "vitest"
import type { Action } from "../../src/server/server.ts"
import { artifactInput, createSite, log, type Site } from "./site.ts"

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
