/** Which project a request means, and what may be made of what is not there. */
import { describe, expect, test } from "vitest"
import type { ServerOptions } from "../../src/server/server.ts"
import { createSite, log, need, type Site } from "./site.ts"

const startRun = (site: Site, place: object) =>
  site.gql(
    "mutation ($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { project { name entity { name } } } } }",
    {
      input: { name: "r1", ...place },
    },
  )

test("an empty entity is the key's own, and an empty project the default one", async () => {
  const site = createSite()
  const { bucket } = need(await startRun(site, { entityName: "", modelName: "" })).upsertBucket
  expect(bucket.project).toEqual({ name: "birds", entity: { name: "ann" } })
  const { id } = await log(site, { a: "1" }, { entity: "", project: "", input: { runName: "r1" } })
  const at = `entityName: "", projectName: ""`
  const name = `${at}, artifactCollectionName: "field"`
  const use = `useArtifact(input: { artifactID: $id, ${at}, runName: "r1", artifactEntityName: "", artifactProjectName: "" }) { success }`
  const alias = `addAliases(input: { artifactID: $id, aliases: [{ ${name}, alias: "best" }] }) { success }`
  const tag = `createArtifactCollectionTagAssignments(input: { ${name}, tags: [{ tagName: "t" }] }) { tags { name } }`
  need(await site.gql(`mutation ($id: ID!) { ${use} ${alias} ${tag} }`, { id }))
  const make = "mutation ($input: UpsertModelInput!) { upsertModel(input: $input) { project { name } } }"
  need(await site.gql(make, { input: { entityName: "", name: "old" } }))
  const rename = "mutation ($input: RenameProjectInput!) { renameProject(input: $input) { project { entity { name } } } }"
  const input = { entityName: "", oldProjectName: "old", newProjectName: "new" }
  const renamed = need(await site.gql(rename, { input }))
  expect(renamed.renameProject.project.entity.name).toBe("ann")
  const ask = `query ($id: ID!) { artifact(id: $id) { createdBy { ... on Run { name } } usedBy { edges { node { name } } } }
    entity(name: "") { name } models(entityName: "") { edges { node { name } } } project(${at.replace("projectName", "name")}) {
    artifactCollectionMembership(name: "field:best") { artifactCollection { tags { edges { node { name } } } } } } }`
  expect(need(await site.gql(ask, { id }))).toEqual({
    artifact: { createdBy: { name: "r1" }, usedBy: { edges: [{ node: { name: "r1" } }] } },
    entity: { name: "ann" },
    models: { edges: [{ node: { name: "birds" } }, { node: { name: "new" } }] },
    project: { artifactCollectionMembership: { artifactCollection: { tags: { edges: [{ node: { name: "t" } }] } } } },
  })
})

test("a version that was fetched by an alias and is logged again is the one that it was", async () => {
  const site = createSite()
  const { id } = await log(site, { a: "1" })
  const aliases = [{ alias: "again", artifactCollectionName: "field:v0" }]
  expect(await log(site, { a: "1" }, { collection: "field:v0", input: { aliases } })).toMatchObject({ id, state: "COMMITTED" })
  const found = await site.registry.findVersion({ entity: "ann", project: "birds", collection: "field", alias: "again" })
  expect(found?.version.id).toBe(id)
})

test("a misspelt entity is refused with the words that say which is meant, and makes nothing", async () => {
  const site = createSite({ authenticate: () => ({ entity: "ann", username: "ann", entities: ["ann", "team"] }) })
  const { status, errors } = await startRun(site, { entityName: "anne", modelName: "p" })
  const told = "This key may not write anne/p: it is for the entities ann, team, and whoever runs the server can name more."
  expect([status, errors?.[0]?.message]).toEqual([403, told])
  expect(await Array.fromAsync(site.registry.projects(undefined))).toEqual([])
})

describe("the organizations of a user", () => {
  const query = `{ viewer { organizations { name } } entity(name: "ann") { user { organizations { name orgEntity { name } } } } }`
  const organizations = async (entities: readonly string[] | "*", options: Partial<ServerOptions> = {}) => {
    const site = createSite({ authenticate: () => ({ entity: "ann", username: "ann", entities }), ...options })
    await site.registry.upsertProject({ entity: "team", project: "p" }, {})
    const { viewer, entity } = need(await site.gql(query))
    expect(entity.user.organizations.map(({ orgEntity }: { orgEntity: object }) => orgEntity)).toEqual(viewer.organizations)
    return viewer.organizations.map(({ name }: { name: string }) => name)
  }

  test("are all entities that the key may read", async () => {
    expect(await organizations(["ann", "other"])).toEqual(["ann", "other"])
  })

  test("are those with projects for a key to all", async () => {
    expect(await organizations("*")).toEqual(["ann", "team"])
  })

  test("are so over a bucket, which is across a network, too", async () => {
    const { registry } = createSite()
    expect(await organizations("*", { registry: { ...registry, remote: true } })).toEqual(["ann", "team"])
  })
})
