import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { artifactRefUrl } from "../../src/artifact/reference.ts"
import { Manifest } from "../../src/core/manifest.ts"
import { createNodePlatform } from "../../src/doors/node.ts"
import type { Content } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { sync } from "../../src/sync/sync.ts"
import { collect, md5Of, project, textContent } from "../registry/publish.ts"
import { memoryStores } from "../registry/stores.ts"
import { counted, furnish, log, memoryRegistry, see, watched } from "./world.ts"

const places: string[] = []
const diskRegistry = async () => {
  const dir = await mkdtemp(join(tmpdir(), "isofact-sync-"))
  places.push(dir)
  return createNodePlatform().registry({ dir })
}
afterAll(() => Promise.all(places.map((dir) => rm(dir, { recursive: true, force: true }))))

const zoo = { ...project, collection: "zoo" }

test.each([
  ["memory to disk", memoryRegistry, diskRegistry],
  ["disk to memory", diskRegistry, memoryRegistry],
] as const)("%s: the target is as the source, and again nothing is done", async (_, createFrom, createTo) => {
  const [from, to] = [await createFrom(), counted(await createTo())]
  await furnish(from)
  const report = await sync({ from, to: to.registry })
  expect(report).toEqual({
    versions: { sent: 4, present: 0, failed: 0 },
    links: { sent: 2, present: 0, failed: 0 },
    runs: { sent: 3, present: 0 },
    collections: 3,
    bytes: 10,
    failures: [],
  })
  expect(await see(to.registry)).toEqual(await see(from))
  for (const run of ["trainer", "reader", "second"]) {
    const edges = async (registry: typeof from, direction: "logged" | "used") =>
      (await collect(registry.runVersions({ ...project, run }, direction))).map(({ version }) => version.digest).sort()
    expect(await edges(to.registry, "logged"), run).toEqual(await edges(from, "logged"))
    expect(await edges(to.registry, "used"), run).toEqual(await edges(from, "used"))
  }
  to.calls.length = 0
  const again = await sync({ from, to: to.registry })
  expect(to.calls).toEqual([])
  expect(again).toMatchObject({ versions: { sent: 0, present: 4 }, links: { sent: 0, present: 2 }, runs: { sent: 0 }, bytes: 0 })
})

test("a run that only logged again what was there, and used nothing, comes along once", async () => {
  const [from, to] = [memoryRegistry(), counted(memoryRegistry())]
  for (const run of ["first", "again", "idle"]) await from.upsertRun({ ...project, run })
  const { version } = await log(from, "zoo", { a: "1" }, { run: { ...project, run: "first" } })
  await log(from, "zoo", { a: "1" }, { run: { ...project, run: "again" } })
  expect(await sync({ from, to: to.registry })).toMatchObject({ versions: { sent: 1 }, runs: { sent: 2, present: 0 } })
  const logged = await collect(to.registry.runVersions({ ...project, run: "again" }, "logged"))
  expect(logged.map((member) => member.version.digest)).toEqual([version.digest])
  expect((await collect(to.registry.runs(project))).map(({ run }) => run)).toEqual(["again", "first"])
  to.calls.length = 0
  expect(await sync({ from, to: to.registry })).toMatchObject({ versions: { sent: 0 }, runs: { sent: 0, present: 2 } })
  expect(to.calls).toEqual([])
})

test.each([
  ["one", ["again"]],
  ["several", ["again", "once more", "and again"]],
])("what %s logged again leaves `latest` at a newer version of the target's own", async (_, runs) => {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  await from.upsertRun({ ...project, run: "first" })
  await log(from, "zoo", { a: "1" }, { run: { ...project, run: "first" } })
  await log(from, "zoo", { a: "2" }, { run: { ...project, run: "first" } })
  await sync({ from, to })
  const own = await log(to, "zoo", { own: "own" })
  for (const run of runs) {
    await from.upsertRun({ ...project, run })
    await log(from, "zoo", { a: "1" }, { run: { ...project, run } })
  }
  await sync({ from, to })
  expect((await to.findVersion(zoo))?.version.id).toBe(own.version.id)
  const logged = await collect(to.runVersions({ ...project, run: "again" }, "logged"))
  expect(logged.map(({ index }) => index)).toEqual([0])
})

