import { describe, expect, test } from "vitest"
import { createServer } from "../../src/server/server.ts"
import { clientId, manifestOf, md5Of } from "../registry/publish.ts"
import { requests } from "./requests.ts"
import {
  annsKey,
  artifactInput,
  basic,
  bensKey,
  createArtifactQuery,
  createFilesQuery,
  createManifestQuery,
  createSite,
  fileUrl,
  hexOf,
  log,
  need,
  origin,
  type Site,
} from "./site.ts"

const text = "the birds of ann"

async function snapshot(site: Site) {
  const member = await site.registry.findVersion({ entity: "ann", project: "birds", collection: "field" })
  const projects = await Array.fromAsync(site.registry.projects(undefined))
  const run = await site.registry.getRun({ entity: "ann", project: "birds", run: "r" })
  return { member, projects, run, used: await site.registry.usedBy(member!.version.id) }
}

async function inhabited() {
  const site = createSite()
  await site.registry.upsertRun({ entity: "ann", project: "birds", run: "r" })
  const { id, urls } = await log(site, { "a.txt": text })
  const data = need(await site.gql('{ project(name: "birds", entityName: "ann") { id artifactCollection(name: "field") { id } } }'))
  return { site, id, urls, collectionId: data.project.artifactCollection.id, projectId: data.project.id }
}

describe("another tenant's key", () => {
  test("sees and changes nothing by GraphQL", async () => {
    const { site, id, collectionId, projectId } = await inhabited()
    const before = await snapshot(site)
    for (const [name, query, variables] of requests(id, collectionId, projectId)) {
      const { status, data, errors } = await site.gql(query, variables, bensKey)
      const found = JSON.stringify([data, errors])
      const isNothing = status >= 400 ? status < 500 : /^\[\{"\w+":(null|\{"edges":\[\]\})\},null\]$/.test(found)
      expect(isNothing, `${name}: ${status} ${found}`).toBe(true)
      expect(found).not.toContain(md5Of(text))
    }
    expect(await snapshot(site)).toEqual(before)
    expect(site.told).toEqual([])
  })

  test("opens no file and ends no run", async () => {
    const { site, id } = await inhabited()
    const hex = hexOf(text)
    const safe = encodeURIComponent(id)
    for (const entity of ["ann", "ben"]) {
      for (const path of [
        `/artifactsV2/default/${entity}/birds/field/${safe}/${safe}/${hex}/a.txt`,
        `/artifactsV2/x/${entity}/p/c//${hex}/a`,
        `/artifacts/${entity}/${hex}`,
      ]) {
        expect([403, 404]).toContain((await site.fetch(path, { key: bensKey })).status)
      }
    }
    const stream = { method: "POST", body: '{"complete":true,"exitcode":0}', key: bensKey }
    expect((await site.fetch("/files/ann/birds/r/file_stream", stream)).status).toBe(403)
    expect((await site.registry.getRun({ entity: "ann", project: "birds", run: "r" }))?.state).toBe("running")
  })

  test("gets no base to read by an incremental version", async () => {
    const { site, id } = await inhabited()
    const input = artifactInput({ b: "b" }, { entity: "ben", project: "p" })
    const pending = need(await site.gql(createArtifactQuery, { input }, bensKey)).createArtifact.artifact
    const slot = {
      artifactID: pending.id,
      baseArtifactID: id,
      name: "m",
      digest: md5Of("m"),
      ...{ entityName: "ben", projectName: "p" },
    }
    need(await site.gql(createManifestQuery, { up: true, input: { ...slot, type: "INCREMENTAL" } }, bensKey))
    await log(site, { b: "b2" }, { entity: "ben", project: "p", key: bensKey, kind: "INCREMENTAL" })
    const own = await site.registry.findVersion({ entity: "ben", project: "p", collection: "field" })
    expect(await site.registry.getManifest(own!.version.id)).not.toContain("a.txt")
    const { artifactManifest } = need(
      await site.gql(createManifestQuery, { up: false, input: { ...slot, type: "INCREMENTAL" } }, bensKey),
    ).createArtifactManifest
    const update = `mutation ($input: UpdateArtifactManifestInput!) { updateArtifactManifest(input: $input) {
      artifactManifest { file { uploadUrl } } } }`
    const change = { artifactManifestID: artifactManifest.id, digest: md5Of("m") }
    const refused = await site.gql(update, { input: { ...change, baseArtifactID: id } }, bensKey)
    expect([refused.status, JSON.stringify(refused.data)]).toEqual([404, '{"updateArtifactManifest":null}'])
    need(await site.gql(update, { input: { ...change, baseArtifactID: own!.version.id } }, bensKey))
  })

  test("a client id of somebody else's stands for nothing", async () => {
    const { site } = await inhabited()
    const clientID = clientId()
    await log(site, { secret: "s" }, { input: { clientID } })
    const query = "query ($id: ID!) { clientIDMapping(clientID: $id) { serverID } }"
    expect(need(await site.gql(query, { id: clientID })).clientIDMapping.serverID).toBeTruthy()
    expect(need(await site.gql(query, { id: clientID }, bensKey)).clientIDMapping).toBeNull()
  })

  test("a registry that takes a client id for another tenant's gives nothing of theirs away", async () => {
    const { site, id } = await inhabited()
    const registry = { ...site.registry, createVersion: async () => ({ id, state: "COMMITTED", latestId: undefined }) as const }
    const input = artifactInput({ a: "a" }, { entity: "ben", project: "p" })
    const answer = await createSite({ registry }).gql(createArtifactQuery, { input }, bensKey)
    expect([answer.status, answer.data]).toEqual([400, { createArtifact: null }])
    expect(JSON.stringify(answer.errors)).not.toContain(id)
  })
})

