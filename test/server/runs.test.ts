import { describe, expect, test } from "vitest"
import { bensKey, createSite, need, type Site } from "./site.ts"

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
})