test("what only the target has stays, and what changed at the source follows", async () => {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  const first = await log(from, "zoo", { a: "1" }, { aliases: ["best", "old"], tags: ["x"], description: "from" })
  await sync({ from, to })
  const own = await log(to, "zoo", { own: "own" }, { aliases: ["mine"], description: "own", tags: ["t"] })
  await to.addAliases({ ...zoo, index: 0 }, ["kept"])
  await to.updateVersion((await to.findVersion({ ...zoo, alias: "v0" }))!.version.id, { addTags: ["theirs"] })
  await to.updateCollection(zoo, { description: "described there", addTags: ["there"] })

  expect((await sync({ from, to })).versions).toEqual({ sent: 0, present: 1, failed: 0 })
  expect((await to.findVersion(zoo))?.version.id).toBe(own.version.id)

  await new Promise((resolve) => setTimeout(resolve, 5))
  await from.updateVersion(first.version.id, { description: "edited", metadata: { a: 1 }, addTags: ["y"], ttl: 3600 })
  await log(from, "zoo", { a: "2" }, { aliases: ["best"] })
  await sync({ from, to })
  const versions = (await collect(to.versions(zoo))).reverse()
  expect(versions.map(({ aliases }) => [...aliases].sort())).toEqual([["kept", "old"], ["mine"], ["best", "latest"]])
  expect(versions[1]!.version).toEqual(own.version)
  expect(versions[0]!.version).toMatchObject({ description: "edited", metadata: { a: 1 }, tags: ["x", "theirs", "y"], ttl: 3600 })
  expect(await to.getCollection(zoo)).toMatchObject({ description: "described there", tags: ["there"] })
  // Changed there later: the source's older words do not come back.
  await new Promise((resolve) => setTimeout(resolve, 5))
  await to.updateVersion(versions[0]!.version.id, { description: "last word" })
  await sync({ from, to })
  expect((await to.findVersion({ ...zoo, alias: "v0" }))?.version.description).toBe("last word")
})

test("what changed at the source follows also after the target was swept", async () => {
  let time = Date.UTC(2026, 0, 1)
  const now = () => time
  const [from, to] = [memoryRegistry(now), memoryRegistry(now)]
  const { version } = await log(from, "zoo", { a: "1" })
  await sync({ from, to })
  time += 25 * 3_600_000
  await to.gc()
  await from.updateVersion(version.id, { description: "edited", addTags: ["y"] })
  await sync({ from, to })
  expect((await to.findVersion(zoo))?.version).toMatchObject({ description: "edited", tags: ["y"] })
})

test("the same content logged at the target by somebody else is the same version, and only its aliases change", async () => {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  await log(from, "zoo", { a: "1" }, { aliases: ["best"], tags: ["x"], description: "from" })
  const there = await log(to, "zoo", { a: "1" }, { description: "there" })
  const report = await sync({ from, to })
  expect(report).toMatchObject({ versions: { sent: 0, present: 1 }, bytes: 0 })
  const now = await to.findVersion(zoo)
  expect(now?.version).toEqual(there.version)
  expect([...now!.aliases].sort()).toEqual(["best", "latest"])
})

test("a place gets another name, a part is chosen, and what a part needs can be there already", async () => {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  await furnish(from)
  const other = { entity: "team", project: "elsewhere" }
  const into = { ...other }
  const options = { from, to, ...project, into }
  await expect(sync({ from, to, into })).rejects.toMatchObject({ details: { argument: "options.entity" } })

  const alone = await sync({ ...options, match: /^ark$/ })
  expect(alone).toMatchObject({ versions: { sent: 0, failed: 1 }, collections: 1, bytes: 0 })
  expect(alone.failures).toMatchObject([{ path: "local/birds/ark:v0", error: { code: "ENTRY_NOT_FOUND" } }])
  expect(alone.failures[0]!.error.message).toContain("local/birds/zoo:v1")
  expect(await collect(to.collections(other, undefined))).toEqual([])

  expect(await sync({ ...options, match: (name) => name === "zoo" })).toMatchObject({ versions: { sent: 3, failed: 0 } })
  expect(await sync({ ...options, match: /^ark$/ })).toMatchObject({ versions: { sent: 1, failed: 0 } })
  expect(await sync(options)).toMatchObject({ versions: { sent: 0, present: 4 }, links: { sent: 2 } })
  const renamed = JSON.parse(
    JSON.stringify(await see(from))
      .replaceAll('"local', '"team')
      .replaceAll("/birds/", "/elsewhere/")
      .replaceAll('"birds"', '"elsewhere"'),
  )
  expect(await see(to)).toEqual(renamed)
  expect(await collect(to.collections(project, undefined))).toEqual([])
})

test("an algorithm that nobody knows means MD5, as wherever files are read; one that is not MD5 is named", async () => {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  await log(from, "zoo", { a: "1" }, { extra: { alg: "MD5" } })
  expect(await sync({ from, to })).toMatchObject({ versions: { sent: 1, failed: 0 } })
  await log(from, "zoo", { b: "2" }, { extra: { alg: "XXH128" } })
  const { failures } = await sync({ from, to })
  expect(failures.map(({ error }) => error.message)).toEqual([
    expect.stringContaining('"b" is stored under another digest than MD5'),
  ])
})

