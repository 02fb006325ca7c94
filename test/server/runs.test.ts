import { describe, expect, test } from "vitest"
import { apiKeys } from "../../src/server/server.ts"
import { collect } from "../registry/publish.ts"
import { annsKey, bensKey, createSite, log, need, type Site } from "./site.ts"

const project = { entity: "ann", project: "birds" }

const listQuery = `query ($filters: JSONString, $order: String) { project(name: "birds", entityName: "ann") {
  runCount(filters: $filters) runs(filters: $filters, order: $order) { edges { node { name } } } } }`

async function found(site: Site, filters: object, order?: string): Promise<string[]> {
  const { runCount, runs } = need(await site.gql(listQuery, { filters: JSON.stringify(filters), order })).project
  const names = runs.edges.map(({ node }: { node: { name: string } }) => node.name)
  expect(runCount).toBe(names.length)
  return names
}

const upsertQuery = `mutation ($name: String, $config: JSONString) {
  upsertBucket(input: { name: $name, modelName: "birds", config: $config }) { bucket { config } } }`

describe("a run's config", () => {
  test("has what Python writes for numbers, and every digit", async () => {
    const site = createSite()
    const config =
      '{"a": {"value": NaN}, "b": {"value": {"c": [Infinity, -Infinity]}}, "ns": {"value": 1795910371339000123}, "_wandb": {}}'
    const { bucket } = need(await site.gql(upsertQuery, { name: "r", config })).upsertBucket
    const kept = '{"a":{"value":null},"b":{"value":{"c":["Infinity","-Infinity"]}},"ns":{"value":1795910371339000123}}'
    expect(bucket.config).toBe(kept)
    expect(need(await site.gql(upsertQuery, { name: "r" })).upsertBucket.bucket.config).toBe(kept)
  })

  test.each(["[]", "{", '{"a":{"value":tru}}', '{"a":1e999}'])("%s is refused by name", async (config) => {
    const { status, errors } = await createSite().gql(upsertQuery, { name: "r", config })
    expect([status, errors?.[0]?.message]).toEqual([400, expect.stringContaining("config")])
  })
})

describe("a run that W&B's public API edits", () => {
  const edit = `mutation ($id: String!, $description: String, $config: JSONString, $summary: JSONString) { upsertBucket(input: { id: $id,
    description: $description, config: $config, summaryMetrics: $summary, groupName: null, tags: ["t"] }) {
    bucket { id description summaryMetrics state tags } inserted } }`

  test("keeps its state, and what it is told", async () => {
    const site = createSite()
    await site.registry.upsertRun({ ...project, run: "r", group: "g" })
    await site.registry.finishRun({ ...project, run: "r" }, 0)
    const { id } = need(await site.gql('{ project(name: "birds") { run(name: "r") { id } } }')).project.run
    const told = { description: "D", summary: '{"z": 1.0, "nan": NaN}', config: '{"lr":{"value":0.1}}' }
    const { bucket, inserted } = need(await site.gql(edit, { id, ...told })).upsertBucket
    expect(inserted).toBe(false)
    expect(bucket).toEqual({ id, description: "D", summaryMetrics: '{"z":1.0,"nan":null}', state: "finished", tags: ["t"] })
    expect(await site.registry.getRun({ ...project, run: "r" })).toMatchObject({ group: "g", config: { lr: 0.1 } })
  })

  test("must be there, and be the asker's", async () => {
    const site = createSite()
    await site.registry.upsertRun({ ...project, run: "r" })
    const { id } = need(await site.gql('{ project(name: "birds") { run(name: "r") { id } } }')).project.run
    expect((await site.gql(edit, { id }, bensKey)).status).toBe(403)
    const gone = btoa('Run:["ann","birds","gone"]')
    expect((await site.gql(edit, { id: gone })).status).toBe(404)
    expect(await site.registry.getRun({ ...project, run: "gone" })).toBeUndefined()
  })
})

