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