test("a damaged file costs its version, by name, and nothing else", async () => {
  const stores = memoryStores()
  const from = createEmbeddedRegistry(stores)
  await log(from, "zoo", { good: "1" })
  await log(from, "zoo", { good: "1", bad: "rotten" })
  await log(from, "zoo", { good: "2" })
  await stores.blobs.delete(md5Of("rotten"))
  for (const remote of [false, true]) {
    const to = { ...memoryRegistry(), remote }
    const report = await sync({ from, to })
    expect(report).toMatchObject({ versions: { sent: 2, failed: 1 }, failures: [{ path: "local/birds/zoo:v1" }] })
    expect((await collect(to.versions(zoo))).map(({ index }) => index)).toEqual([1, 0])
  }
})

test("a wrong byte on the way to a registry that does not look is caught", async () => {
  const from = memoryRegistry()
  await log(from, "zoo", { small: "small", large: "x".repeat(2_000_000) })
  const lying = (path: string) => ({
    ...from,
    openFile: async (...args: Parameters<typeof from.openFile>) => {
      const content = await from.openFile(...args)
      return args[1].path === path ? textContent(`y${"x".repeat((args[1].size ?? 1) - 1)}`) : content
    },
  })
  for (const path of ["small", "large"]) {
    const to = memoryRegistry()
    const trusting = {
      ...to,
      remote: true,
      requestUploads: async (...args: Parameters<typeof to.requestUploads>) =>
        (await to.requestUploads(...args)).map((ticket) => ({
          ...ticket,
          put: async (content: Content) => {
            await new Response(content.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).bytes().catch(() => {
              throw new Error("the request failed")
            })
          },
        })),
    }
    const report = await sync({ from: lying(path), to: trusting })
    expect(report.failures, path).toMatchObject([{ error: { code: "DIGEST_MISMATCH", details: { path } } }])
    expect(await to.findVersion(zoo)).toBeUndefined()
  }
})

test("references that lead nowhere, or round in circles, are named", async () => {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  const gone = await log(from, "gone", { a: "1" })
  await log(from, "zoo", { own: "own" }, { references: { lost: [gone.version.id, "a"] } })
  await log(from, "zoo", { fine: "fine" })
  await from.deleteVersion(gone.version.id, { deleteAliases: true })
  const loop = {
    ...from,
    getManifest: async (id: string) => {
      const manifest = Manifest.decode(await from.getManifest(id))
      manifest.add({ path: "loop", ref: artifactRefUrl(id, "loop"), digest: "x" })
      return manifest.encode()
    },
  }
  const report = await sync({ from, to })
  expect(report).toMatchObject({ versions: { sent: 1, failed: 1 }, failures: [{ path: "local/birds/zoo:v0" }] })
  expect(report.failures[0]!.error.message).toContain('"lost"')
  expect((await sync({ from: loop, to: memoryRegistry() })).versions).toEqual({ sent: 0, present: 0, failed: 2 })
})

test("options that cannot work are refused by name", async () => {
  const registry = memoryRegistry()
  await expect(sync({ from: registry, to: registry })).rejects.toMatchObject({ details: { argument: "options.to" } })
  await expect(sync({ from: registry } as never)).rejects.toMatchObject({ details: { argument: "options.to" } })
  const options = { from: registry, to: memoryRegistry() }
  await expect(sync({ ...options, concurrency: 0 })).rejects.toMatchObject({ details: { argument: "options.concurrency" } })
  await expect(sync({ ...options, match: "zoo" } as never)).rejects.toMatchObject({ details: { argument: "options.match" } })
  await expect(sync({ ...options, signal: AbortSignal.abort("stop") })).rejects.toBe("stop")
})

test("at most `concurrency` files are under way, and progress tells of each", async () => {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}`, `content ${at}`]))
  await log(from, "zoo", files)
  let now = 0
  let most = 0
  const slow = watched(to, async (call, when) => {
    if (call !== "put") return
    now += when === "before" ? 1 : -1
    most = Math.max(most, now)
    await new Promise((resolve) => setTimeout(resolve, 1))
  })
  const done: string[] = []
  await sync({ from, to: slow, concurrency: 3, onProgress: ({ path, fileDone }) => fileDone && done.push(path) })
  expect(most).toBe(3)
  expect(done.sort()).toEqual([...Object.keys(files), "zoo:v0"].sort())
})