test.each(["FOO", "__proto__", "constructor", ""])("a made-up id of a manifest of the kind %j gets no address", async (kind) => {
  const { site, id } = await inhabited()
  const query = `mutation ($id: ID!, $digest: String) { updateArtifactManifest(input: { artifactManifestID: $id, digest: $digest }) {
    artifactManifest { file { uploadUrl } } } }`
  const variables = { id: btoa(`ArtifactManifest:${JSON.stringify([id, kind])}`), digest: md5Of("m") }
  const { status, data } = await site.gql(query, variables)
  expect([status, JSON.stringify(data)]).toEqual([404, '{"updateArtifactManifest":null}'])
  expect(site.told).toEqual([])
})

describe("no key, or a wrong one", () => {
  const wrong = [null, "", "x".repeat(43), `${annsKey}x`, annsKey.slice(1), "isofact.e30.e30", "a.b.c"]
  test.each(wrong)("%s opens nothing", async (key) => {
    const { site, id, collectionId, projectId } = await inhabited()
    for (const [, query, variables] of requests(id, collectionId, projectId)) {
      expect((await site.gql(query, variables, key)).status).toBe(401)
    }
    expect((await site.gql("{ __schema { types { name } } }", {}, key)).status).toBe(401)
    for (const path of ["/artifactsV2/a/ann/birds/field/x/y/z/n", `/artifacts/ann/${hexOf(text)}`]) {
      expect((await site.fetch(path, { key })).status).toBe(401)
    }
    expect((await site.fetch("/files/ann/birds/r/file_stream", { method: "POST", body: "{}", key })).status).toBe(401)
  })

  test.each(["", "Basic", "Basic !!!!", "Digest x", `bearer ${bensKey}x`, `Basic ${annsKey}`])(
    "header %s",
    async (authorization) => {
      const site = createSite()
      const response = await site.fetch("/graphql", {
        method: "POST",
        body: '{"query":"{viewer{id}}"}',
        headers: { authorization },
      })
      expect(response.status).toBe(401)
      expect(response.headers.get("www-authenticate")).toContain("Basic")
    },
  )

  test("the telemetry probe is a 404, before anything is asked of it", async () => {
    const site = createSite()
    for (const key of [null, annsKey]) {
      expect((await site.fetch("/sdk/otel/v1/metrics", { method: "POST", body: "", key })).status).toBe(404)
    }
  })
})