describe("what a run streams", () => {
  const resumeQuery = `{ model(name: "birds") { bucket(name: "r", missingOk: true) { summaryMetrics historyLineCount historyTail
    eventsTail logLineCount heartbeatAt state } } }`
  const stream = (site: Site, body: unknown, key: string = annsKey) =>
    site.fetch("/files/ann/birds/r/file_stream", { method: "POST", body: JSON.stringify(body), key })
  const bucketOf = async (site: Site) => need(await site.gql(resumeQuery)).model.bucket

  async function started() {
    const site = createSite()
    await site.registry.upsertRun({ ...project, run: "r" })
    return site
  }

  test("is there for clients that resume it: how long the history is, its last step, and the summary", async () => {
    const site = await started()
    expect(await bucketOf(site)).toMatchObject({ historyLineCount: 0, historyTail: "[]", summaryMetrics: "{}", heartbeatAt: null })
    const history = { offset: 0, content: ['{"_step":0}', '{"_step":4,"acc":NaN}'] }
    const summary = { offset: 0, content: ['{"_step":1}', '{"_step":4,"acc":1.0,"worst":-Infinity}'] }
    const files = { "wandb-history.jsonl": history, "wandb-summary.json": summary, "output.log": { offset: 0, content: ["hello"] } }
    expect((await stream(site, { files })).status).toBe(200)
    const bucket = await bucketOf(site)
    expect(bucket).toMatchObject({
      historyLineCount: 2,
      summaryMetrics: '{"_step":4,"acc":1.0,"worst":"-Infinity"}',
      state: "running",
    })
    expect(JSON.parse(JSON.parse(bucket.historyTail).at(-1))).toEqual({ _step: 4 })
    expect(bucket.heartbeatAt).toBe(new Date(site.clock.at).toISOString())
    expect((await stream(site, { complete: true, exitcode: 0 })).status).toBe(200)
    expect(await bucketOf(site)).toMatchObject({ historyLineCount: 2, state: "finished" })
  })

  test.each([
    null,
    [],
    { files: 3 },
    { files: { "wandb-history.jsonl": { offset: "0", content: ["{}"] } } },
    { files: { "wandb-history.jsonl": { offset: -1, content: ["{}"] }, "wandb-summary.json": { content: ["[1]"] } } },
    { files: { "wandb-history.jsonl": { offset: 2 ** 40, content: ["{}"] }, "wandb-summary.json": { content: ["{"] } } },
    { files: { "wandb-history.jsonl": null, "wandb-summary.json": { offset: 0, content: [] } } },
  ])("is let go where it is not as it should be, and is a heartbeat: %j", async (body) => {
    const site = await started()
    expect((await stream(site, body)).status).toBe(200)
    expect(await bucketOf(site)).toMatchObject({ historyLineCount: 0, summaryMetrics: "{}", heartbeatAt: expect.any(String) })
  })

  test("needs a run, and the right to write to it", async () => {
    expect((await stream(createSite(), {})).status).toBe(404)
    expect((await stream(await started(), {}, bensKey)).status).toBe(403)
  })

  test("crashes when it stops", async () => {
    const site = await started()
    await stream(site, {})
    site.clock.at += 11 * 60_000
    expect(await bucketOf(site)).toMatchObject({ state: "crashed" })
    expect(await found(site, { state: "crashed" })).toEqual(["r"])
  })
})

describe("a run is deleted", () => {
  const remove =
    "mutation ($id: ID!, $artifacts: Boolean) { deleteRun(input: { id: $id, deleteArtifacts: $artifacts }) { clientMutationId } }"

  async function logged() {
    const keys = {
      ...{
        [annsKey]: { entity: "ann", username: "ann", entities: ["ann"] },
        [bensKey]: { entity: "ben", username: "ben", entities: ["ben"] },
      },
      [writersKey]: { entity: "ann", username: "w", entities: ["ann"], actions: ["read", "write"] as const },
      [fieldsKey]: { entity: "ann", username: "f", entities: ["ann"], project: "birds", collection: "field" },
    }
    const site = createSite({ authenticate: apiKeys(keys) })
    await site.registry.upsertRun({ ...project, run: "r" })
    const version = await log(site, { a: "1" }, { input: { runName: "r" } })
    const { id } = need(await site.gql('{ project(name: "birds") { run(name: "r") { id } } }')).project.run
    return { site, id, version }
  }
  const writersKey = `wri${"w".repeat(40)}`
  const fieldsKey = `fie${"f".repeat(40)}`

  test("and what it logged stays, or goes", async () => {
    for (const artifacts of [false, true]) {
      const { site, id, version } = await logged()
      need(await site.gql(remove, { id, artifacts }))
      expect((await site.gql(remove, { id, artifacts })).status).toBe(404)
      const query = 'query ($id: ID!) { artifact(id: $id) { state } project(name: "birds") { run(name: "r") { id } } }'
      const { artifact, project: place } = need(await site.gql(query, { id: version.id }))
      expect([artifact.state, place.run]).toEqual([artifacts ? "DELETED" : "COMMITTED", null])
      if (artifacts) continue
      const createdBy = "query ($id: ID!) { artifact(id: $id) { createdBy { __typename } } }"
      expect(need(await site.gql(createdBy, { id: version.id })).artifact.createdBy).toBeNull()
    }
  })

  test("by nobody who may not delete in all of its project", async () => {
    const { site, id } = await logged()
    for (const key of [bensKey, writersKey, fieldsKey]) expect((await site.gql(remove, { id }, key)).status).toBe(403)
    expect(await site.registry.getRun({ ...project, run: "r" })).toBeDefined()
  })
})

