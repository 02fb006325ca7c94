/** Azure and Cloud Storage references in a real page, where CORS decides what may be seen. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { openPage, type TestPage } from "../browser/pages.ts"
import { type Azurite, startAzurite } from "./azurite.ts"
import { type GcsServer, startGcsServer } from "./gcs-server.ts"

const script = `
import { azureReferences } from "./src/references/azure.ts"
import { gcsReferences } from "./src/references/gcs.ts"
import { parseReferenceUri } from "./src/references/uri.ts"
const readAll = async (handler, uri) => {
  const texts = []
  for (const entry of await handler.track(parseReferenceUri(uri), { checksum: true, maxObjects: 9 })) {
    const { content, proof } = await handler.open(entry)
    texts.push([entry.path, proof, await new Response(content.stream()).text(), await new Response(content.stream({ range: { start: 1, end: 3 } })).text()].join(" "))
  }
  return texts
}
const told = (work) => work.catch(({ code, message }) => [code + " " + message])
globalThis.readAzure = (options, uri) => told(readAll(azureReferences(options), uri))
globalThis.readGcs = (options, uri) => told(readAll(gcsReferences(options), uri))
`

let azurite: Azurite
let gcs: GcsServer
let pages: TestPage
beforeAll(async () => {
  ;[azurite, gcs, pages] = await Promise.all([startAzurite(), startGcsServer(), openPage(script)])
  await azurite.createContainer("data")
  await azurite.put("data/d/a%20b", "hello")
})
afterAll(async () => {
  azurite?.stop()
  gcs?.stop()
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