describe("signed addresses", () => {
  test("count for their own method, purpose and time only", async () => {
    const { site, urls } = await inhabited()
    const download = await fileUrl(site, "a.txt")
    const [upload, manifest] = urls as [string, string]
    for (const [url, method] of [
      [download, "PUT"],
      [upload, "GET"],
      [manifest, "POST"],
      [upload, "DELETE"],
    ] as const) {
      expect((await site.fetch(url, { method, ...(method !== "GET" && { body: "x" }) })).status).toBe(404)
    }
    const signature = new URL(upload).search
    for (const [kind, method] of [
      ["file", "GET"],
      ["manifest", "GET"],
      ["part", "PUT"],
      ["upload-manifest", "PUT"],
      ["run-file", "PUT"],
    ] as const) {
      const init = { method, ...(method === "PUT" && { body: text }) }
      expect((await site.fetch(`/storage/${kind}${signature}`, init)).status, kind).toBe(403)
    }
    site.clock.at += 4 * 3600_000 + 1000
    for (const url of [download, upload, manifest]) {
      const init = url === download ? {} : { method: "PUT", body: text }
      expect((await site.fetch(url, init)).status).toBe(403)
    }
  })

  test("any change to one makes it worthless", async () => {
    const { site } = await inhabited()
    const url = await fileUrl(site, "a.txt")
    const sig = new URL(url).searchParams.get("sig")!
    const [payload, mac] = sig.split(".") as [string, string]
    const claim = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")))
    const forge = (changes: object) =>
      btoa(JSON.stringify({ ...claim, ...changes }))
        .replaceAll("=", "")
        .replaceAll("+", "-")
        .replaceAll("/", "_")
    const altered = [
      `${forge({ until: claim.until + 1 })}.${mac}`,
      `${forge({ file: { ...claim.file, digest: md5Of("other") } })}.${mac}`,
      `${payload}.${mac.slice(0, -1)}`,
      `${payload}.${mac}A`,
      `${payload}.${mac}.`,
      `${payload}.${"A".repeat(43)}`,
      `${payload}.`,
      `.${mac}`,
      payload,
      "",
      `${payload}=.${mac}`,
      "%00",
      "A".repeat(100_000),
    ]
    for (const each of altered) expect((await site.fetch(`/storage/file?sig=${each}`)).status, each.slice(0, 40)).toBe(403)
    for (let at = 0; at < sig.length; at += 7) {
      const flipped = sig.slice(0, at) + (sig[at] === "A" ? "B" : "A") + sig.slice(at + 1)
      expect((await site.fetch(`/storage/file?sig=${flipped}`)).status).toBe(403)
    }
    expect((await site.fetch("/storage/file")).status).toBe(403)
  })

  test("another secret signs nothing for us", async () => {
    const { site } = await inhabited()
    const other = createSite({ registry: site.registry, secret: "another secret of more than thirty-two bytes" })
    expect((await site.fetch(await fileUrl(other, "a.txt"))).status).toBe(403)
    const token = await other.server.issueToken({ entity: "ann", project: "birds", actions: ["read"], expiresInSeconds: 60 })
    expect((await site.gql("{ viewer { id } }", {}, token)).status).toBe(401)
  })

  test("a key that comes along is not looked at", async () => {
    const { site } = await inhabited()
    expect((await site.fetch(await fileUrl(site, "a.txt"), { key: "nobody's" })).status).toBe(200)
  })
})

