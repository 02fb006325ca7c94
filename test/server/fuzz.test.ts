import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { changeDefs } from "../../src/server/schema-changes.ts"
import { annsKey, basic, bensKey, createSite, fileUrl, hexOf, log, type Site, secret } from "./site.ts"

const text = "what ann keeps"

/** Names that have broken somebody before. */
const hostile = fc.oneof(
  fc.constantFrom(
    "",
    ".",
    "..",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%00",
    "\0",
    "a\r\nX-Evil: 1",
    "%0d%0aX-Evil:%201",
    "__proto__",
  ),
  fc.constantFrom(
    "constructor",
    "toString",
    "ann",
    "birds",
    "field",
    "field:v0",
    "field:latest",
    "v0",
    "\ud800",
    "👾",
    "C:\\x",
    "//x",
    "~",
    "*",
    "$where",
  ),
  fc.constantFrom("x".repeat(5000), "{}", "[]", "null", "-1", "9".repeat(40), "=", "QQ==", "<script>", "' OR 1=1", hexOf(text)),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
)
const json = fc.oneof(
  hostile,
  fc.json(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(hostile, { maxLength: 3 }),
)
const keys = fc.constantFrom(annsKey, annsKey, bensKey, null, "isofact.a.b")

/** Every mutation of the schema with the names of its input's fields. */
const inputs = new Map(
  [...changeDefs.matchAll(/input (\w+) \{([^}]*)\}/g)].map(([, name, body]) => [
    name!,
    [...body!.matchAll(/(\w+): (\S+)/g)].map(([, field, type]) => [field!, type!] as const),
  ]),
)
const mutations = [...changeDefs.matchAll(/^ {2}(\w+)\(input: (\w+)!\)/gm)].map(([, field, input]) => ({
  field: field!,
  input: input!,
}))

function ofType(type: string): fc.Arbitrary<unknown> {
  const name = type.replace(/[[\]!]/g, "")
  const fields = inputs.get(name)
  const one: fc.Arbitrary<unknown> =
    fields !== undefined
      ? fc.record(Object.fromEntries(fields.map(([field, inner]) => [field, ofType(inner)])), {
          requiredKeys: fields.filter(([, inner]) => inner.endsWith("!")).map(([field]) => field),
        })
      : name === "Int64"
        ? fc.constantFrom(0, 1, -1, -2, 5, 2 ** 53)
        : name === "Boolean"
          ? fc.boolean()
          : name === "ArtifactDigestAlgorithm"
            ? fc.constant("MANIFEST_MD5")
            : name === "ArtifactManifestType"
              ? fc.constantFrom("FULL", "PATCH")
              : name === "CompleteMultipartAction"
                ? fc.constant("Complete")
                : name === "ArtifactStorageLayout"
                  ? fc.constant("V2")
                  : fc.oneof({ weight: 9, arbitrary: hostile }, json)
  return type.startsWith("[") ? fc.array(one, { maxLength: 3 }) : one
}

const mutation = fc.constantFrom(...mutations).chain(({ field, input }) =>
  fc.record({
    query: fc.constant(`mutation ($input: ${input}!) { ${field}(input: $input) { __typename } }`),
    variables: fc.record({ input: ofType(input) }),
  }),
)
const query = fc
  .constantFrom(
    "query ($a: String!) { project(name: $a, entityName: $a) { id createdAt artifactTypes { edges { node { name } } } } entity(name: $a) { id organization { name } } }",
    'query ($a: String!) { project(name: "birds") { artifactCollectionMembership(name: $a) { id files { edges { node { directUrl } } } } artifactCollection(name: $a) { id artifactMembership(aliasName: $a) { id } } run(name: $a) { id } artifactType(name: $a) { id } } }',
    "query ($a: ID!) { artifact(id: $a) { id createdBy { __typename } usedBy { totalCount } } artifactCollection(id: $a) { id } clientIDMapping(clientID: $a) { serverID } }",
    'query ($a: JSONString!) { project(name: "birds") { artifactCollections(filters: $a) { edges { node { name } } } } entity { projects(filters: $a) { totalCount } artifactMemberships(filters: $a) { totalCount } } }',
    'query ($a: String!) { project(name: "birds") { artifactCollections(order: $a, after: $a) { edges { node { name } } } } organization(name: $a) { orgEntity { name } } }',
  )
  .chain((query) => fc.record({ query: fc.constant(query), variables: fc.record({ a: json }) }))
