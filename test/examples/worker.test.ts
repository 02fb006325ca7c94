/** The example Worker, bundled by wrangler as it would be deployed, in real workerd with a bucket. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { afterAll, expect, test } from "vitest"
import { example, openPlace } from "./program.ts"

const hourMs = 60 * 60 * 1000
const first = Date.UTC(2026, 4, 1, 6)
let worker: Miniflare

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  worker.dispatchFetch(`http://birds.example${path}`, { headers, method })

test("bundles for deployment", () => {
  const { folder, run } = openPlace()
  const { status, stderr } = run(
    "wrangler",
    "deploy",
    "--dry-run",
    "--outdir",
    folder,
    "--config",
    example("worker/wrangler.jsonc"),
  )
  expect(stderr).not.toMatch(/error/i)
  expect(status).toBe(0)
  bundle = readFileSync(join(folder, "index.js"), "utf8")
  expect(bundle).not.toMatch(/from "node:/)
}, 60_000)

let bundle = ""

afterAll(() => worker?.dispose())

test("starts", async () => {
  const modules = [{ type: "ESModule" as const, path: "index.js", contents: bundle }]
  worker = new Miniflare(
    convertV4MiniflareOptions({
      modules,
      compatibilityDate: "2026-10-01",
      r2Buckets: ["ISOFACT"],
      bindings: { WANDB_PROJECT: "field" },
    }),
  )
  expect((await get("/")).status).toBe(404)
  expect((await get("/artifacts/birds:latest/index.json")).status).toBe(404)
})

test("each run of the trigger writes a version that has all before it", async () => {
  const { scheduled } = await worker.getWorker()
  for (const at of [0, 1, 2])
    expect(await scheduled({ scheduledTime: new Date(first + at * hourMs), cron: "0 * * * *" })).toMatchObject({ outcome: "ok" })
  const hours = ["06", "07", "08"].map((hour) => `hours/2026-05-01T${hour}.json`)
  expect(await (await get("/artifacts/birds:latest/index.json")).json()).toEqual(hours)
  expect(await (await get("/artifacts/birds:v0/index.json")).json()).toEqual(hours.slice(0, 1))
  for (const hour of hours) expect((await get(`/artifacts/birds:v2/${hour}`)).status).toBe(200)
})

test("serves files: whole, by range, their head alone, and not again when known", async () => {
  const path = "/artifacts/birds:v2/index.json"
  const whole = await get(path)
  const text = await whole.text()
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    "content-type": "application/json",
    "cache-control": "no-cache",
    "accept-ranges": "bytes",
  })
  const part = await get(path, { range: "bytes=2-9" })
  expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
    206,
    `bytes 2-9/${text.length}`,
    text.slice(2, 10),
  ])
  expect((await get(path, { range: "bytes=9999-" })).status).toBe(416)
  const head = await get(path, {}, "HEAD")
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, String(text.length), ""])
  expect((await get(path, { "if-none-match": whole.headers.get("etag")! })).status).toBe(304)
  expect((await get("/artifacts/birds:v9/index.json")).status).toBe(404)
  expect((await get("/artifacts/birds:latest/index.json")).headers.get("cache-control")).toBe("no-cache")
})
