import { describe, expect, test } from "vitest"
import { createSite, need, type Site } from "./site.ts"

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
