/** Ways out of a folder and into a header, put in every place that a request has, of a server over a folder. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { typeDefs } from "../../src/server/schema-types.ts"
import { starKey } from "../secrets.ts"
import { inputs, mutations } from "./every-change.ts"
import { encodeSafely, type Prodded, prodded } from "./prodded.ts"
import { hexOf, log, origin } from "./site.ts"

const strings = [
  "../passwd",
  "../../../../../../../../etc/passwd",
  "..\\..\\..\\passwd",
  "..%2f..%2f..%2fpasswd",
  "%2e%2e/%2e%2e/passwd",
  "....//....//passwd",
  "/etc/passwd",
  "\\\\host\\share",
  "C:\\Windows\\win.ini",
  "file:///etc/passwd",
  "con",
  "passwd\0.txt",
  "x\r\nX-Evil: 1",
  "x\r\nSet-Cookie: evil=1\r\n\r\n<script>",
  "x%0d%0aX-Evil:%201",
  // What is cut to one byte becomes a line break.
  "x\u560d\u560aX-Evil: 1",
  'x"; filename="evil=1.html',
]

let server: Prodded
let id: string
beforeAll(async () => {
  server = await prodded("a folder")
  id = (await log(server.site, { "b.txt": "b" })).id
})
afterAll(() => server?.end())

const ask = (query: string, variables: object) =>
  server.send("/graphql", { method: "POST", body: JSON.stringify({ query, variables }), key: starKey })

/** Words of GraphQL itself, about a request that no resolver has seen. */
const unheard = /"Variable |Cannot query|Unknown|Syntax Error/

/** Something that each field of an input takes, by its name. */
function usual(name: string, type: string): unknown {
  const bare = type.replace(/[[\]!]/g, "")
  const one = inputs.has(bare)
    ? Object.fromEntries(inputs.get(bare)!.map(([field, inner]) => [field, usual(field, inner)]))
    : ({ Int64: 1, Boolean: false, JSONString: "{}", ArtifactDigestAlgorithm: "MANIFEST_MD5", ArtifactManifestType: "FULL" }[
        bare
      ] ??
      { CompleteMultipartAction: "Complete", ArtifactStorageLayout: "V2" }[bare] ??
      { entityName: "ann", projectName: "birds", oldProjectName: "birds", artifactID: id, baseArtifactID: id }[name] ??
      { digest: hexOf("b"), md5: "kutOk8h6BR0CyLdPzXmNrA==", hexMD5: hexOf("b"), clientID: "c".repeat(40) }[name] ??
      "field")
  return type.startsWith("[") ? [one] : one
}

/** Every copy of `value` in which one text is another. */
function* spoiled(value: unknown, by: string): Generator<unknown> {
  if (typeof value === "string") yield by
  if (typeof value !== "object" || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    for (const other of spoiled(inner, by)) yield Array.isArray(value) ? [other] : { ...value, [name]: other }
  }
}

test("in each field of each change", { timeout: 120_000 }, async () => {
  const before = server.sent
  for (const { field, input } of mutations) {
    const query = `mutation ($input: ${input}!) { ${field}(input: $input) { __typename } }`
    const whole = usual("input", input)
    expect((await ask(query, { input: whole })).body, field).not.toMatch(unheard)
    for (const by of strings) for (const other of spoiled(whole, by)) await ask(query, { input: other })
  }
  expect(server.sent - before).toBeGreaterThan(2000)
  server.expectContained()
})

const collection = `name artifacts(filters: $s, order: $s, after: $s) { totalCount } aliases(after: $s) { edges { node { alias } } }
  artifactMembership(aliasName: $s) { id } artifactMemberships(filters: $s, order: $s, after: $s) { totalCount }`
const file = "totalCount edges { node { name directUrl } }"
const artifact = `id files(names: [$s], after: $s) { ${file} }
  filesByManifestEntries(storageLayout: $s, manifestVersion: $s, entries: [{ name: $s, digest: $s, ref: $s, birthArtifactID: $s }],
    storageRegion: $s) { ${file} }
  createdBy { ... on Run { wandbConfig(keys: [$s]) outputArtifacts(after: $s) { totalCount } inputArtifacts(after: $s) { totalCount } } }`
