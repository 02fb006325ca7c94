/** W&B's protocol served by a service worker over what its browser stores: a server that is nowhere but in the page's own browser. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { pagesKey as key, serverSecret } from "../secrets.ts"
import { bundleScript, openPage, type TestPage } from "./pages.ts"

const worker = `
import { apiKeys, createServer } from "./src/server/server.ts"
import { platform } from "./src/doors/browser.ts"

const server = createServer({
  registry: platform.registry({ dir: "served" }),
  secret: ${JSON.stringify(serverSecret)},
  authenticate: apiKeys({ ${JSON.stringify(key)}: { entity: "local", username: "ann", entities: "*" } }),
})
addEventListener("install", () => skipWaiting())
addEventListener("activate", (event) => event.waitUntil(clients.claim()))
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).origin === location.origin) event.respondWith(server.fetch(event.request))
})
`

const script = `
import { Api, Artifact, init, isArtifactError } from "isofact"
import { platform } from "./src/doors/browser.ts"
import { wandb } from "./src/wandb/wandb.ts"

const connect = (apiKey, more = {}) => wandb({ apiKey, baseUrl: location.origin, entity: "local", project: "garden", ...more })
async function log(registry, files) {
  const draft = new Artifact("birds", "dataset", { metadata: { season: 2026 } })
  for (const [name, bytes] of Object.entries(files)) await draft.addFile(new Blob([bytes]), { name })
  const run = await init({ registry })
  const logged = await (await run.logArtifact(draft)).wait()
  await run.finish()
  return logged
}
async function read(registry, name) {
  const artifact = await new Api({ registry }).artifact(name)
  const files = {}
  for (const path of artifact.manifest.entries.keys()) files[path] = await artifact.getEntry(path).bytes()
  return { artifact, files }
}
const large = Uint8Array.from({ length: 6_000_000 }, (_, at) => (at * 7 + (at >> 10)) % 251)
const files = { "a.txt": new TextEncoder().encode("alpha"), "x/ünï %.txt": new Uint8Array(0), "large.bin": large }
const same = (found) => Object.entries(files).every(([path, bytes]) => indexedDB.cmp(bytes, found[path]) === 0)
Object.assign(window, { connect, log, read, files, same, isArtifactError, stored: () => platform.registry({ dir: "served" }) })
`

let site: TestPage
const inPage = <T>(body: string): Promise<T> => site.page.evaluate(`(async () => { ${body} })()`) as Promise<T>

beforeAll(async () => {
  site = await openPage(script, { "/worker.js": await bundleScript(worker) })
  await inPage(`
    await navigator.serviceWorker.register("/worker.js", { type: "module" })
    if (navigator.serviceWorker.controller === null)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }))
    window.registry = connect(${JSON.stringify(key)})`)
}, 60_000)

afterAll(async () => {
  await site?.[Symbol.asyncDispose]()
})

test("a page logs to it and reads from it", { timeout: 60_000 }, async () => {
  expect(await inPage(`return (await log(registry, files)).version`)).toBe("v0")
  const [isSame, metadata, verified] = await inPage<unknown[]>(`
    const { artifact, files } = await read(registry, "birds:latest")
    return [same(files), artifact.metadata, (await artifact.verify(undefined, { stored: true })).verified]`)
  expect([isSame, metadata, verified]).toEqual([true, { season: 2026 }, 3])
  expect(await inPage(`return (await log(registry, files)).version`)).toBe("v0")
})

test("large files in parts", { timeout: 60_000 }, async () => {
  const parted = `connect(${JSON.stringify(key)}, { multipartBytes: 5_000_000, partBytes: 1_000_000 })`
  expect(await inPage(`return (await log(${parted}, { "other.bin": files["large.bin"].map((byte) => byte ^ 1) })).version`)).toBe(
    "v1",
  )
  expect(
    await inPage(
      `return (await read(registry, "birds:v1")).files["other.bin"].every((byte, at) => byte === (files["large.bin"][at] ^ 1))`,
    ),
  ).toBe(true)
})

test("it is in this browser's own stores, which a page can read without the server", async () => {
  expect(await inPage(`return same((await read(stored(), "local/garden/birds:v0")).files)`)).toBe(true)
})

test("another key is refused", async () => {
  const refused = await inPage(
    `return read(connect("0".repeat(40)), "birds:latest").catch((error) => [isArtifactError(error), String(error)])`,
  )
  expect(refused).toEqual([true, expect.stringMatching(/401|key/i)])
  expect(String(refused)).not.toContain("0".repeat(40))
})

test("a range of a file, by its address", async () => {
  const found = await inPage(`
    const { artifact } = await read(registry, "birds:v0")
    const stream = await artifact.getEntry("large.bin").stream({ range: { start: 2_000_000, end: 2_000_010 } })
    return [...new Uint8Array(await new Response(stream).arrayBuffer())]`)
  expect(found).toEqual(Array.from({ length: 10 }, (_, at) => ((at + 2_000_000) * 7 + ((at + 2_000_000) >> 10)) % 251))
})
