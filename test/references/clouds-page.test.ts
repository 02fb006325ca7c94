/** S3, Azure and Cloud Storage references in a real page, where CORS decides what may be seen. */
import { request } from "node:http"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openPage, type TestPage } from "../browser/pages.ts"
import { credentials, type S3Server, startS3 } from "../storage/s3-server.ts"
import { type Azurite, startAzurite } from "./azurite.ts"
import { type GcsServer, startGcsServer } from "./gcs-server.ts"
import { serveAll } from "./web.ts"

const script = `
import { azureReferences } from "./src/references/azure.ts"
import { gcsReferences } from "./src/references/gcs.ts"
import { s3References } from "./src/references/s3.ts"
import { parseReferenceUri } from "./src/references/uri.ts"
// A Response would hide what a stream fails with.
const textOf = async (stream) => {
  const reader = stream.getReader()
  const chunks = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Blob(chunks).text()
    chunks.push(value)
  }
}
const readAll = async (handler, uri) => {
  const texts = []
  for (const entry of await handler.track(parseReferenceUri(uri), { checksum: true, maxObjects: 9 })) {
    const { content, proof } = await handler.open(entry)
    texts.push([entry.path, proof, await textOf(content.stream()), await textOf(content.stream({ range: { start: 1, end: 3 } }))].join(" "))
  }
  return texts
}
const told = (work) => work.catch(({ code, message }) => [code + " " + message])
globalThis.readAzure = (options, uri) => told(readAll(azureReferences(options), uri))
globalThis.readS3 = (options, uri) => told(readAll(s3References(options), uri))
globalThis.readGcs = (options, uri) => told(readAll(gcsReferences(options), uri))
`

let azurite: Azurite
let gcs: GcsServer
let s3: S3Server
let pages: TestPage
beforeAll(async () => {
  ;[azurite, gcs, s3, pages] = await Promise.all([startAzurite(), startGcsServer(), startS3(), openPage(script)])
  await azurite.createContainer("data")
  await azurite.put("data/d/a%20b", "hello")
})
afterAll(async () => {
  azurite?.stop()
  gcs?.stop()
  await s3?.stop()
  await pages?.[Symbol.asyncDispose]()
})

/** The rules of the account: every origin, every header of a request, and of an answer these. */
async function expose(headers: string): Promise<void> {
  const rule = `<AllowedOrigins>*</AllowedOrigins><AllowedMethods>GET,HEAD</AllowedMethods><AllowedHeaders>*</AllowedHeaders><ExposedHeaders>${headers}</ExposedHeaders><MaxAgeInSeconds>0</MaxAgeInSeconds>`
  const body = `<StorageServiceProperties><Cors><CorsRule>${rule}</CorsRule></Cors></StorageServiceProperties>`
  await azurite.send("PUT", "?restype=service&comp=properties", { "content-type": "application/xml" }, body)
}

const readAzure = (uri: string) => {
  const { endpoint, accountKey } = azurite
  return pages.page.evaluate(
    ([options, uri]) => (globalThis as never as { readAzure(...given: unknown[]): Promise<string[]> }).readAzure(options, uri),
    [{ endpoint, accountKey }, `${endpoint}/${uri}`] as const,
  )
}

test("a blob whose ETag is hidden is refused with the headers to expose", async () => {
  await expose("")
  const [refusal] = await readAzure("data/d/a b")
  expect(refusal).toMatch(/^UNSUPPORTED .*x-ms-version-id/)
})

test("a blob whose headers are exposed is recorded and read, by itself and with its folder", async () => {
  await expose("ETag,x-ms-*,Content-MD5,Content-Encoding")
  expect(await readAzure("data/d/a b")).toEqual(["a b bytes hello el"])
  expect(await readAzure("data/d")).toEqual(["a b bytes hello el"])
})

test("an object of Cloud Storage needs no header to be seen", async () => {
  gcs.put("d/a b", "hello")
  gcs.tokens = new Set()
  gcs.fault = ({ method }, response) => {
    // What the JSON API allows everybody.
    response.setHeader("access-control-allow-origin", "*")
    response.setHeader("access-control-allow-headers", "authorization, range")
    if (method === "OPTIONS") response.end()
    return method === "OPTIONS"
  }
  const { endpoint, credentials } = gcs
  const texts = await pages.page.evaluate(
    ([options]) => (globalThis as never as { readGcs(...given: unknown[]): Promise<string[]> }).readGcs(options, "gs://birds/d"),
    [{ endpoint, credentials }] as const,
  )
  expect(texts).toEqual(["a b bytes hello el"])
})

/** The S3 server through one that says what a page may see of its answers, as the CORS rules of a bucket do. */
async function readS3(exposed: string, key: string) {
  const place = s3.newPlace()
  await s3.putRaw(`${place.prefix}/d/a%20b`, new TextEncoder().encode("hello"))
  const upstream = new URL(place.endpoint!)
  const { origin } = await serveAll((asked, response) => {
    const rules = {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "authorization, x-amz-date, x-amz-content-sha256, range, if-match",
      "access-control-allow-methods": "GET, HEAD",
      "access-control-expose-headers": exposed,
    }
    if (asked.method === "OPTIONS") return response.writeHead(204, rules).end()
    const options = { host: upstream.hostname, port: upstream.port, path: asked.url, method: asked.method, headers: asked.headers }
    const forwarded = request(options, (answer) => {
      response.writeHead(answer.statusCode!, { ...answer.headers, ...rules })
      answer.pipe(response)
    })
    asked.pipe(forwarded)
  })
  const options = { endpoint: origin + upstream.pathname, region: place.region, credentials }
  const uri = `s3://${place.bucket}/${place.prefix}/${key}`
  return pages.page.evaluate(
    ([options, uri]) => (globalThis as never as { readS3(...given: unknown[]): Promise<string[]> }).readS3(options, uri),
    [options, uri] as const,
  )
}

test.each(["d/a b", "d"])("S3 whose ETag is hidden: %s is refused with the header to expose", async (key) => {
  expect((await readS3("", key))[0]).toMatch(/^UNSUPPORTED .*ETag/)
})

test.each(["d/a b", "d"])("S3 whose ETag is exposed: %s is recorded and read", async (key) => {
  expect(await readS3("ETag, x-amz-version-id", key)).toEqual(["a b version hello el"])
})
