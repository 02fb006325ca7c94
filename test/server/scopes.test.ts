/** What a token that is too narrow is refused, and what it may do: every request of W&B's clients, every address, every page. */
import { describe, expect, test } from "vitest"
import type { Action } from "../../src/server/server.ts"
import { createVisitor } from "./pages-fixture.ts"
import { requests } from "./requests.ts"
import { createSite, hexOf, log, need, type Site } from "./site.ts"

const text = "the birds of ann"

interface World {
  readonly site: Site
  readonly id: string
  readonly list: ReturnType<typeof requests>
}

/** `ann/birds/field:v0` and two versions beside it that are nobody's business. */
async function inhabited(): Promise<World> {
  const site = createSite()
  await site.registry.upsertProject({ entity: "ann", project: "birds" }, { description: "private" })
  await site.registry.upsertRun({ entity: "ann", project: "birds", run: "r" })
  const { id } = await log(site, { "a.txt": text }, { input: { description: "private", metadata: '{"m":"private"}' } })
  await log(site, { b: "else" }, { collection: "other" })
  await log(site, { b: "else" }, { project: "other" })
  const { project } = need(
    await site.gql('{ project(name: "birds", entityName: "ann") { id artifactCollection(name: "field") { id } } }'),
  )
  return { site, id, list: requests(id, project.artifactCollection.id, project.id) }
}

async function stateOf({ registry }: Site): Promise<string> {
  const projects = await Array.fromAsync(registry.projects(undefined))
  const collections = (
    await Promise.all(projects.map((project) => Array.fromAsync(registry.collections(project, undefined))))
  ).flat()
  const members = await Promise.all(collections.map((collection) => Array.fromAsync(registry.versions(collection))))
  return JSON.stringify([projects, collections, members])
}

/** Words of `ann/birds` and of what is in it. */
const telling = /private|latest|storage\/|"birds"|UHJvamVjdDpb|QXJ0aWZhY3|dataset|92ec7b1294435a5f/

interface Scope {
  readonly token: { readonly project: string; readonly collection?: string; readonly actions: readonly Action[] }
  /** The requests that may work; all others are refused. */
  readonly may: readonly string[]
  /** What is not asked for. */
  readonly without?: readonly string[]
  /** Of the address of a version by its own collection, of the same by the other one, of a digest alone, of a run's stream. */
  readonly addresses: readonly (number | undefined)[]
  /** Of the home page, the project's, the collection's, the version's, a file's. */
  readonly pages: readonly number[]
}

const all: readonly Action[] = ["read", "write", "delete"]
const reading = ["project", "member", "entity", "models", "artifact", "manifest", "collection"]
const writing = [
  "create",
  "incremental on a stranger's",
  "files",
  "manifest slot",
  "commit",
  "update",
  "alias",
  "unalias",
  "rename",
  "move",
  "tag",
  "untag",
  "run",
  "run files",
]

const scopes: Readonly<Record<string, Scope>> = {
  "of another project": {
    token: { project: "other", actions: all },
    may: [],
    addresses: [403, 403, 404, 403],
    pages: [200, 404, 404, 404, 404],
  },
  "of another collection": {
    token: { project: "birds", collection: "other", actions: all },
    // Names lead through what is around a collection.
    may: ["project", "entity", "models"],
    without: ["run", "run files"],
    addresses: [403, 404, 404, undefined],
    pages: [200, 200, 404, 404, 404],
  },
  "to read only": {
    token: { project: "birds", actions: ["read"] },
    may: reading,
    addresses: [200, 200, 200, 403],
    pages: [200, 200, 200, 200, 200],
  },
  "to write only": {
    token: { project: "birds", actions: ["write"] },
    may: writing,
    addresses: [403, 403, 403, 200],
    pages: [200, 404, 404, 404, 404],
  },
}

const issue = ({ site }: World, token: Scope["token"]) => site.server.issueToken({ entity: "ann", expiresInSeconds: 60, ...token })

const addressesOf = ({ id }: World): readonly (readonly [path: string, init?: RequestInit])[] => {
  const [safe, hex] = [encodeURIComponent(id), hexOf(text)]
  const stream = { method: "POST", body: '{"complete":true,"exitcode":0}' }
  return [
    [`/artifactsV2/default/ann/birds/field/${safe}/${safe}/${hex}/a.txt`],
    [`/artifactsV2/default/ann/birds/other/${safe}/${safe}/${hex}/a.txt`],
    [`/artifacts/ann/${hex}`],
    ["/files/ann/birds/r/file_stream", stream],
  ]
}

