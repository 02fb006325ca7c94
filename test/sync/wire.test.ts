/** Sync over W&B's wire: this client, and this server in the same program. */
import { expect, test } from "vitest"
import { apiKeys, createServer } from "../../src/server/server.ts"
import { sync } from "../../src/sync/sync.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { collect, project, textContent } from "../registry/publish.ts"
import { apiKey, serverSecret } from "../secrets.ts"
import { counted, furnish, log, memoryRegistry, see, type Watch, watched } from "./world.ts"

function overWire(registry: ReturnType<typeof memoryRegistry>, fetch?: (next: () => Promise<Response>) => Promise<Response>) {
  const server = createServer({
    registry,
    secret: serverSecret,
    authenticate: apiKeys({ [apiKey]: { entity: project.entity, username: "ann", entities: "*" } }),
  })
  const ask = (request: Request) => (fetch === undefined ? server.fetch(request) : fetch(() => server.fetch(request)))
  return wandb({ apiKey, baseUrl: "http://wandb.test", fetch: ask, retryDelayMs: 1, retries: 2, env: () => undefined })
}

test("offline to a server, and from there to a place of one's own again: all as it was, and nothing twice", async () => {
  const from = memoryRegistry()
  await furnish(from)
  const there = counted(memoryRegistry())
  const server = overWire(there.registry)
  expect(await sync({ from, to: server })).toMatchObject({ versions: { sent: 4, failed: 0 }, links: { sent: 2 }, failures: [] })
  expect(await see(there.registry)).toEqual(await see(from))
  const back = memoryRegistry()
  expect(await sync({ from: server, to: back })).toMatchObject({ versions: { sent: 4, failed: 0 }, failures: [] })
  expect(await see(back)).toEqual(await see(from))

  there.calls.length = 0
  expect(await sync({ from, to: server })).toMatchObject({ versions: { sent: 0, present: 4 }, runs: { sent: 0 }, bytes: 0 })
  expect(there.calls).toEqual([])
  await log(from, "zoo", { more: "more" })
  expect(await sync({ from, to: server })).toMatchObject({ versions: { sent: 1, present: 4 }, bytes: 4 })
  expect(await see(there.registry)).toEqual(await see(from))
})

test("a run that only logged again what was there comes along over the wire, both ways", async () => {
  const from = memoryRegistry()
  for (const run of ["first", "again"]) {
    await from.upsertRun({ ...project, run })
    await log(from, "zoo", { a: "1" }, { run: { ...project, run } })
  }
  const there = memoryRegistry()
  await sync({ from, to: overWire(there) })
  const back = memoryRegistry()
  await sync({ from: overWire(there), to: back })
  for (const registry of [there, back])
    expect(await collect(registry.runVersions({ ...project, run: "again" }, "logged"))).toMatchObject([{ index: 0 }])
})

test("a server that dies at any change: said so, and the next sync completes", async () => {
  const from = memoryRegistry()
  await furnish(from)
  const whole = await see(from)
  let changes = 0
  const counting = counted(memoryRegistry())
  await sync({ from, to: overWire(counting.registry) })
  changes = counting.calls.length
  expect(changes).toBeGreaterThan(15)
  for (let limit = 1; limit <= changes; limit += 2) {
    const there = memoryRegistry()
    const dying = counted(there)
    const isDead = () => dying.calls.length >= limit
    const watch: Watch = () => {
      if (isDead()) throw new Error("the server is gone")
    }
    const refused = async (next: () => Promise<Response>) => {
      if (isDead()) throw new TypeError("connection refused")
      return next()
    }
    await expect(sync({ from, to: overWire(watched(dying.registry, watch), refused) }), `change ${limit}`).rejects.toThrow()
    await sync({ from, to: overWire(there) })
    expect(await see(there), `after change ${limit}`).toEqual(whole)
  }
})

test("bytes that rotted at the source do not get to the server", async () => {
  const from = memoryRegistry()
  await log(from, "zoo", { small: "small", large: "x".repeat(2_000_000) })
  await log(from, "zoo", { fine: "fine" })
  for (const path of ["small", "large"]) {
    const rotten: typeof from = {
      ...from,
      async openFile(...args) {
        const content = await from.openFile(...args)
        return args[1].path === path ? textContent(`y${"x".repeat((args[1].size ?? 1) - 1)}`) : content
      },
    }
    const there = memoryRegistry()
    const report = await sync({ from: rotten, to: overWire(there) })
    expect(report, path).toMatchObject({
      versions: { sent: 1, failed: 1 },
      failures: [{ error: { code: "DIGEST_MISMATCH", details: { path } } }],
    })
    expect((await there.findVersion({ ...project, collection: "zoo" }))?.index).toBe(0)
  }
})
