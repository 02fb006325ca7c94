/** What one request may cost, however short it is. */
import { describe, expect, test } from "vitest"
import { md5Of } from "../registry/publish.ts"
import { artifactInput, createArtifactQuery, createFilesQuery, createSite, log, need, type Site } from "./site.ts"

const tooMuch = [400, expect.stringContaining("ask for fewer at once")]
const told = ({ status, errors }: Awaited<ReturnType<Site["gql"]>>) => [status, errors?.[0]?.message]

describe("filters", () => {
  const versionsQuery = `query ($filters: JSONString, $order: String) { project(name: "birds", entityName: "ann") {
    artifactCollection(name: "field") { artifacts(filters: $filters, order: $order) { edges { version } } } } }`
  const list = (site: Site, filter: object) => site.gql(versionsQuery, { filters: JSON.stringify(filter) })
  const versions = async (site: Site, filter: object) =>
    need(await list(site, filter)).project.artifactCollection.artifacts.edges.map(({ version }: { version: string }) => version)

  const logged = async (...inputs: readonly object[]) => {
    const site = createSite()
    for (const [at, input] of inputs.entries()) await log(site, { a: `${at}` }, { input })
    return site
  }

  test("that try many patterns on long texts are refused", async () => {
    const site = await logged(...Array.from({ length: 4 }, () => ({ description: "x".repeat(50_000) })))
    const pattern = `${".*x".repeat(80)}y`
    expect(await versions(site, { description: { $regex: pattern } })).toEqual([])
    const terms = (count: number, test: object) => ({ $or: Array.from({ length: count }, () => ({ description: test })) })
    expect(told(await list(site, terms(25, { $regex: pattern })))).toEqual(tooMuch)
    expect(await versions(site, { description: { $contains: "x".repeat(50) } })).toHaveLength(4)
    expect(told(await list(site, terms(50, { $contains: `${"x".repeat(50)}y` })))).toEqual(tooMuch)
  })

  test("that compare large objects again and again are refused", async () => {
    const metadata = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]))
    const site = await logged(...Array.from({ length: 3 }, () => ({ metadata: JSON.stringify({ metadata }) })))
    expect(await versions(site, { "metadata.metadata": {} })).toEqual([])
    const list = { "metadata.metadata": { $in: Array.from({ length: 100 }, () => ({})) } }
    expect(told(await site.gql(versionsQuery, { filters: JSON.stringify(list) }))).toEqual(tooMuch)
  })

  test("compare objects by what is in them", async () => {
    const inner = { list: [1, { x: null }], text: "t" }
    const site = await logged({ metadata: JSON.stringify({ inner }) }, { metadata: '{"inner":{"list":[]}}' })
    expect(await versions(site, { "metadata.inner": { text: "t", list: [1, { x: null }] } })).toEqual(["v0"])
    expect(await versions(site, { "metadata.inner": { $ne: inner } })).toEqual(["v1"])
    expect(await versions(site, { metadata: { inner: { list: [] } } })).toEqual(["v1"])
  })

  test("and orders by endless names are refused", async () => {
    const site = await logged({})
    for (const order of [`+metadata${".a".repeat(100)}`, `+name,${"x".repeat(10_000)}`])
      expect((await site.gql(versionsQuery, { order })).status).toBe(400)
  })
})

describe("an answer", () => {
  const long = "x".repeat(400_000)
  const aliases = (field: string) => Array.from({ length: 200 }, (_, index) => `a${index}: ${field}`).join(" ")

  test.each(["metadata", "description", "artifactSequence { latestArtifact { metadata } }"])(
    "of a long text over and over is refused: %s",
    async (field) => {
      const site = createSite()
      const input = { description: long, metadata: JSON.stringify({ long }) }
      const { id } = await log(site, { a: "1" }, { input })
      const ask = (fields: string) => site.gql(`query ($id: ID!) { artifact(id: $id) { ${fields} } }`, { id })
      const answer = await ask(aliases(field))
      expect(told(answer)).toEqual([400, expect.stringContaining("ask for fewer fields")])
      expect((await answer.response.arrayBuffer()).byteLength).toBeLessThan(1000)
      expect(need(await ask("metadata description")).artifact.description).toBe(long)
      expect(site.told).toEqual([])
    },
  )

  test("of a run's long settings is, too", async () => {
    const site = createSite()
    const config = JSON.stringify({ long: { value: long } })
    const upsert = `mutation ($config: JSONString) { upsertBucket(input: { name: "r", modelName: "birds", config: $config }) {
      bucket { config } } }`
    expect(need(await site.gql(upsert, { config })).upsertBucket.bucket.config).toBe(config)
    const answer = await site.gql(`{ project(name: "birds") { run(name: "r") { ${aliases("config")} } } }`)
    expect(told(answer)).toEqual([400, expect.stringContaining("ask for fewer fields")])
  })

  test("of many things under a long name is, too", async () => {
    const site = createSite()
    const files = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}`, "same"]))
    const { id } = await log(site, files)
    const field = `${"n".repeat(30_000)}: directUrl`
    const query = `query ($id: ID!) { artifact(id: $id) { files(first: 3000) { edges { node { ${field} } } } } }`
    expect(told(await site.gql(query, { id }))).toEqual([400, expect.stringContaining("smaller pages")])
  })
})

test("addresses of parts are paid for, and those of a large file are not too many", async () => {
  const site = createSite()
  const { id } = need(await site.gql(createArtifactQuery, { input: artifactInput({ a: "1" }) })).createArtifact.artifact
  const ask = (files: number, parts: number) => {
    const uploadPartsInput = Array.from({ length: parts }, (_, at) => ({ partNumber: at + 1, hexMD5: "0".repeat(32) }))
    const spec = (at: number) => ({ artifactID: id, name: `f${at}`, md5: md5Of(`${at}`), uploadPartsInput })
    return site.gql(createFilesQuery, { input: { artifactFiles: Array.from({ length: files }, (_, at) => spec(at)) } })
  }
  const { edges } = need(await ask(1, 10_000)).createArtifactFiles.files
  expect(edges[0].node.uploadMultipartUrls.uploadUrlParts).toHaveLength(10_000)
  expect(told(await ask(1, 10_001))).toEqual([400, expect.stringContaining("at most 10000 parts")])
  expect(told(await ask(6, 10_000))).toEqual(tooMuch)
})