describe("tokens", () => {
  const memberQuery =
    '{ project(name: "birds", entityName: "ann") { artifactCollectionMembership(name: "field:v0") { artifact { id } } } }'
  const issue = (site: Site, more: object) =>
    site.server.issueToken({ entity: "ann", project: "birds", actions: ["read", "write", "delete"], expiresInSeconds: 60, ...more })

  test("pass the format check of W&B's clients, and end", async () => {
    const { site } = await inhabited()
    const token = await issue(site, {})
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(need(await site.gql(memberQuery, {}, token)).project).toBeTruthy()
    const bearer = await site.fetch("/graphql", {
      method: "POST",
      body: JSON.stringify({ query: memberQuery }),
      headers: { authorization: `Bearer ${token}` },
    })
    expect(bearer.status).toBe(200)
    site.clock.at += 61_000
    expect((await site.gql(memberQuery, {}, token)).status).toBe(401)
  })

  test("log into their collection and into no other", async () => {
    const { site } = await inhabited()
    const key = await issue(site, { collection: "field", actions: ["read", "write"] })
    expect((await log(site, { new: "n" }, { key })).sent).toBe(1)
    for (const options of [{ collection: "other" }, { project: "other" }, { entity: "ben" }]) {
      await expect(log(site, { new: "n" }, { key, ...options })).rejects.toThrow("403")
    }
    const rename = 'mutation { upsertModel(input: { entityName: "ann", name: "birds", description: "x" }) { inserted } }'
    expect((await site.gql(rename, {}, key)).status).toBe(403)
  })

  test("may do what they say and nothing else", async () => {
    const { site, id } = await inhabited()
    const remove = "mutation ($id: ID!) { deleteArtifact(input: { artifactID: $id, deleteAliases: true }) { success } }"
    const reading = await issue(site, { actions: ["read"] })
    await expect(log(site, { new: "n" }, { key: reading })).rejects.toThrow("403")
    expect((await site.gql(remove, { id }, reading)).status).toBe(403)
    const writing = await issue(site, { actions: ["write"] })
    expect(need(await site.gql(memberQuery, {}, writing)).project).toBeNull()
    const slot = need(await site.gql(createArtifactQuery, { input: artifactInput({ w: "w" }) }, writing))
    expect(slot.createArtifact.artifact.state).toBe("PENDING")
    expect((await site.gql(remove, { id }, await issue(site, { actions: ["read", "write"] }))).status).toBe(403)
    expect((await site.gql(remove, { id }, await issue(site, { collection: "other" }))).status).toBe(404)
    expect((await site.gql(remove, { id }, await issue(site, { actions: ["read", "delete"] }))).status).toBe(200)
  })

  test.each([
    [{ actions: [] }],
    [{ actions: ["admin"] }],
    [{ expiresInSeconds: 0 }],
    [{ project: "a/b" }],
    [{ collection: "a:b" }],
    [{ entity: "" }],
    [{ extra: 1 }],
  ])("%o is refused", async (options) => {
    await expect(issue(createSite(), options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
  })
})

describe("making a server", () => {
  test.each(["", "short", undefined, 5, new Uint8Array(31)])("the secret %o is refused and not shown", (secret) => {
    const { registry } = createSite()
    const make = () => createServer({ registry, authenticate: () => undefined, secret: secret as never })
    expect(make).toThrow(/options\.secret must be at least 32 bytes/)
    expect(make).not.toThrow(/short"/)
  })
})

describe("browsers", () => {
  const page = "https://page.example"
  const ask = (site: Site, from: string) =>
    site.fetch("/graphql", {
      method: "OPTIONS",
      headers: { origin: from, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    })

  test.each(["birds.example", "https://birds.example/", "HTTPS://birds.example", "https://birds.example/page", "null", ""])(
    "no page has the origin %j",
    (origin) => {
      expect(() => createSite({ corsOrigins: [page, origin] })).toThrow(/^options\.corsOrigins\[1\] must be an origin/)
    },
  )

  test("an extension has an origin too, and a list is a list", () => {
    createSite({ corsOrigins: ["*", "http://localhost:5173", "chrome-extension://abc"] })
    expect(() => createSite({ corsOrigins: page as never })).toThrow("a list of origins")
  })

  test("only pages on the list", async () => {
    const site = createSite({ corsOrigins: [page] })
    const yes = await ask(site, page)
    expect([yes.status, yes.headers.get("access-control-allow-origin"), yes.headers.get("access-control-allow-headers")]).toEqual([
      204,
      page,
      "authorization",
    ])
    for (const from of ["https://evil.example", `${page}.evil.example`, "null"]) {
      expect((await ask(site, from)).headers.get("access-control-allow-origin")).toBeNull()
    }
    const answer = await site.fetch("/graphql", { method: "POST", body: "{}", headers: { origin: page } })
    expect(answer.headers.get("access-control-allow-origin")).toBe(page)
    expect(answer.headers.get("access-control-expose-headers")).toContain("ETag")
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull()
    expect(answer.headers.get("vary")).toContain("Origin")
  })
})

describe("a page of another site, with the key that the browser keeps,", () => {
  const evil = "https://evil.example"
  const site = createSite({ corsOrigins: ["https://page.example"] })
  const open = createSite({ corsOrigins: ["*"] })
  const body = '{"query":"{ viewer { id } }"}'
  const post = async (to: Site, headers: Record<string, string>, path = "/graphql") =>
    (await to.fetch(path, { method: "POST", body, headers: { "content-type": "text/plain", ...headers }, key: annsKey })).status
  const json = { "content-type": "application/json" }

  test.each([
    ["cross-site", { "sec-fetch-site": "cross-site", origin: evil }],
    ["of a neighbour", { "sec-fetch-site": "same-site", origin: "https://evil.site.test" }],
    ["opaque", { "sec-fetch-site": "cross-site", origin: "null" }],
    ["that hides where it is from", { "sec-fetch-site": "cross-site" }],
    ["where browsers name only the origin", { origin: evil }],
  ])("gets nowhere: %s", async (_, headers) => {
    for (const path of ["/graphql", "/files/ann/birds/r/file_stream"]) {
      expect([await post(site, headers, path), await post(site, { ...headers, ...json }, path)]).toEqual([403, 403])
      expect(await post(open, headers, path)).toBe(403)
    }
    for (const path of ["/artifactsV2/x/ann/birds/field/a/b/c/d", `/artifacts/ann/${hexOf(text)}`]) {
      const answer = await site.fetch(path, { headers, key: annsKey })
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([403, null])
    }
  })

  test.each([
    ["of its own pages", site, { "sec-fetch-site": "same-origin", origin }],
    ["of its own pages, in old browsers", site, { origin }],
    ["typed in", site, { "sec-fetch-site": "none" }],
    ["of programs", site, {}],
    ["of a page that it names", site, { "sec-fetch-site": "cross-site", origin: "https://page.example" }],
    ["of any page, where all may and ask first", open, { "sec-fetch-site": "cross-site", origin: evil, ...json }],
  ])("is told from requests %s", async (_, to, headers) => {
    expect(await post(to, headers as Record<string, string>)).toBe(200)
  })
})

test("a public address with a path is where everything is", async () => {
  const site = createSite({ baseUrl: "https://public.example/wandb/" })
  const post = (url: string) =>
    site.fetch(url, { method: "POST", body: '{"query":"{viewer{id}}"}', headers: { authorization: basic(annsKey) } })
  expect((await post(`${origin}/wandb/graphql`)).status).toBe(200)
  expect((await post(`${origin}/graphql`)).status).toBe(404)
  const input = { artifactFiles: [] as object[] }
  const { id } = need(await gqlAt(site, createArtifactQuery, { input: artifactInput({ a: "1" }) })).createArtifact.artifact
  input.artifactFiles.push({ artifactID: id, name: "a", md5: md5Of("1") })
  const { edges } = need(await gqlAt(site, createFilesQuery, { input })).createArtifactFiles.files
  expect(edges[0].node.uploadUrl).toMatch(/^https:\/\/public\.example\/wandb\/storage\/upload\?/)
  expect((await site.fetch(edges[0].node.uploadUrl, { method: "PUT", body: "1" })).status).toBe(200)
  expect(manifestOf({ a: "1" }).size).toBe(1)
})

async function gqlAt(site: Site, query: string, variables: object) {
  const response = await site.fetch("/wandb/graphql", { method: "POST", body: JSON.stringify({ query, variables }), key: annsKey })
  return { ...((await response.clone().json()) as { data: never; errors: undefined }), status: response.status, response }
}

test("of a list that goes wrong as a whole, the first hundred errors are told, and how many more there are", async () => {
  const site = createSite()
  const fields = Array.from({ length: 120 }, (_, index) => `a${index}: deleteModel(input: { id: "x" }) { success }`)
  const { status, errors } = await site.gql(`mutation { ${fields.join(" ")} }`)
  expect([status, errors?.length]).toEqual([404, 101])
  expect(errors?.[99]?.path).toEqual(["a99"])
  expect(errors?.[100]?.message).toContain("20 more")
})

test("lists that lead back to where they are from end by what one request may ask for", async () => {
  const site = createSite()
  const aliases = Array.from({ length: 30 }, (_, index) => ({ alias: `a${index}`, artifactCollectionName: "field" }))
  await log(site, { a: text }, { input: { aliases } })
  const inner = Array.from({ length: 4 }).reduce<string>(
    (query) => `aliases { artifactCollection { ... on ArtifactSequence { latestArtifact { ${query} } } } }`,
    "id",
  )
  const nested = (query: string) => `{ project(name: "birds", entityName: "ann") { artifact(name: "field:a0") { ${query} } } }`
  const { status, errors } = await site.gql(nested(inner))
  expect(status).toBe(400)
  expect(errors?.[0]?.message).toContain("ask for fewer at once")
  const shallow = need(
    await site.gql(nested("aliases { artifactCollection { ... on ArtifactSequence { latestArtifact { id } } } }")),
  )
  expect(shallow.project.artifact.aliases).toHaveLength(31)
})
