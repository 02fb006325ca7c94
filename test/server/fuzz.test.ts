import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { inputs, mutations } from "./every-change.ts"
import { encodeSafely, type Prodded, places, prodded, text } from "./prodded.ts"
import { fileUrl, hexOf } from "./site.ts"

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

/** 10,000 in all. */
const counts = {
  memory: { graphql: 3000, addresses: 2500, signed: 1000 },
  "a folder": { graphql: 1500, addresses: 1500, signed: 500 },
}

describe.each(places)("whatever is sent to a server over %s, nothing breaks, hangs, leaks or strays", (place) => {
  const { graphql, addresses, signed } = counts[place]
  let server: Prodded
  beforeAll(async () => {
    server = await prodded(place)
  })
  afterAll(() => server?.end())
  const keys = fc.nat().map((at) => server.keys[at % server.keys.length]!)
  const since = (before: number) => server.sent - before

  test("to GraphQL", { timeout: 120_000 }, async () => {
    const before = server.sent
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: mutation }, { weight: 2, arbitrary: query }, broken),
        keys,
        async (body, key) => void (await server.send("/graphql", { method: "POST", body: JSON.stringify(body), key })),
      ),
      { numRuns: graphql },
    )
    expect(since(before)).toBeGreaterThanOrEqual(graphql)
    server.expectContained()
  })

  test("to any address", { timeout: 120_000 }, async () => {
    const before = server.sent
    const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
    const body = fc.oneof(fc.constant(""), fc.json(), fc.string())
    await fc.assert(
      fc.asyncProperty(segments, method, headers, keys, body, async (parts, method, headers, key, body) => {
        const hasBody = method !== "GET" && method !== "HEAD"
        await server.send(`/${parts.join("/")}`, { method, headers, key, ...(hasBody && { body }) })
      }),
      { numRuns: addresses },
    )
    expect(since(before)).toBeGreaterThanOrEqual(addresses)
    server.expectContained()
  })

  test("to a signed address", { timeout: 120_000 }, async () => {
    const before = server.sent
    const url = await fileUrl(server.site, "a.txt")
    await fc.assert(
      fc.asyncProperty(headers, fc.nat(url.length - 1), hostile, async (headers, at, junk) => {
        await server.send(url, { headers })
        const other = url.slice(0, at) + encodeSafely(junk) + url.slice(at + 1)
        // An address that is none cannot even be asked for.
        if (URL.canParse(other) && /^https?:/.test(other)) await server.send(other, { headers })
      }),
      { numRuns: signed },
    )
    expect(since(before)).toBeGreaterThanOrEqual(signed)
    server.expectContained()
  })
})
