/** Times that other machines wrote, and times that readers see. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { md5Of, newVersion, publish, readWhole, textContent, upload } from "./publish.ts"
import { memoryStores, type Stores } from "./stores.ts"

const hour = 3_600_000

describe("a lease that was written under a clock hours ahead", () => {
  // Modules load in real time, which nobody can advance.
  beforeAll(() => import("../../src/registry/more.ts"))
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const lease = ({ records }: Stores, owner: string) => records.put("locks/gc", { owner, until: Date.now() + 9 * hour }, null)

  const settled = (work: Promise<unknown>) => {
    const state = { done: false }
    const end = () => {
      state.done = true
    }
    work.then(end, end)
    return state
  }

  test("by a collector that died holds commits up for seconds", async () => {
    const stores = memoryStores()
    await lease(stores, "dead")
    const registry = createEmbeddedRegistry(stores)
    const publishing = publish(registry, { a: "1" })
    const state = settled(publishing)
    await vi.advanceTimersByTimeAsync(14_000)
    expect(state.done).toBe(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(state.done).toBe(true)
    expect(await readWhole(registry, await publishing)).toEqual({ a: "1" })
  })

  test("and other collectors as long", async () => {
    const stores = memoryStores()
    await lease(stores, "dead")
    const collecting = createEmbeddedRegistry(stores)
    await stores.blobs.put(md5Of("garbage"), textContent("garbage"))
    const result = collecting.gc({ graceMs: 0 })
    const state = settled(result)
    await vi.advanceTimersByTimeAsync(14_000)
    expect(state.done).toBe(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await result).toMatchObject({ blobsDeleted: 1 })
  })

  test("by a collector that lives is respected", async () => {
    const stores = memoryStores()
    await lease(stores, "ahead")
    const prolong = setInterval(async () => {
      const { etag } = (await stores.records.get("locks/gc"))!
      await stores.records.put("locks/gc", { owner: "ahead", until: Date.now() + 9 * hour }, etag)
    }, 5_000)
    const registry = createEmbeddedRegistry(stores)
    await stores.blobs.put(md5Of("garbage"), textContent("garbage"))
    const refused = expect(registry.gc({ graceMs: 0 })).rejects.toMatchObject({ code: "CONFLICT" })
    const publishing = publish(registry, { a: "1" })
    const state = settled(publishing)
    await vi.advanceTimersByTimeAsync(60_000)
    await refused
    expect(state.done).toBe(false)
    clearInterval(prolong)
    const { etag } = (await stores.records.get("locks/gc"))!
    await stores.records.delete("locks/gc", etag)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await publishing).toMatchObject({ index: 0 })
  })
})

describe("updatedAt", () => {
  function ticking() {
    let time = Date.UTC(2026, 0, 1)
    const registry = createEmbeddedRegistry({ ...memoryStores(), now: () => ++time })
    return { registry, setBack: (ms: number) => (time -= ms) }
  }

  test("is null for a version that was never edited, however long its upload took", async () => {
    const { registry } = ticking()
    const { version } = await publish(registry, { a: "1" }, { tags: ["x"], aliases: ["best"] })
    expect(version.updatedAt).toBeNull()
    expect((await registry.getVersion(version.id))!.updatedAt).toBeNull()
    const again = await publish(registry, { a: "1" }, { tags: ["x"], aliases: ["other"] })
    expect(again.version).toMatchObject({ id: version.id, updatedAt: null })
  })

  test("is null also for what was edited only while it was pending", async () => {
    const { registry } = ticking()
    const { id } = await registry.createVersion(newVersion({ a: "1" }))
    await registry.updateVersion(id, { description: "d" })
    await upload(registry, id, { a: "1" })
    expect((await registry.commitVersion(id)).version).toMatchObject({ description: "d", updatedAt: null })
  })

  test("is when it was edited, or tagged by logging it again", async () => {
    const { registry } = ticking()
    const { version } = await publish(registry, { a: "1" })
    const edited = await registry.updateVersion(version.id, { description: "d" })
    expect(edited.updatedAt! > edited.createdAt).toBe(true)
    const tagged = await publish(registry, { a: "1" }, { tags: ["x"] })
    expect(tagged.version.updatedAt! > edited.updatedAt!).toBe(true)
  })

  test("is not before createdAt, whatever the editor's clock says", async () => {
    const { registry, setBack } = ticking()
    const { version } = await publish(registry, { a: "1" })
    setBack(hour)
    const edited = await registry.updateVersion(version.id, { description: "d" })
    expect(edited.updatedAt).toBe(version.createdAt)
  })
})
