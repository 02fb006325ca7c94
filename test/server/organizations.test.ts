/** A gateway to a server where the registries of an organization are found by its teams' names too, as at W&B. */
import { describe, expect, test } from "vitest"
import type { Registry } from "../../src/ports.ts"
import { apiKeys } from "../../src/server/server.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { artifactInput, createArtifactQuery, createSite, log, need, type Site } from "./site.ts"

const rootKey = `root${"r".repeat(40)}`
const teamKey = `team${"t".repeat(40)}`
const bothKey = `both${"b".repeat(40)}`

const authenticate = apiKeys({
  [rootKey]: { entity: "team", username: "root", entities: "*" },
  [teamKey]: { entity: "team", username: "tim", entities: ["team"] },
  [bothKey]: { entity: "team", username: "bob", entities: ["team", "acme-org"] },
})

const registryOf = (fetch: (request: Request) => Promise<Response>) =>
  wandb({ apiKey: rootKey, baseUrl: "http://upstream.test", entity: "team", project: "p", env: () => undefined, fetch })

/** `acme-org` has the registry `model`, whose collection `prod` holds a version; `team` is of that organization. */
async function createGateway() {
  const upstream = createSite({ authenticate })
  await log(upstream, { secret: "s" }, { entity: "other", project: "p", key: rootKey })
  const secret = await upstream.registry.findVersion({ entity: "other", project: "p", collection: "field" })
  const prod = { entity: "acme-org", project: "wandb-registry-model", collection: "prod" }
  await upstream.registry.link(secret!.version.id, prod, ["best"])
  const asW = async (request: Request) => {
    const { query, variables } = request.method === "POST" ? await request.clone().json() : {}
    const isOurs = ["team", "acme-org"].includes(variables?.entity)
    if (!query?.includes("FetchOrgInfoFromEntity") || !isOurs) return upstream.server.fetch(request)
    return Response.json({ data: { entity: { organization: { name: "Acme", orgEntity: { name: "acme-org" } }, user: null } } })
  }
  return { upstream, gateway: createSite({ registry: registryOf(asW), authenticate }) }
}

const project = '{ project(name: "wandb-registry-model", entityName: "team") '
const place = 'entityName: "team", projectName: "wandb-registry-model"'
const idOf = (kind: string, ...names: string[]) => btoa(`${kind}:${JSON.stringify(names)}`)

function requests(secretId: string, ownId: string, collectionId: string): readonly (readonly [string, string, object?])[] {
  const alias = `[{ ${place}, artifactCollectionName: "prod", alias: "stolen" }]`
  const named = idOf("ArtifactCollection", "team", "wandb-registry-model", "prod", collectionId)
  return [
    ["project", `${project} { id description createdAt } }`],
    ["member", `${project} { artifactCollectionMembership(name: "prod:best") { id } } }`],
    ["runs", `${project} { runs { edges { node { id } } } } }`],
    ["entity", '{ entity(name: "team") { project(name: "wandb-registry-model") { id } } }'],
    ["organization", '{ entity(name: "team") { organization { orgEntity { projects { edges { node { id } } } } } } }'],
    ["collection", "query ($id: ID!) { artifactCollection(id: $id) { id } }", { id: named }],
    [
      "tag",
      `mutation { createArtifactCollectionTagAssignments(input: { ${place}, artifactCollectionName: "prod", tags: [{ tagName: "x" }] }) { tags { name } } }`,
    ],
    [
      "untag",
      `mutation { deleteArtifactCollectionTagAssignments(input: { ${place}, artifactCollectionName: "prod", tags: [{ tagName: "x" }] }) { success } }`,
    ],
    [
      "describe",
      'mutation { upsertModel(input: { entityName: "team", name: "wandb-registry-model", description: "x" }) { inserted } }',
    ],
    ["new registry", 'mutation { upsertModel(input: { entityName: "team", name: "wandb-registry-new" }) { inserted } }'],
    [
      "rename",
      'mutation { renameProject(input: { entityName: "team", oldProjectName: "wandb-registry-model", newProjectName: "wandb-registry-x" }) { inserted } }',
    ],
    [
      "rename into",
      'mutation { renameProject(input: { entityName: "team", oldProjectName: "own", newProjectName: "wandb-registry-x" }) { inserted } }',
    ],
    [
      "drop",
      "mutation ($id: String!) { deleteModel(input: { id: $id }) { success } }",
      { id: idOf("Project", "team", "wandb-registry-model") },
    ],
    [
      "drop collection",
      "mutation ($id: ID!) { deleteArtifactPortfolio(input: { artifactPortfolioID: $id }) { artifactCollection { id } } }",
      { id: named },
    ],
    [
      "unlink",
      "mutation ($a: ID!, $id: ID!) { unlinkArtifact(input: { artifactID: $a, artifactPortfolioID: $id }) { success } }",
      { a: secretId, id: named },
    ],
    [
      "link",
      `mutation ($id: ID!) { linkArtifact(input: { artifactID: $id, artifactPortfolioName: "prod", ${place} }) { versionIndex } }`,
      { id: ownId },
    ],
    ["alias", `mutation ($id: ID!) { addAliases(input: { artifactID: $id, aliases: ${alias} }) { success } }`, { id: secretId }],
    ["log", createArtifactQuery, { input: artifactInput({ x: "x" }, { entity: "team", project: "wandb-registry-model" }) }],
    ["run", 'mutation { upsertBucket(input: { entityName: "team", modelName: "wandb-registry-new", name: "r" }) { inserted } }'],
    [
      "use",
      `mutation ($id: ID!) { useArtifact(input: { artifactID: $id, ${place}, runName: "r", artifactEntityName: "team", artifactProjectName: "own" }) { success } }`,
      { id: ownId },
    ],
    ["no organization of theirs", 'mutation { upsertModel(input: { entityName: "solo", name: "wandb-registry-x" }) { inserted } }'],
  ]
}

