/** Runs the README's snippets for pages, service workers and Workers where they belong, bundled from the built package. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { Api, Artifact, init } from "isofact"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { wandb } from "../src/wandb/wandb.ts"
import { launchChromium, type PageServer, type ServedFile, servePages } from "./runtimes/chromium.ts"
import { COMPATIBILITY_DATE } from "./runtimes/workerd.ts"
import { apiKey, workerSecret } from "./secrets.ts"

const root = join(import.meta.dirname, "..")
const readme = readFileSync(join(root, "README.md"), "utf8")
const snippets = (place: string) =>
  Array.from(readme.matchAll(new RegExp(`\n\`\`\`ts ${place}\n([\\s\\S]*?)\n\`\`\``, "g")), (match) => match[1]!)

async function bundle(code: string, conditions: readonly string[], format: "esm" | "iife" = "esm"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    format,
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import", ...conditions],
    external: ["cloudflare:*"],
    logLevel: "error",
  })
  return outputFiles[0]!.text
}

let browser: Browser
let server: PageServer
let page: Page
const errors: string[] = []
const log: string[] = []

beforeAll(async () => {
  const script = async (code: string, format?: "iife"): Promise<ServedFile> => ({
    type: "text/javascript",
    body: await bundle(code, ["browser"], format),
  })
  const [drop, read] = snippets("browser")
  const [service] = snippets("service-worker")
  server = await servePages({
    "/": { type: "text/html", body: "<!doctype html><title>birds</title><img>" },
    "/drop.js": await script(drop!),
    "/read.js": await script(read!),
    "/service.js": await script(service!, "iife"),
  })
  browser = await launchChromium()
  page = await browser.newPage()
  page.on("pageerror", (error) => errors.push(String(error)))
  page.on("console", (message) => log.push(message.text()))
  await page.goto(server.origin)
})
afterAll(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

/** As text: the runner rewrites an `import()` in a function. */
const importInPage = (path: string) => page.evaluate(`import(${JSON.stringify(path)}).then(() => undefined)`)

test("a page logs what is dropped on it", async () => {
  await importInPage("/drop.js")
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(["not really a picture"], "a.png", { type: "image/png" }))
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }))
  })
  await expect.poll(() => log.includes("20 20"), { timeout: 10_000 }).toBe(true)
  expect(errors).toEqual([])
})

test("it reads, downloads and zips it", async () => {
  await importInPage("/read.js")
  expect(await page.evaluate(() => document.querySelector("img")!.src)).toMatch(/^blob:/)
  const [declared, actual] = log.at(-1)!.split(" ")
  expect(declared).toBe(actual)
  expect(errors).toEqual([])
})

test("a service worker gives its files addresses", async () => {
  const answer = await page.evaluate(async () => {
    await navigator.serviceWorker.register("/service.js")
    const registration = await navigator.serviceWorker.ready
    const controlled = () => navigator.serviceWorker.controller !== null
    if (!controlled()) location.reload()
    return registration.active?.scriptURL
  })
  expect(answer).toBe(`${server.origin}/service.js`)
  await page.waitForFunction(() => navigator.serviceWorker?.controller !== null)
  const part = await page.evaluate(async () => {
    const response = await fetch("/artifacts/birds:latest/a.png", { headers: { range: "bytes=4-9" } })
    return [response.status, response.headers.get("content-type"), await response.text()]
  })
  expect(part).toEqual([206, "image/png", "really"])
})

test("a Worker answers", async () => {
  const [code] = snippets("worker")
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.mjs", contents: await bundle(code!, ["workerd", "worker"]) }],
      compatibilityDate: COMPATIBILITY_DATE,
      r2Buckets: ["ISOFACT"],
    }),
  )
  try {
    const absent = await worker.dispatchFetch("http://worker.test/artifacts/birds:latest/a.png")
    expect([absent.status, await absent.text()]).toEqual([404, expect.stringContaining("birds")])
    expect(await (await worker.dispatchFetch("http://worker.test/else")).text()).toBe("Not here")
  } finally {
    await worker.dispose()
  }
})

test("a Worker is a service that a client of W&B's protocol logs to", async () => {
  const [, code] = snippets("worker")
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.mjs", contents: await bundle(code!, ["workerd", "worker"]) }],
      compatibilityDate: COMPATIBILITY_DATE,
      r2Buckets: ["ISOFACT"],
      bindings: { API_KEY: apiKey, SECRET: workerSecret },
    }),
  )
  try {
    const baseUrl = String(await worker.ready).replace(/\/$/, "")
    const registry = wandb({ apiKey, baseUrl, env: () => undefined })
    const run = await init({ registry, project: "birds" })
    const artifact = new Artifact("songs", "dataset")
    await artifact.addFile(new Blob(["tweet"]), { name: "wren.txt" })
    await artifact.addFile(new Blob([new Uint8Array(3_000_000)]), { name: "large.bin" })
    await run.logArtifact(artifact)
    expect(artifact.qualifiedName).toBe("team/birds/songs:v0")
    const used = await new Api({ registry, project: "birds" }).artifact("songs:latest")
    expect(await used.getEntry("wren.txt").text()).toBe("tweet")
    expect((await used.getEntry("large.bin").bytes()).byteLength).toBe(3_000_000)
    expect((await fetch(used.url, { redirect: "manual" })).status).toBe(401)
    await run.finish()
  } finally {
    await worker.dispose()
  }
})
