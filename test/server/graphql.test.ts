import { describe, expect, test } from "vitest"
import { clientId, manifestOf, md5Of } from "../registry/publish.ts"
import { annsKey, artifactInput, createArtifactQuery, createFilesQuery, createSite, log, need, type Site } from "./site.ts"

const collectionFields = `__typename id name description createdAt updatedAt project { id internalId name entity { name } }
  type: defaultArtifactType { name } tags { edges { node { __typename id name } } }`
const artifactFields = `__typename id artifactSequence { __typename name project { id internalId name entity { name } } } versionIndex
  artifactType { name } description metadata ttlDurationSeconds ttlIsInherited tags { __typename id name } historyStep state size digest
  digestAlgorithm commitHash fileCount createdAt updatedAt aliases { __typename id alias artifactCollection { __typename name } }`
const memberQuery = `query ($name: String!) { project(name: "birds", entityName: "ann") { artifactCollectionMembership(name: $name) {
  __typename id versionIndex createdAt aliases { alias } artifactCollection { __typename id name } artifact { ${artifactFields} } } } }`

const member = async (site: Site, name: string) => need(await site.gql(memberQuery, { name })).project.artifactCollectionMembership

const names = (edges: readonly { node: { name: string } }[]) => edges.map(({ node }) => node.name)

describe("a session", () => {
  test("begins as W&B's clients expect", async () => {
    const site = createSite()
    const data = need(
      await site.gql(`{ viewer { id entity username email flags teams { edges { node { name } } } }
        serverInfo { features { name isEnabled } cliVersionInfo latestLocalVersionInfo { outOfDate } }
        entity(name: "ann") { organization { name coreWeaveOrganizationId orgEntity { name } } user { username } } }`),
    )
    expect(data.viewer).toMatchObject({
      entity: "ann",
      username: "ann",
      email: null,
      flags: "{}",
      teams: { edges: [{ node: { name: "ann" } }] },
    })
    expect(data.serverInfo.features).toContainEqual({ name: "CLIENT_IDS", isEnabled: true })
    expect(data.serverInfo).toMatchObject({ cliVersionInfo: { max_cli_version: expect.any(String) }, latestLocalVersionInfo: null })
    expect(data.entity).toEqual({
      organization: { name: "ann", coreWeaveOrganizationId: null, orgEntity: { name: "ann" } },
      user: { username: "ann" },
    })
  })

  test("aliases, fragments, directives, variables and defaults are executed", async () => {
    const site = createSite()
    const query = `query Q($yes: Boolean = true, $no: Boolean!) { a: viewer { ...U @include(if: $yes) } b: viewer { id @skip(if: true) ... on User @include(if: $no) { email } username } }
      fragment U on User { name: username __typename }`
    expect(need(await site.gql(query, { no: false }))).toEqual({ a: { name: "ann", __typename: "User" }, b: { username: "ann" } })
  })
})