async function snapshot({ registry }: Site) {
  const projects = await Array.fromAsync(registry.projects("acme-org"))
  const collections = await Promise.all(projects.map((each) => Array.fromAsync(registry.collections(each, undefined))))
  const members = await Promise.all(collections.flat().map((each) => Array.fromAsync(registry.versions(each))))
  return { projects, collections, members }
}

describe("a gateway to an organization's registries", () => {
  test("lets nobody in by the name of a team", async () => {
    const { upstream, gateway } = await createGateway()
    const own = await log(gateway, { a: "a" }, { entity: "team", project: "own", key: teamKey })
    const before = await snapshot(upstream)
    const [prod] = before.collections.flat()
    for (const [name, query, variables] of requests(before.members[0]![0]!.version.id, own.id, prod!.id)) {
      const { status, data, errors } = await gateway.gql(query, variables, teamKey)
      const found = JSON.stringify([data, errors])
      const isNothing = status >= 400 ? status < 500 : /^\[\{"\w+":(null|\{.*(null|"edges":\[\])\}+)\},null\]$/.test(found)
      expect(isNothing, `${name}: ${status} ${found}`).toBe(true)
      expect(found, name).not.toMatch(/acme/i)
    }
    expect(await snapshot(upstream)).toEqual(before)
    expect(gateway.told).toEqual([])
  })

  test("serves who may use the organization by either name", async () => {
    const { upstream, gateway } = await createGateway()
    const find = async (entity: string, key: string) => {
      const query = `{ project(name: "wandb-registry-model", entityName: "${entity}") { entityName artifactCollection(name: "prod") { name } } }`
      return need(await gateway.gql(query, {}, key)).project
    }
    for (const entity of ["team", "acme-org"])
      expect(await find(entity, bothKey)).toEqual({ entityName: "acme-org", artifactCollection: { name: "prod" } })
    const describe =
      'mutation { upsertModel(input: { entityName: "team", name: "wandb-registry-model", description: "d" }) { inserted } }'
    expect(need(await gateway.gql(describe, {}, bothKey)).upsertModel.inserted).toBe(false)
    const changed = await upstream.registry.getProject({ entity: "acme-org", project: "wandb-registry-model" })
    expect(changed?.description).toBe("d")
  })

  test("holds behind another gateway too", async () => {
    const { upstream, gateway } = await createGateway()
    const registry: Registry = registryOf((request) => gateway.server.fetch(request))
    const outer = createSite({ registry, authenticate })
    const before = await snapshot(upstream)
    expect(need(await outer.gql(`${project} { id } }`, {}, bothKey)).project).toBeTruthy()
    expect(need(await outer.gql(`${project} { id } }`, {}, teamKey)).project).toBeNull()
    const drop = "mutation ($id: String!) { deleteModel(input: { id: $id }) { success } }"
    expect((await outer.gql(drop, { id: idOf("Project", "team", "wandb-registry-model") }, teamKey)).status).toBe(403)
    expect(await snapshot(upstream)).toEqual(before)
  })
})
