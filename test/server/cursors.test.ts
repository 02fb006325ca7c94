import { describe, expect, test } from "vitest"
import type { Registry } from "../../src/ports.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { annsKey, createSite, log, need, origin, type Site } from "./site.ts"

/** A list as a client reads it: all of `edges { node { name } }`, in pages. */
interface Listed {
  readonly edges: readonly { readonly cursor: string; readonly version?: string; readonly node: { readonly name?: string } }[]
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean }
}

const plain = { variables: "$first: Int, $after: String", args: "first: $first, after: $after" }
const ordered = {
  variables: `${plain.variables}, $order: String, $filters: JSONString`,
  args: `${plain.args}, order: $order, filters: $filters`,
}

/** Asks for a list of the project, or of what `within` selects in it. */
function listQuery(field: string, fields: string, { variables, args } = plain, within = ["", ""]): string {
  const list = `list: ${field}(${args}) { edges { cursor ${fields} } pageInfo { endCursor hasNextPage } }`
  return `query (${variables}) { project(name: "birds", entityName: "ann") { ${within.join(list)} } }`
}

/** Reads to the end; `between` is called after each page with the names on it. */
async function readPages(
  site: Site,
  query: string,
  variables: object,
  between: (names: readonly string[]) => Promise<unknown> | unknown = () => undefined,
): Promise<string[]> {
  const seen: string[] = []
  for (let after: string | null = null, isMore = true; isMore; ) {
    const found = findList(need(await site.gql(query, { ...variables, after })))
    const names = found.edges.map(({ version, node }) => version ?? node.name!)
    seen.push(...names)
    ;({ endCursor: after, hasNextPage: isMore } = found.pageInfo)
    expect(after).toBe(found.edges.at(-1)?.cursor ?? null)
    await between(names)
  }
  return seen
}

function findList(data: Record<string, unknown>): Listed {
  return (data.list ?? findList(Object.values(data)[0] as Record<string, unknown>)) as Listed
}

const versionsQuery = listQuery("artifacts", "version node { id }", ordered, ['artifactCollection(name: "field") {', "}"])

describe("versions", () => {
  async function logged(count: number) {
    const site = createSite()
    const ids: string[] = []
    for (let at = 0; at < count; at++) {
      const metadata = JSON.stringify({ rank: at % 3, odd: at % 2 === 1, toString: at })
      ids.push((await log(site, { a: `${at}` }, { input: { metadata, description: at === 2 ? null : `d${at % 4}` } })).id)
    }
    return { site, ids, remove: (index: number) => site.registry.deleteVersion(ids[index]!, { deleteAliases: true }) }
  }
  const indexOf = (version: string) => Number(version.slice(1))

  test.each([
    ["as they come", {}],
    ["as our own client asks for them", { order: "-version_index", filters: '{"state":"COMMITTED"}' }],
    ["oldest first", { order: "version_index" }],
    ["by what many share", { order: "-metadata.rank,+description" }],
    ["by truth", { order: "metadata.odd" }],
    ["by what has no order", { order: "-metadata" }],
    ["some of them", { filters: '{"version_index":{"$gte":3}}' }],
  ])("%s: none is skipped or told twice, however many are deleted between pages", async (_, variables) => {
    const whole = await logged(12)
    const all = await readPages(whole.site, versionsQuery, { ...variables, first: 100 })
    expect(await readPages(whole.site, versionsQuery, { ...variables, first: 5 })).toEqual(all)

    const emptied = await logged(12)
    const deleteAll = async (names: readonly string[]) => {
      for (const name of names) await emptied.remove(indexOf(name))
    }
    expect(await readPages(emptied.site, versionsQuery, { ...variables, first: 5 }, deleteAll)).toEqual(all)

    const thinned = await logged(12)
    const gone = [all[1]!, all[3]!, all[6]!]
    const deleteSome = async (names: readonly string[]) => {
      if (names.includes(all[0]!)) for (const name of gone) await thinned.remove(indexOf(name))
    }
    const rest = all.filter((name) => name !== all[6])
    expect(await readPages(thinned.site, versionsQuery, { ...variables, first: 4 }, deleteSome)).toEqual(rest)
  })

  test("one that joins meanwhile moves no page", async () => {
    const { site } = await logged(6)
    let isFirst = true
    const add = async () => {
      if (isFirst) await log(site, { a: "new" })
      isFirst = false
    }
    expect(await readPages(site, versionsQuery, { first: 2 }, add)).toEqual(["v5", "v4", "v3", "v2", "v1", "v0"])
  })

  test("our own client lists all that live", async () => {
    const { site, remove } = await logged(103)
    const fetch = (request: Request) => site.server.fetch(request)
    const registry = wandb({ apiKey: annsKey, baseUrl: origin, fetch, entity: "ann", project: "birds", retries: 0 })
    const seen: number[] = []
    for await (const { index } of registry.versions({ entity: "ann", project: "birds", collection: "field" })) {
      if (seen.length === 0) for (const gone of [102, 90, 1]) await remove(gone)
      seen.push(index)
    }
    expect(seen).toEqual([...Array(103).keys()].toReversed().filter((index) => index !== 1))
  })
})