describe("runs", () => {
  const upsert = `mutation UpsertBucket($name: String, $config: JSONString, $tags: [String!]) { upsertBucket(input: { name: $name,
    entityName: null, modelName: "birds", config: $config, tags: $tags, displayName: null, jobType: "train" }) { bucket { id name displayName
    config sweepName historyLineCount project { id name entity { id name } } } inserted } }`

  test("start, end, and keep their settings", async () => {
    const site = createSite()
    const config = JSON.stringify({ lr: { value: 0.1, desc: null }, _wandb: { value: { t: 1 } } })
    const first = need(await site.gql(upsert, { name: "r1", config, tags: ["a"] })).upsertBucket
    expect(first).toMatchObject({ inserted: true, bucket: { name: "r1", project: { name: "birds", entity: { name: "ann" } } } })
    expect(JSON.parse(first.bucket.config)).toEqual({ lr: { value: 0.1 } })
    expect(need(await site.gql(upsert, { name: "r1" })).upsertBucket).toMatchObject({
      inserted: false,
      bucket: { id: first.bucket.id },
    })
    const body = JSON.stringify({ files: {}, complete: true, exitcode: 1 })
    expect((await site.fetch("/files/ann/birds/r1/file_stream", { method: "POST", body, key: annsKey })).status).toBe(200)
    const run = need(
      await site.gql(
        '{ project(name: "birds") { run(name: "r1") { state tags jobType projectId user { username } } none: run(name: "x") { id } } }',
      ),
    )
    expect(run.project).toMatchObject({
      run: { state: "failed", tags: ["a"], jobType: "train", projectId: expect.any(Number) },
      none: null,
    })
    const resume = need(
      await site.gql(
        '{ model(name: "birds") { bucket(name: "r1", missingOk: true) { config wandbConfig(keys: ["t"]) historyTail } } }',
      ),
    )
    expect(JSON.parse(resume.model.bucket.wandbConfig)).toHaveProperty("t")
  })

  test("their other files are taken and let go", async () => {
    const site = createSite()
    const query =
      'mutation { createRunFiles(input: { entityName: "ann", projectName: "birds", runName: "r", files: ["a", "b"] }) { runID uploadHeaders files { name uploadUrl } } }'
    const { files } = need(await site.gql(query)).createRunFiles
    expect(files).toHaveLength(2)
    expect((await site.fetch(files[1].uploadUrl, { method: "PUT", body: "console" })).status).toBe(200)
  })

  test("lineage both ways", async () => {
    const site = createSite()
    for (const name of ["maker", "user"]) need(await site.gql(upsert, { name }))
    const { id } = await log(site, { a: "1" }, { input: { runName: "maker" } })
    const use = `mutation ($id: ID!) { useArtifact(input: { artifactID: $id, entityName: "ann", projectName: "birds", runName: "user",
      usedAs: null, artifactEntityName: "ann", artifactProjectName: "birds" }) { artifact { id } } }`
    expect(need(await site.gql(use, { id })).useArtifact.artifact.id).toBe(id)
    const query = `query ($id: ID!) { artifact(id: $id) { usedBy { edges { node { __typename name project { name } } } } createdBy { __typename ... on Run { name } } }
      project(name: "birds") { maker: run(name: "maker") { outputArtifacts { totalCount pageInfo { hasNextPage } edges { node { id } } } }
      user: run(name: "user") { inputArtifacts(first: 5) { totalCount edges { node { id } } } } } }`
    const data = need(await site.gql(query, { id }))
    expect(data.artifact).toMatchObject({
      usedBy: { edges: [{ node: { __typename: "Run", name: "user" } }] },
      createdBy: { __typename: "Run", name: "maker" },
    })
    expect(data.project).toMatchObject({
      maker: { outputArtifacts: { totalCount: 1, edges: [{ node: { id } }] } },
      user: { inputArtifacts: { totalCount: 1 } },
    })
  })
})