const inProject: readonly string[] = [
  "id",
  "run(name: $s, desc: $s) { files(names: [$s], after: $s, pattern: $s) { totalCount } }",
  "runCount(filters: $s)",
  "runs(filters: $s) { totalCount }",
  "runs(order: $s) { totalCount }",
  "runs(after: $s) { totalCount }",
  "bucket(name: $s) { id }",
  "artifact(name: $s) { id }",
  "artifactType(name: $s) { id }",
  'artifactType(name: "dataset") { artifactCollection(name: $s) { id } }',
  'artifactType(name: "dataset") { artifactCollections(filters: $s, order: $s, after: $s) { totalCount } }',
  "artifactTypes(after: $s) { totalCount }",
  "artifactCollection(name: $s) { id }",
  "artifactCollections(filters: $s) { totalCount }",
  "artifactCollections(order: $s) { totalCount }",
  "artifactCollections(after: $s) { totalCount }",
  "artifactCollectionMembership(name: $s) { id }",
  `artifactCollectionMembership(name: "field:v0") { files(names: [$s], after: $s) { ${file} } }`,
  `artifactCollection(name: "field") { ${collection} }`,
  ...artifact.split(/(?<=\})\n {2}(?=\w)/).map((part) => `artifact(name: "field:v0") { ${part} }`),
]
const queries: readonly string[] = [
  ...inProject.map((part) => `project(name: "birds", entityName: "ann") { ${part} }`),
  "project(name: $s, entityName: $s) { id }",
  'project(name: "birds", entityName: $s) { id }',
  "model(name: $s, entityName: $s) { id }",
  "models(entityName: $s) { edges { node { name } } }",
  "models(after: $s) { edges { node { name } } }",
  "artifact(id: $s) { id }",
  "artifactCollection(id: $s) { id }",
  "clientIDMapping(clientID: $s) { serverID }",
  "organization(name: $s) { name featureFlags(rampIDType: OrgName) { rampKey } }",
  "entity(name: $s) { id }",
  "entity { project(name: $s) { id } }",
  "entity { projects(filters: $s, after: $s, order: $s) { totalCount } }",
  "entity { artifactCollections(projectFilters: $s, filters: $s, after: $s, order: $s) { totalCount } }",
  "entity { artifactMemberships(projectFilters: $s, collectionFilters: $s, filters: $s, after: $s, order: $s) { totalCount } }",
]

test("in each argument of each question", { timeout: 120_000 }, async () => {
  const asked = queries.join("\n")
  for (const [, field, args] of typeDefs.matchAll(/^ {2}(\w+)\(([^)]*)\):/gms)) {
    for (const [, name] of args!.matchAll(/(\w+): \[?(?:String|ID|JSONString|ArtifactManifestEntryInput)\b/g)) {
      expect(asked, `${field}(${name})`).toMatch(new RegExp(`\\b${field}\\([^()]*\\b${name}: `))
    }
  }
  for (const query of queries) {
    // One variable for arguments of several types.
    const types = ["String!", "ID!", "JSONString!"].map((type) => `query ($s: ${type}) { ${query} }`)
    const said = await Promise.all(types.map((text) => ask(text, { s: "{}" })))
    const known = types.filter((_, at) => !unheard.test(said[at]!.body))
    // Where a filter and a name stand together, each is written out.
    const texts = known.length > 0 ? known : [undefined]
    for (const by of strings) {
      for (const text of texts) await ask(text ?? `{ ${query.replaceAll("$s", JSON.stringify(by))} }`, text ? { s: by } : {})
      if (!by.startsWith("{")) await ask(`{ ${query.replaceAll("$s", JSON.stringify(JSON.stringify({ name: by })))} }`, {})
    }
  }
  server.expectContained()
})