describe("what is known by its name", () => {
  const names = ["a", "b c", "d", "ä", "z-1", "z.2", "Z"]

  async function shelves() {
    const site = createSite()
    for (const collection of names) await log(site, { x: collection }, { collection })
    const remove = (collection: string) => site.registry.deleteCollection({ entity: "ann", project: "birds", collection })
    return { site, remove }
  }

  test.each([{}, { order: "-name" }, { order: "created_at" }])(
    "collections %o: all, while each that was read is deleted",
    async (order) => {
      const { site, remove } = await shelves()
      const query = listQuery("artifactCollections", "node { name }", ordered)
      const all = await readPages(site, query, { ...order, first: 100 })
      expect(all.toSorted()).toEqual(names.toSorted())
      expect(await readPages(site, query, { ...order, first: 3 })).toEqual(all)
      const removeAll = async (read: readonly string[]) => {
        for (const name of read) await remove(name)
      }
      expect(await readPages(site, query, { ...order, first: 3 }, removeAll)).toEqual(all)
    },
  )

  test("collections of another server come in pages, whatever their order is there", async () => {
    const { site } = await shelves()
    const order = ["d", "a", "z-1", "Z", "b c", "ä", "z.2"]
    const collections: Registry["collections"] = async function* (...args) {
      const found = await Array.fromAsync(site.registry.collections(...args))
      yield* order.map((name) => found.find(({ collection }) => collection === name)!)
    }
    const mixed = createSite({ registry: { ...site.registry, collections } })
    expect(await readPages(mixed, listQuery("artifactCollections", "node { name }"), { first: 2 })).toEqual(order)
  })

  test("projects, runs, types, aliases and what a run logged come in pages too", async () => {
    const site = createSite()
    for (const project of ["birds", "bats", "bees"]) {
      await site.registry.upsertProject({ entity: "ann", project }, {})
      for (const run of ["r1", "r2", "r3"]) await site.registry.upsertRun({ entity: "ann", project, run })
    }
    for (const [at, type] of ["t1", "t2", "t3"].entries()) {
      const aliases = [`x${at}`, "y", "latest"].map((alias) => ({ alias, artifactCollectionName: "c" }))
      const input = { artifactTypeName: type, runName: "r2", aliases }
      await log(site, { a: type }, { collection: `c${at}`, input })
    }
    const read = (field: string, fields = "node { name }", within?: string[]) =>
      readPages(site, listQuery(field, fields, plain, within), { first: 2 })
    expect(await read("runs")).toEqual(["r1", "r2", "r3"])
    expect(await read("artifactTypes")).toEqual(["t1", "t2", "t3"])
    const aliases = await read("aliases", "node { name: alias }", ['artifactCollection(name: "c1") {', "}"])
    expect(aliases).toEqual(["latest", "x1", "y"])
    expect(new Set(await read("outputArtifacts", "node { name: digest }", ['run(name: "r2") {', "}"])).size).toBe(3)
    const models = `query ($first: Int, $after: String) { list: models(entityName: "ann", ${plain.args}) {
      edges { cursor node { name } } pageInfo { endCursor hasNextPage } } }`
    expect(await readPages(site, models, { first: 2 })).toEqual(["bats", "bees", "birds"])
  })
})

test.each(["x", btoa("after:"), btoa("after:{}"), btoa("after:[[]]"), btoa("after:12"), btoa("before:[1]")])(
  "%s is no cursor",
  async (after) => {
    const site = createSite()
    await log(site, { a: "1" })
    expect((await site.gql(versionsQuery, { after, first: 2 })).status).toBe(400)
  },
)