describe("runs are found", () => {
  async function trained() {
    const site = createSite()
    const configs = { a: { lr: 0.1, nested: { list: [1, 2] } }, b: { lr: 0.2, opt: { value: 3, kind: "sgd" } }, c: { lr: "auto" } }
    for (const [run, config] of Object.entries(configs)) await site.registry.upsertRun({ ...project, run, config })
    return site
  }

  test.each([
    [{ "config.lr": 0.1 }, ["a"]],
    [{ "config.lr.value": 0.1 }, ["a"]],
    [{ "config.lr": { $gt: 0.05 } }, ["a", "b"]],
    [{ "config.lr.value": { $gte: 0.2 } }, ["b"]],
    [{ "config.nested.list": [1, 2] }, ["a"]],
    [{ "config.nested.value.list": 2 }, ["a"]],
    [{ "config.nested.list": { $ne: 2 } }, ["b", "c"]],
    [{ "config.opt.value": 3 }, ["b"]],
    [{ "config.opt.kind": { $regex: "^s" } }, ["b"]],
    [{ "config.none": { $exists: false }, "config.lr": "auto" }, ["c"]],
  ])("by their config, %j", async (filter, expected) => expect(await found(await trained(), filter)).toEqual(expected))

  test.each(["-config.lr", "-config.lr.value"])("in an order of it, %s", async (order) => {
    const numbers = { "config.lr": { $gt: 0 } }
    expect(await found(await trained(), numbers, order)).toEqual(["b", "a"])
  })

  async function varied() {
    const site = createSite()
    site.clock.at = Date.parse("2026-01-01T00:00:00Z")
    const runs = {
      a: { host: "wren", notes: "first", jobType: "train", summary: { acc: 0.5, deep: { loss: 2 } }, description: "D" },
      b: { host: "swift", summary: '{"acc":1.0}' },
      c: {},
    }
    for (const [run, changes] of Object.entries(runs)) await site.registry.upsertRun({ ...project, run, ...changes })
    site.clock.at += 90_000
    await site.registry.heartbeat({ ...project, run: "a" }, {})
    site.clock.at += 30_000
    await site.registry.finishRun({ ...project, run: "b" }, 0)
    return site
  }

  test.each([
    [{ "summary_metrics.acc": { $gt: 0.5 } }, ["b"]],
    [{ "summaryMetrics.deep.loss": 2 }, ["a"]],
    [{ duration: { $gte: 90 } }, ["a", "b"]],
    [{ duration: { $lt: 90 } }, ["c"]],
    [{ host: "wren" }, ["a"]],
    [{ username: "ann", "user.username": "ann", entity: "ann", project: "birds", sweep: null }, ["a", "b", "c"]],
    [{ username: "ben" }, []],
    [{ job_type: "train", notes: "first", description: "D" }, ["a"]],
    [{ heartbeat_at: { $exists: false } }, ["c"]],
    [{ heartbeatAt: { $gte: "2026-01-01T00:01:59Z" } }, ["b"]],
    [{ updatedAt: { $lt: "2026-01-01T00:01:00Z" } }, ["c"]],
  ])("by what else is known of them, %j", async (filter, expected) => expect(await found(await varied(), filter)).toEqual(expected))

  test.each([
    ["-summary_metrics.acc", ["b", "a", "c"]],
    ["+summary_metrics.acc", ["c", "a", "b"]],
    ["-heartbeat_at", ["b", "a", "c"]],
    ["-duration", ["b", "a", "c"]],
  ])("in the order of it, %s", async (order, expected) => expect(await found(await varied(), {}, order)).toEqual(expected))
})

describe("the state of a run", () => {
  const update = "mutation ($input: UpdateRunStateInput!) { updateRunState(input: $input) { success } }"
  const set = async (site: Site, run: string, state: string) =>
    (await site.gql(update, { input: { id: btoa(`Run:${JSON.stringify(["ann", "birds", run])}`), state } })).status

  test("is set to failed by hand, and to nothing else", async () => {
    const site = createSite()
    for (const run of ["lost", "done"]) await site.registry.upsertRun({ ...project, run })
    await site.registry.finishRun({ ...project, run: "done" }, 0)
    expect(await set(site, "lost", "pending")).toBe(400)
    expect(await set(site, "lost", "failed")).toBe(200)
    expect(await set(site, "done", "failed")).toBe(409)
    expect(await set(site, "none", "failed")).toBe(404)
    expect((await collect(site.registry.runs(project))).map(({ run, state }) => [run, state])).toEqual([
      ["done", "finished"],
      ["lost", "failed"],
    ])
  })
})