const routes = (safe: string): readonly string[] => [
  "/*",
  "/files/*/birds/r/file_stream",
  "/files/ann/*/r/file_stream",
  "/files/ann/birds/*/file_stream",
  ...["upload", "part", "upload-manifest", "run-file", "file", "manifest"].map((kind) => `/storage/${kind}?sig=*`),
  "/storage/*",
  "/artifactsV2/*/ann/birds/field/x/y/z/n",
  `/artifactsV2/default/*/birds/field/${safe}/${safe}/${hexOf("b")}/b.txt`,
  `/artifactsV2/default/ann/*/field/${safe}/${safe}/${hexOf("b")}/b.txt`,
  `/artifactsV2/default/ann/birds/*/${safe}/${safe}/${hexOf("b")}/b.txt`,
  `/artifactsV2/default/ann/birds/field/*/${safe}/${hexOf("b")}/b.txt`,
  `/artifactsV2/default/ann/birds/field/${safe}/*/${hexOf("b")}/b.txt`,
  `/artifactsV2/default/ann/birds/field/${safe}/${safe}/*/b.txt`,
  `/artifactsV2/default/ann/birds/field/${safe}/${safe}/${hexOf("b")}/*`,
  `/artifacts/*/${hexOf("b")}`,
  "/artifacts/ann/*",
  "/ann/*",
  "/ann/birds/*",
  "/ann/birds/runs/*",
  "/ann/birds/artifacts/*",
  "/ann/birds/artifacts/dataset/*",
  "/ann/birds/artifacts/dataset/field/*",
  "/ann/birds/artifacts/dataset/field/v0/*",
  "/ann/birds/artifacts/dataset/field/v0/files/*",
  "/ann/birds/artifacts/dataset/field/v0?compare=*",
  "/ann/birds/artifacts/dataset/field/latest?x=*",
  "/ann/registry/birds?selectionPath=*&version=*",
]

test("in each part of each address, and in the headers that are looked at", { timeout: 120_000 }, async () => {
  const { headers } = await server.send("/login", {
    method: "POST",
    body: new URLSearchParams({ key: starKey, to: "/" }),
    headers: { "sec-fetch-site": "same-origin" },
  })
  const cookie = headers.get("set-cookie")!.split(";")[0]!
  for (const route of routes(encodeURIComponent(id))) {
    for (const by of strings) {
      for (const part of [encodeSafely(by), encodeURIComponent(encodeSafely(by)), by.replace(/[\s?#\\]/g, encodeSafely)]) {
        const path = route.replaceAll("*", () => part)
        const isPost = route.endsWith("file_stream")
        const init = isPost ? { method: "POST", body: "{}" } : { headers: { cookie } }
        await server.send(path, { ...init, key: route.includes("artifacts") || isPost ? starKey : null })
        if (route.startsWith("/storage")) await server.send(path, { method: "PUT", body: "x" })
      }
    }
  }
  for (const by of strings) {
    const value = encodeSafely(by)
    for (const name of ["x-forwarded-host", "x-forwarded-prefix", "range", "if-range", "if-none-match", "origin", "cookie"]) {
      await server.send("/ann/birds", { headers: { cookie, [name]: value } })
      await server.send("/graphql", { method: "POST", body: "{}", headers: { [name]: value }, key: starKey })
    }
    for (const preflight of ["access-control-request-method", "access-control-request-headers"])
      await server.send("/graphql", { method: "OPTIONS", headers: { origin: "https://page.example", [preflight]: value } })
  }
  server.expectContained()
})

test("in where to go after signing in, which is here", async () => {
  for (const by of [...strings, "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]) {
    const body = new URLSearchParams({ key: starKey, to: by })
    const { status, headers } = await server.send("/login", { method: "POST", body, headers: { "sec-fetch-site": "same-origin" } })
    expect([status, new URL(headers.get("location")!).origin]).toEqual([303, origin])
    expect(headers.get("set-cookie")).not.toMatch(/evil|domain/i)
  }
})

test("in the names of files that are downloaded", async () => {
  const own = await prodded("a folder")
  const kept: string[] = []
  for (const by of strings) {
    const logged = await log(own.site, { [by]: `named ${by}` }).catch(() => undefined)
    if (logged === undefined) continue
    kept.push(by)
    const { data } = await own.site.gql("query ($id: ID!) { artifact(id: $id) { files { edges { node { directUrl } } } } }", logged)
    const { status, headers, body } = await own.send(data.artifact.files.edges[0].node.directUrl, {})
    expect([status, body]).toEqual([200, `named ${by}`])
    expect(headers.get("content-disposition")).toMatch(/^(?:attachment|inline); filename\*=UTF-8''[\w.%~!-]+$/)
  }
  expect(kept).toEqual(expect.arrayContaining(["con", 'x"; filename="evil=1.html', "..%2f..%2f..%2fpasswd"]))
  expect(kept.filter((name) => /(?:^|[/\\])\.\.(?:[/\\]|$)|^\/|\0/.test(name))).toEqual([])
  own.expectContained()
  own.end()
})
