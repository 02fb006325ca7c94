/** A page that holds no key, only a token that was issued to it, and a server that answers this page's origin and no other. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { createJsHasher } from "../../src/bytes/js-hasher.ts"
import type { Registry } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createServer, type Server } from "../../src/server/server.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { type PageServer, servePages } from "../runtimes/chromium.ts"
import { secret, serverSecret } from "../secrets.ts"
import { type Listening, listen } from "../server/listen.ts"
import { bundleScript, openPage, type TestPage } from "./pages.ts"

const script = `
import { Api, Artifact, init, isArtifactError } from "isofact"
import { wandb } from "./src/wandb/wandb.ts"

const registry = (baseUrl, apiKey) => wandb({ apiKey, baseUrl, entity: "ann", project: "birds", retries: 1, retryDelayMs: 1 })
const log = async (baseUrl, token, name = "field") => {
  const draft = new Artifact(name, "dataset")
  await draft.addFile(new Blob(["from a page"]), { name: "a.txt" })
  const run = await init({ registry: registry(baseUrl, token) })
  const logged = await (await run.logArtifact(draft)).wait()
  await run.finish()
  return logged.qualifiedName
}
const read = async (baseUrl, token) =>
  (await new Api({ registry: registry(baseUrl, token) }).artifact("field:latest")).getEntry("a.txt").text()
const refused = (work) => work.then(() => "done", (error) => [isArtifactError(error), String(error)])
Object.assign(window, { log, read, refused })
`

let site: TestPage
let elsewhere: PageServer
let listening: Listening
let server: Server
let registry: Registry

beforeAll(async () => {
  site = await openPage(script)
  elsewhere = await servePages({
    "/": { type: "text/html", body: `<!doctype html><script type="module" src="/page.js"></script>` },
    "/page.js": await bundleScript(script),
  })
  const hasher = createJsHasher()
  registry = createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs: createMemoryBlobStore({ hasher }), hasher })
  // Nobody has a key here: tokens are all there is.
  server = createServer({ registry, secret: serverSecret, authenticate: () => undefined, corsOrigins: [site.origin] })
  listening = await listen(server.fetch)
}, 60_000)

afterAll(async () => {
  await site?.[Symbol.asyncDispose]()
  await elsewhere?.[Symbol.asyncDispose]()
  await listening?.close()
})

type Actions = readonly ("read" | "write" | "delete")[]
const issue = async (actions: Actions, collection = "field") =>
  secret(await server.issueToken({ entity: "ann", project: "birds", collection, actions, expiresInSeconds: 60 }))
/** Calls a function of the page's with the server's address and a token. */
const call = (name: string, token: string, ...more: string[]) =>
  `${name}(${[listening.url, token, ...more].map((value) => JSON.stringify(value)).join(", ")})`
const done = (...args: Parameters<typeof call>): Promise<unknown> => site.page.evaluate(call(...args))
const refused = (...args: Parameters<typeof call>): Promise<unknown> => site.page.evaluate(`refused(${call(...args)})`)

test("the page logs with its token and reads what it logged", { timeout: 60_000 }, async () => {
  const token = await issue(["read", "write"])
  expect(await done("log", token)).toBe("ann/birds/field:v0")
  expect(await done("read", token)).toBe("from a page")
  expect((await registry.findVersion({ entity: "ann", project: "birds", collection: "field" }))?.index).toBe(0)
})

test.each([
  ["to read only", ["read"], "field"],
  ["of another collection", ["read", "write"], "other"],
] as const)("a token %s is refused, in one error that does not tell it", { timeout: 60_000 }, async (_, actions, collection) => {
  const token = await issue(actions, collection)
  const found = await refused("log", token)
  expect(found).toEqual([true, expect.stringMatching(/may not write/)])
  expect(String(found)).not.toContain(token)
})

test("a page of another origin gets no answer, with the same token", { timeout: 60_000 }, async () => {
  const token = await issue(["read", "write"])
  const before = JSON.stringify(await Array.fromAsync(registry.collections({ entity: "ann", project: "birds" }, undefined)))
  await site.page.goto(elsewhere.origin, { waitUntil: "load" })
  try {
    const found = await refused("log", token, "stray")
    expect(found).toEqual([true, expect.stringMatching(/connection failed/)])
    expect(String(found)).not.toContain(token)
    expect(JSON.stringify(await Array.fromAsync(registry.collections({ entity: "ann", project: "birds" }, undefined)))).toBe(before)
  } finally {
    await site.page.goto(site.origin, { waitUntil: "load" })
  }
})