const version = "/ann/birds/artifacts/dataset/field"
const pages = ["/", "/ann/birds", version, `${version}/v0`, `${version}/v0/files/a.txt`]

describe.each(Object.entries(scopes))("a token %s", (_, { token, may, without = [], addresses, pages: expected }) => {
  test("asks for what it may by GraphQL, and for nothing else", async () => {
    const shared = await inhabited()
    const before = await stateOf(shared.site)
    const names = shared.list.map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining([...may, ...without]))
    for (const [at, name] of names.entries()) {
      if (without.includes(name)) continue
      const world = may.includes(name) ? await inhabited() : shared
      const [, query, variables] = world.list[at]!
      const { status, data, errors } = await world.site.gql(query, variables, await issue(world, token))
      const isChange = query.startsWith("mutation")
      const said = JSON.stringify([data, errors?.map(({ message }) => message.replace(world.id, ""))])
      expect(world.site.told).toEqual([])
      if (may.includes(name)) {
        expect([name, status, errors]).toEqual([name, 200, undefined])
        if (!isChange) expect(said, name).toMatch(telling)
        continue
      }
      if (isChange) expect([403, 404], `${name}: ${status} ${said}`).toContain(status)
      expect(JSON.stringify(data), name).not.toMatch(telling)
      expect(await stateOf(world.site), name).toBe(before)
    }
  })

  test("opens the addresses that it may, and no other", async () => {
    const world = await inhabited()
    const key = await issue(world, token)
    for (const [at, [path, init]] of addressesOf(world).entries()) {
      if (addresses[at] === undefined) continue
      const response = await world.site.fetch(path, { ...init, key })
      const body = await response.text()
      expect([path, response.status]).toEqual([path, addresses[at]])
      if (!response.ok) expect(body).not.toContain(text)
      else if (init === undefined) expect(body).toBe(text)
    }
  })

  test("looks at the pages that it may, and at no other", async () => {
    const world = await inhabited()
    const visitor = createVisitor(world.site)
    expect((await visitor.signIn(await issue(world, token))).status).toBe(303)
    for (const [at, page] of pages.entries()) {
      const response = await visitor.get(page)
      expect([page, response.status]).toEqual([page, expected[at]])
      if (!response.ok) expect(await response.text()).not.toMatch(/private|latest|dataset<|the birds of ann/)
    }
  })
})

/** What anybody can make of a token that is not theirs to make. */
function alter(token: string): string[] {
  const [prefix, payload, mac] = token.split(".") as [string, string, string]
  const claim = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")))
  const forge = (changes: object) =>
    btoa(JSON.stringify({ ...claim, ...changes }))
      .replaceAll("=", "")
      .replaceAll("/", "_")
  const flip = (part: string, at: number) => part.slice(0, at) + (part[at] === "A" ? "B" : "A") + part.slice(at + 1)
  return [
    `${prefix}.${forge({ actions: all })}.${mac}`,
    `${prefix}.${forge({ collection: undefined })}.${mac}`,
    `${prefix}.${forge({ until: claim.until + 3600 })}.${mac}`,
    `${prefix}.${flip(payload, 9)}.${mac}`,
    `${prefix}.${payload}.${flip(mac, 9)}`,
    `${prefix}.${payload}.${mac.slice(0, -1)}`,
    `${prefix}.${payload}.`,
  ]
}

test.each(["that has expired", "that was altered"])("a token %s opens nothing", async (how) => {
  const world = await inhabited()
  const { site, list } = world
  const token = await issue(world, { project: "birds", collection: "other", actions: ["read"] })
  const whole = await issue(world, { project: "birds", actions: all })
  const visitor = createVisitor(site)
  await visitor.signIn(whole)
  const isExpired = how === "that has expired"
  if (isExpired) site.clock.at += 61_000
  const before = await stateOf(site)
  for (const key of isExpired ? [token, whole] : alter(token)) {
    for (const [name, query, variables] of list) {
      const { status, data } = await site.gql(query, variables, key)
      expect([name, status, data]).toEqual([name, 401, undefined])
    }
    for (const [path, init] of addressesOf(world)) expect((await site.fetch(path, { ...init, key })).status, path).toBe(401)
    expect((await createVisitor(site).signIn(key)).status).toBe(401)
    // As a session, which a token that signs in is.
    visitor.cookie = `isofact_session=${key}`
    for (const page of pages) expect((await visitor.get(page)).status, page).toBe(401)
  }
  expect(await stateOf(site)).toBe(before)
})