describe("versions", () => {
  test("say all that W&B's clients read, with nulls where there is nothing", async () => {
    const site = createSite()
    const { id } = await log(site, { a: "1", b: "22" }, { input: { metadata: '{"k":[1,{"x":null}]}', tags: [{ tagName: "t1" }] } })
    const found = await member(site, "field:v0")
    expect(found).toMatchObject({ __typename: "ArtifactCollectionMembership", versionIndex: 0, aliases: [{ alias: "latest" }] })
    expect(found.artifact).toMatchObject({
      ...{
        __typename: "Artifact",
        id,
        versionIndex: 0,
        artifactType: { name: "dataset" },
        description: null,
        ttlDurationSeconds: -2,
      },
      ...{
        ttlIsInherited: true,
        tags: [{ __typename: "Tag", name: "t1" }],
        historyStep: null,
        state: "COMMITTED",
        size: 3,
        fileCount: 2,
      },
      ...{ digest: manifestOf({ a: "1", b: "22" }).digest(), digestAlgorithm: "MANIFEST_MD5", updatedAt: null },
      artifactSequence: { __typename: "ArtifactSequence", name: "field", project: { name: "birds", entity: { name: "ann" } } },
      aliases: [{ alias: "latest", artifactCollection: { name: "field" } }],
    })
    expect(JSON.parse(found.artifact.metadata)).toEqual({ k: [1, { x: null }] })
    expect(atob(found.artifact.artifactSequence.project.internalId)).toMatch(/^ProjectInternalId:\d+$/)
    for (const name of ["field", "field:latest", found.artifact.digest.replace(/^/, "field:")])
      expect((await member(site, name)).id).toBe(found.id)
    for (const name of ["field:v1", "field:none", "none:v0", "a/b", ""]) expect(await member(site, name)).toBeNull()
    expect(need(await site.gql('{ project(name: "none") { id } artifact(id: "none") { id } }'))).toEqual({
      project: null,
      artifact: null,
    })
  })

  test("creating one again answers the same, and names the one before", async () => {
    const site = createSite()
    const first = await log(site, { a: "1" })
    const input = artifactInput({ a: "2" })
    const answers = [need(await site.gql(createArtifactQuery, { input })), need(await site.gql(createArtifactQuery, { input }))]
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0].createArtifact.artifact).toMatchObject({
      state: "PENDING",
      artifactSequence: { latestArtifact: { id: first.id } },
    })
    const mapping = need(await site.gql("query ($id: ID!) { clientIDMapping(clientID: $id) { serverID } }", { id: input.clientID }))
    expect(mapping.clientIDMapping.serverID).toBe(answers[0].createArtifact.artifact.id)
    const none = need(await site.gql("query ($id: ID!) { clientIDMapping(clientID: $id) { serverID } }", { id: clientId() }))
    expect(none.clientIDMapping).toBeNull()
  })

  test("upload addresses come in the order asked, as many as asked", async () => {
    const site = createSite()
    await log(site, { b: "known" })
    const files = { c: "3", b: "known", a: "1", again: "known" }
    const { id } = need(await site.gql(createArtifactQuery, { input: artifactInput(files) })).createArtifact.artifact
    const artifactFiles = Object.entries(files).map(([name, text]) => ({ artifactID: id, name, md5: md5Of(text) }))
    const { edges } = need(await site.gql(createFilesQuery, { input: { artifactFiles, storageLayout: "V2", cloudRegionID: null } }))
      .createArtifactFiles.files
    expect(edges.map(({ node }: { node: { uploadUrl: string | null } }) => node.uploadUrl !== null)).toEqual([
      true,
      false,
      true,
      false,
    ])
    for (const { node } of edges)
      expect(node).toMatchObject({ storagePath: expect.stringMatching(/^wandb_artifacts\//), artifact: { id: expect.any(String) } })
  })

  test("change", async () => {
    const site = createSite()
    const { id } = await log(site, { a: "1" })
    const update = `mutation ($input: UpdateArtifactInput!) { result: updateArtifact(input: $input) { artifact { ${artifactFields} } } }`
    const change = async (input: object) => need(await site.gql(update, { input: { artifactID: id, ...input } })).result.artifact
    expect(
      await change({
        description: "d",
        metadata: '{"z":1}',
        tagsToAdd: [{ tagName: "x" }],
        tagsToDelete: [],
        ttlDurationSeconds: 3600,
      }),
    ).toMatchObject({
      ...{ description: "d", metadata: '{"z":1}', tags: [{ name: "x" }], ttlDurationSeconds: 3600, ttlIsInherited: false },
    })
    expect(await change({ tagsToDelete: [{ tagName: "x" }], ttlDurationSeconds: -1 })).toMatchObject({
      description: "d",
      tags: [],
      ttlIsInherited: true,
    })
    expect(await change({ description: null, ttlDurationSeconds: -2 })).toMatchObject({
      description: null,
      ttlDurationSeconds: -2,
      ttlIsInherited: false,
    })
    const alias = (verb: string, alias: string) =>
      site.gql(
        `mutation { result: ${verb}(input: { artifactID: "${id}", aliases: [{ entityName: "ann", projectName: "birds", artifactCollectionName: "field", alias: "${alias}" }] }) { success } }`,
      )
    expect(need(await alias("addAliases", "best")).result.success).toBe(true)
    expect((await member(site, "field:best")).aliases.map((each: { alias: string }) => each.alias).sort()).toEqual([
      "best",
      "latest",
    ])
    need(await alias("deleteAliases", "best"))
    expect(await member(site, "field:best")).toBeNull()
    expect((await alias("addAliases", "v7")).status).toBe(400)
  })

  test("are linked, unlinked and deleted", async () => {
    const site = createSite()
    const { id } = await log(site, { a: "1" })
    const link = `mutation ($input: LinkArtifactInput!) { result: linkArtifact(input: $input) { versionIndex artifactMembership { id aliases { alias } artifactCollection { __typename id name } } } }`
    const input = {
      artifactID: id,
      artifactPortfolioName: "shelf",
      entityName: "ann",
      projectName: "birds",
      aliases: [{ alias: "prod", artifactCollectionName: "shelf" }],
    }
    const { result } = need(await site.gql(link, { input }))
    expect(result).toMatchObject({
      versionIndex: 0,
      artifactMembership: { artifactCollection: { __typename: "ArtifactPortfolio", name: "shelf" } },
    })
    const linked = need(
      await site.gql(
        "query ($id: ID!) { artifact(id: $id) { artifactMemberships { edges { node { versionIndex artifactCollection { __typename } } } } } }",
        { id },
      ),
    )
    expect(
      linked.artifact.artifactMemberships.edges.map(
        ({ node }: { node: { artifactCollection: object } }) => node.artifactCollection,
      ),
    ).toEqual([{ __typename: "ArtifactSequence" }, { __typename: "ArtifactPortfolio" }])
    const unlink =
      "mutation ($a: ID!, $p: ID!) { result: unlinkArtifact(input: { artifactID: $a, artifactPortfolioID: $p }) { success } }"
    need(await site.gql(unlink, { a: id, p: result.artifactMembership.artifactCollection.id }))
    expect(await member(site, "shelf:v0")).toBeNull()
    const remove = "mutation ($input: DeleteArtifactInput!) { result: deleteArtifact(input: $input) { artifact { id state } } }"
    need(
      await site.gql(
        `mutation { addAliases(input: { artifactID: "${id}", aliases: [{ entityName: "ann", projectName: "birds", artifactCollectionName: "field", alias: "keep" }] }) { success } }`,
      ),
    )
    expect((await site.gql(remove, { input: { artifactID: id } })).status).toBe(409)
    expect(need(await site.gql(remove, { input: { artifactID: id, deleteAliases: true } })).result.artifact).toEqual({
      id,
      state: "DELETED",
    })
    expect(await member(site, "field:v0")).toBeNull()
    expect(
      need(await site.gql("query ($id: ID!) { artifact(id: $id) { state currentManifest { id } } }", { id })).artifact,
    ).toEqual({ state: "DELETED", currentManifest: null })
  })
})

describe("collections", () => {
  const lists = `query ($filters: JSONString, $order: String, $cursor: String, $perPage: Int) { project(name: "birds", entityName: "ann") {
    artifactCollections(after: $cursor, first: $perPage, filters: $filters, order: $order) { totalCount pageInfo { endCursor hasNextPage } edges { node { ${collectionFields} } } } } }`
  const shelf = async () => {
    const site = createSite()
    for (const collection of ["c", "a", "b"]) await log(site, { x: collection }, { collection })
    return site
  }
  const list = async (site: Site, variables: object) => need(await site.gql(lists, variables)).project.artifactCollections

  test("are listed in pages, filtered and ordered", async () => {
    const site = await shelf()
    const first = await list(site, { perPage: 2 })
    expect([first.totalCount, names(first.edges), first.pageInfo.hasNextPage]).toEqual([3, ["a", "b"], true])
    const second = await list(site, { perPage: 2, cursor: first.pageInfo.endCursor })
    expect([names(second.edges), second.pageInfo.hasNextPage]).toEqual([["c"], false])
    expect(names((await list(site, { order: "-name" })).edges)).toEqual(["c", "b", "a"])
    const filtered = async (filter: object) => names((await list(site, { filters: JSON.stringify(filter) })).edges)
    expect(await filtered({ name: "b" })).toEqual(["b"])
    expect(await filtered({ $or: [{ name: { $in: ["a"] } }, { name: { $regex: "^c$" } }] })).toEqual(["a", "c"])
    expect(await filtered({ $not: { name: { $gte: "b" } } })).toEqual(["a"])
    for (const filters of [
      "{",
      "[]",
      '{"$where":"1"}',
      '{"nothing":1}',
      '{"name":{"$regex":"(a+)+$"}}',
      `{"name":${"[".repeat(9000)}`,
    ]) {
      expect((await site.gql(lists, { filters })).status).toBe(400)
    }
    expect((await site.gql(lists, { cursor: "x" })).status).toBe(400)
    expect((await site.gql(lists, { order: "constructor" })).status).toBe(400)
  })

  test("are renamed, described, tagged, moved and deleted, by an id that outlives a rename", async () => {
    const site = await shelf()
    const { node } = (await list(site, { filters: '{"name":"a"}' })).edges[0]
    const update = `mutation ($input: UpdateArtifactSequenceInput!) { result: updateArtifactSequence(input: $input) { artifactCollection { ${collectionFields} } } }`
    expect(
      need(await site.gql(update, { input: { artifactSequenceID: node.id, name: "z", description: "d" } })).result
        .artifactCollection,
    ).toMatchObject({ name: "z", description: "d" })
    const move =
      'mutation ($id: ID!) { result: moveArtifactSequence(input: { artifactSequenceID: $id, destinationArtifactTypeName: "model" }) { artifactCollection { type: defaultArtifactType { name } } } }'
    expect(need(await site.gql(move, { id: node.id })).result.artifactCollection.type.name).toBe("model")
    const tags = '(input: { entityName: "ann", projectName: "birds", artifactCollectionName: "z", tags: [{ tagName: "t" }] })'
    need(await site.gql(`mutation { result: createArtifactCollectionTagAssignments${tags} { tags { __typename id name } } }`))
    const find = `{ project(name: "birds") { artifactType(name: "model") { name artifactCollection(name: "z") { ${collectionFields} } other: artifactCollection(name: "b") { id } } } }`
    const found = need(await site.gql(find)).project.artifactType
    expect(found).toMatchObject({
      name: "model",
      artifactCollection: { name: "z", tags: { edges: [{ node: { name: "t" } }] } },
      other: null,
    })
    need(await site.gql(`mutation { deleteArtifactCollectionTagAssignments${tags} { success } }`))
    const remove =
      "mutation ($id: ID!) { result: deleteArtifactSequence(input: { artifactSequenceID: $id }) { artifactCollection { __typename state } } }"
    expect(need(await site.gql(remove, { id: node.id })).result.artifactCollection).toEqual({
      __typename: "ArtifactSequence",
      state: "DELETED",
    })
    expect((await site.gql(remove, { id: node.id })).status).toBe(404)
    expect(
      need(await site.gql("query ($id: ID!) { artifactCollection(id: $id) { id } }", { id: node.id })).artifactCollection,
    ).toBeNull()
  })

  test("list their versions with the version's name, newest first or as ordered", async () => {
    const site = createSite()
    for (const text of ["1", "2", "3"]) await log(site, { a: text })
    const query = `query ($order: String, $filters: JSONString, $first: Int) { project(name: "birds") { artifactType(name: "dataset") { artifactCollection(name: "field") { __typename aliases { edges { node { alias } } }
      artifacts(order: $order, filters: $filters, first: $first) { totalCount pageInfo { hasNextPage } edges { version node { ${artifactFields} } } } } } } }`
    const versions = async (variables: object) => {
      const { artifacts } = need(await site.gql(query, variables)).project.artifactType.artifactCollection
      return artifacts.edges.map(({ version }: { version: string }) => version)
    }
    expect(await versions({ filters: '{"state":"COMMITTED"}' })).toEqual(["v2", "v1", "v0"])
    expect(await versions({ order: "+version_index", first: 2 })).toEqual(["v0", "v1"])
    expect(await versions({ filters: '{"alias":"latest"}' })).toEqual(["v2"])
    expect(await versions({ filters: '{"version_index":{"$lt":1}}' })).toEqual(["v0"])
  })

  test("order their versions by whatever metadata holds", async () => {
    const site = createSite()
    for (const [at, value] of ["2", '{"toString":1}', '"b"', "10", "true", "null", "[3]"].entries())
      await log(site, { a: `${at}` }, { input: { metadata: `{"value":${value},"toString":1}` } })
    const query = `query ($order: String) { project(name: "birds") { artifactCollection(name: "field") {
      artifacts(order: $order) { edges { version } } } } }`
    const versions = async (order: string) => {
      const { artifacts } = need(await site.gql(query, { order })).project.artifactCollection
      return artifacts.edges.map(({ version }: { version: string }) => version)
    }
    expect(await versions("-metadata.value")).toEqual(["v2", "v3", "v0", "v4", "v6", "v5", "v1"])
    expect(await versions("-metadata")).toEqual(["v6", "v5", "v4", "v3", "v2", "v1", "v0"])
  })
})

test("registries are made, listed, filled and deleted", async () => {
  const site = createSite()
  const { id } = await log(site, { a: "1" })
  const fields = `__typename id internalId name entity { name organization { name } } description createdAt updatedAt access
    allowAllArtifactTypes: allowAllArtifactTypesInRegistry artifactTypes(includeAll: true) { edges { node { name } } }`
  const upsert = `mutation ($input: UpsertModelInput!) { upsertModel(input: $input) { inserted project { ${fields} } } }`
  const input = {
    entityName: "ann",
    name: "wandb-registry-best",
    description: "d",
    artifactTypes: [{ name: "dataset" }],
    allowAllArtifactTypesInRegistry: false,
    access: "PRIVATE",
  }
  const made = need(await site.gql(upsert, { input })).upsertModel
  expect(made).toMatchObject({ inserted: true, project: { access: "PRIVATE", allowAllArtifactTypes: false, description: "d" } })
  const more = need(await site.gql(upsert, { input: { ...input, artifactTypes: [{ name: "model" }] } })).upsertModel
  expect([more.inserted, names(more.project.artifactTypes.edges)]).toEqual([false, ["dataset", "model"]])
  const allow = async (allowAllArtifactTypesInRegistry: boolean) =>
    need(await site.gql(upsert, { input: { entityName: "ann", name: input.name, allowAllArtifactTypesInRegistry } })).upsertModel
  expect((await allow(true)).project).toMatchObject({ allowAllArtifactTypes: true })
  const again = (await allow(false)).project
  expect([again.allowAllArtifactTypes, names(again.artifactTypes.edges)]).toEqual([false, ["dataset", "model"]])
  const restricted = await site.gql(upsert, { input: { ...input, access: "RESTRICTED" } })
  expect([restricted.status, restricted.errors?.[0]?.message]).toEqual([501, expect.stringContaining('must be "organization"')])
  need(
    await site.gql(
      `mutation ($id: ID!) { linkArtifact(input: { artifactID: $id, artifactPortfolioName: "shelf", entityName: "ann", projectName: "wandb-registry-best" }) { versionIndex } }`,
      { id },
    ),
  )
  const all = need(
    await site.gql(`{ organization(name: "ann") { id orgEntity { entityType projects(filters: "{\\"name\\":{\\"$regex\\":\\"best\\"}}") { edges { node { ${fields} } } }
    artifactCollections(collectionTypes: [PORTFOLIO]) { totalCount edges { node { name } } } artifactMemberships { edges { node { versionIndex artifact { id } } } } } } }`),
  )
  expect(all.organization.orgEntity).toMatchObject({
    projects: { edges: [{ node: { name: "wandb-registry-best" } }] },
    artifactCollections: { totalCount: 1, edges: [{ node: { name: "shelf" } }] },
    artifactMemberships: { edges: [{ node: { versionIndex: 0, artifact: { id } } }] },
  })
  expect(
    need(await site.gql("mutation ($id: String!) { deleteModel(input: { id: $id }) { success } }", { id: made.project.id }))
      .deleteModel.success,
  ).toBe(true)
  expect(need(await site.gql('{ entity(name: "ann") { project(name: "wandb-registry-best") { id } } }')).entity.project).toBeNull()
})

describe("what cannot be", () => {
  test.each([
    ["no JSON", "{", 400],
    ["no query", "{}", 400],
    ["a list", "[]", 400],
    ["null", "null", 400],
    ["a number as query", '{"query":1}', 400],
    ["variables as a list", '{"query":"{viewer{id}}","variables":[]}', 400],
    ["no UTF-8", new Uint8Array([0x7b, 0xff]), 400],
    ["too much", JSON.stringify({ query: " ".repeat(2000) }), 413],
  ])("%s", async (_, body, status) => {
    const site = createSite({ maxRequestBytes: 1000 })
    const response = await site.fetch("/graphql", { method: "POST", body, key: annsKey })
    expect([response.status, Object.keys((await response.json()) as object)]).toEqual([status, ["errors"]])
  })

  const nested = (depth: number) =>
    `{ viewer { ${"organizations { orgEntity { organization { ".repeat(depth)} id ${"} } }".repeat(depth)} } }`
  test.each([
    ["syntax", "{"],
    ["an unknown field", "{ viewer { secret } }"],
    ["too deep", nested(6)],
    ["too deep to parse", `{${"a{".repeat(900)}a${"}".repeat(900)}}`],
    ["too long", `{ viewer { ${"id ".repeat(3000)} } }`],
    ["a cycle of fragments", "{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a }"],
    [
      "a bomb of fragments",
      `{ viewer { ...f0 } } ${Array.from({ length: 40 }, (_, i) => `fragment f${i} on User { id ...f${i + 1} ...f${i + 1} }`).join(" ")} fragment f40 on User { id }`,
    ],
    ["too many aliases", `{ ${Array.from({ length: 900 }, (_, i) => `a${i}: viewer { id }`).join(" ")} }`],
    ["two operations, none named", "query A { viewer { id } } query B { viewer { id } }"],
    ["a subscription", "subscription { viewer { id } }"],
  ])("%s is a 400 and quick", async (_, query) => {
    const site = createSite()
    expect((await site.gql(query)).status).toBe(400)
    expect(site.told).toEqual([])
  })

  test("user errors say what was wrong, with a status of their own", async () => {
    const site = createSite()
    await log(site, { a: "1" })
    const attempt = async (input: object) => {
      const { status, errors } = await site.gql(createArtifactQuery, { input: artifactInput({ a: "2" }, { input }) })
      return [status, errors?.[0]?.message, errors?.[0]?.path]
    }
    expect(await attempt({ artifactTypeName: "model" })).toEqual([
      expect.any(Number),
      expect.stringContaining("dataset"),
      ["createArtifact"],
    ])
    for (const input of [
      { digest: "zz" },
      { metadata: "[]" },
      { clientID: "A/../B" },
      { artifactCollectionName: "a/b" },
      { ttlDurationSeconds: -5 },
      { historyStep: 0.5 },
      { projectName: "../x" },
    ]) {
      const [status] = await attempt(input)
      expect([400, 403]).toContain(status)
    }
    expect(site.told).toEqual([])
  })

  test("what goes wrong inside is told to the owner, and to clients only by its number", async () => {
    const broken = createSite()
    const failing = { ...broken.registry, getProject: () => Promise.reject(new Error("/var/private is on fire")) }
    const site = createSite({ registry: failing })
    const { status, errors, response } = await site.gql('{ project(name: "birds") { id } }')
    expect(status).toBe(500)
    expect(JSON.stringify(errors)).not.toContain("private")
    expect(JSON.stringify(errors)).toContain(response.headers.get("x-request-id"))
    expect(site.told).toEqual([expect.objectContaining({ message: "/var/private is on fire" })])
  })

  test("what goes wrong for every item of a list is told once, and nothing where the client has gone away", async () => {
    const { registry } = createSite()
    const gone = new AbortController()
    const body = JSON.stringify({
      query: '{ a: project(name: "a") { id } b: project(name: "b") { id } c: project(name: "c") { id } }',
    })
    for (const [signal, told] of [
      [undefined, 1],
      [gone.signal, 0],
    ] as const) {
      const fail = () => {
        if (signal) gone.abort()
        return Promise.reject(new Error("The connection broke."))
      }
      const site = createSite({ registry: { ...registry, getProject: fail } })
      const response = await site.fetch("/graphql", { method: "POST", key: annsKey, body, ...(signal && { signal }) })
      expect(((await response.json()) as { errors: unknown[] }).errors).toHaveLength(3)
      expect(site.told).toHaveLength(told)
    }
  })
})