const broken = fc.record({
  query: fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("{", "}", "a", "viewer", "(", ")", "...", " ", '"', "on", "$", ":") }),
  ),
  variables: json,
  operationName: json,
})

const headers = fc.dictionary(
  fc.constantFrom(
    "range",
    "if-none-match",
    "if-range",
    "content-md5",
    "origin",
    "x-forwarded-host",
    "content-type",
    "accept-encoding",
    "cookie",
    "access-control-request-method",
  ),
  fc.oneof(
    fc.constantFrom("bytes=0-", "bytes=-1", "bytes=99999999999999999999-", "bytes=1-0", "*", '"x"', "null", "PUT"),
    fc.string({ unit: "grapheme-ascii", maxLength: 30 }),
  ),
)
const segments = fc.array(
  fc.oneof(
    fc.constantFrom(
      "graphql",
      "storage",
      "file",
      "upload",
      "part",
      "manifest",
      "artifactsV2",
      "artifacts",
      "files",
      "file_stream",
      "ann",
      "birds",
      "field",
      "default",
    ),
    hostile.map(encodeSafely),
  ),
  { maxLength: 9 },
)

function encodeSafely(part: string): string {
  return part.isWellFormed() ? encodeURIComponent(part) : "%ED%A0%80"
}

async function check(site: Site, path: string, init: RequestInit & { key?: string | null }): Promise<void> {
  const response = await site.fetch(path, init)
  const body = await response.text().catch((error) => `broken off: ${String(error)}`)
  expect(response.headers.has("x-evil")).toBe(false)
  const whole = `${JSON.stringify([...response.headers])} ${body}`
  expect([response.status < 500 || response.status === 501, path, init.body, site.told]).toEqual([true, path, init.body, []])
  for (const hidden of [annsKey, bensKey, secret, basic(annsKey), "passwd:", "node_modules", "src/server"])
    expect(whole.toLowerCase()).not.toContain(hidden.toLowerCase())
  if (init.key !== annsKey && !path.includes("sig=")) expect(body).not.toContain(text)
}

async function inhabited(): Promise<Site> {
  const site = createSite({ corsOrigins: ["https://page.example"] })
  await log(site, { "a.txt": text })
  return site
}

describe("whatever is sent, nothing breaks and nothing leaks", () => {
  test("to GraphQL", { timeout: 120_000 }, async () => {
    const site = await inhabited()
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: mutation }, { weight: 2, arbitrary: query }, broken),
        keys,
        async (body, key) => {
          await check(site, "/graphql", { method: "POST", body: JSON.stringify(body), key })
        },
      ),
      { numRuns: 4000 },
    )
  })

  test("to any address", { timeout: 120_000 }, async () => {
    const site = await inhabited()
    const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
    const body = fc.oneof(fc.constant(""), fc.json(), fc.string())
    await fc.assert(
      fc.asyncProperty(segments, method, headers, keys, body, async (parts, method, headers, key, body) => {
        const hasBody = method !== "GET" && method !== "HEAD"
        await check(site, `/${parts.join("/")}`, { method, headers, key, ...(hasBody && { body }) })
      }),
      { numRuns: 4000 },
    )
  })

  test("to a signed address", { timeout: 120_000 }, async () => {
    const site = await inhabited()
    const url = await fileUrl(site, "a.txt")
    await fc.assert(
      fc.asyncProperty(headers, fc.nat(url.length - 1), hostile, async (headers, at, junk) => {
        await check(site, url, { headers })
        await check(site, url.slice(0, at) + encodeSafely(junk) + url.slice(at + 1), { headers }).catch((error) => {
          // An address that is none cannot even be asked for.
          if (!(error instanceof TypeError)) throw error
        })
      }),
      { numRuns: 1000 },
    )
  })
})
