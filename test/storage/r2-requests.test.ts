/** One isolate serves many requests, and what a cancelled one waits for never settles: others must not wait for it for ever. */
import { build } from "esbuild"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { expect, test } from "vitest"

const worker = `
import { createDigestStreamHasher } from "./src/digest/digest-stream.ts"
import { createR2BlobStore } from "./src/storage/r2.ts"
let store
let begun = 0
export default {
  async fetch(request, { ISOFACT: bucket }) {
    const hasher = createDigestStreamHasher()
    store ??= createR2BlobStore({ bucket, hasher })
    const path = new URL(request.url).pathname
    const bytes = new TextEncoder().encode("seen")
    if (path === "/begun") return new Response(String(begun))
    if (path === "/good") return new Response(await store.put(await hasher.hash(bytes), { stability: "frozen", size: 4, bytes: async () => bytes }))
    const stalled = () => new ReadableStream({ pull: () => { begun++; return scheduler.wait(600_000) } }, { highWaterMark: 0 })
    return new Response(await store.put(await hasher.hash(bytes), { stability: "once", stream: stalled }))
  },
}`

test("a put that a cancelled request left behind holds up the next for seconds, not for ever", async () => {
  const { outputFiles } = await build({
    stdin: { contents: worker, resolveDir: new URL("../..", import.meta.url).pathname },
    bundle: true,
    write: false,
    format: "esm",
    logLevel: "error",
  })
  const modules = [{ type: "ESModule" as const, path: "worker.js", contents: outputFiles[0]!.text }]
  const server = new Miniflare(
    convertV4MiniflareOptions({
      modules,
      compatibilityDate: "2026-10-01",
      compatibilityFlags: ["enable_request_signal"],
      r2Buckets: ["ISOFACT"],
    }),
  )
  try {
    const address = await server.ready
    const controller = new AbortController()
    const stalled = fetch(new URL("/stalled", address), { signal: controller.signal }).catch((error) => error)
    await expect.poll(async () => (await fetch(new URL("/begun", address))).text(), { timeout: 10_000 }).toBe("1")
    const good = fetch(new URL("/good", address))
    controller.abort()
    await stalled
    expect(await (await good).text()).toBe("stored")
  } finally {
    await server.dispose()
  }
})
