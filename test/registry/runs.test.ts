import { describe, expect, test } from "vitest"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { collect, project, publish } from "./publish.ts"
import { gatedStores, memoryStores } from "./stores.ts"

const run = { ...project, run: "r1" }
const minute = 60_000

function timed() {
  const clock = { at: Date.parse("2026-11-29T00:00:00Z") }
  const writes: string[] = []
  const stores = gatedStores(memoryStores(), (when, operation) => {
    if (when === "after" && operation === "records.put") writes.push(operation)
  })
  const registry = createEmbeddedRegistry({ ...stores, now: () => clock.at })
  const stateAfter = async (minutes: number) => {
    clock.at += minutes * minute
    return (await registry.getRun(run))?.state
  }
  return { clock, writes, registry, stateAfter }
}

describe("a heartbeat", () => {
  test("that stops is a crash, which ends with the next one", async () => {
    const { registry, stateAfter } = timed()
    await registry.upsertRun(run)
    expect(await stateAfter(1000)).toBe("running")
    await registry.heartbeat(run, {})
    expect(await stateAfter(10)).toBe("running")
    expect(await stateAfter(1)).toBe("crashed")
    expect(await collect(registry.runs(project))).toMatchObject([{ state: "crashed" }])
    await registry.heartbeat(run, {})
    expect(await stateAfter(0)).toBe("running")
    await registry.finishRun(run, 0)
    expect(await stateAfter(1000)).toBe("finished")
  })

  test("is waited for anew when a run starts again, and not when it is edited", async () => {
    const { registry, stateAfter } = timed()
    await registry.upsertRun(run)
    await registry.heartbeat(run, {})
    await stateAfter(11)
    expect(await registry.updateRun(run, { notes: "n" })).toMatchObject({ state: "crashed" })
    expect(await registry.upsertRun({ ...run, notes: "again" })).toMatchObject({ state: "running", heartbeatAt: null })
    expect(await stateAfter(11)).toBe("running")
    await registry.heartbeat(run, {})
    await registry.upsertRun({ ...run, notes: "more" })
    expect(await stateAfter(11)).toBe("crashed")
  })

  test("that brings nothing new is noted once a minute", async () => {
    const { registry, clock, writes } = timed()
    await registry.upsertRun(run)
    writes.length = 0
    for (let count = 0; count < 10; count++) {
      await registry.heartbeat(run, {})
      clock.at += minute / 4
    }
    expect(writes).toHaveLength(3)
    await registry.heartbeat(run, { history: { offset: 0, lines: ['{"_step":3}'] } })
    await registry.heartbeat(run, { history: { offset: 0, lines: ['{"_step":3}'] } })
    await registry.heartbeat(run, { summary: '{"_step":3}' })
    expect(writes).toHaveLength(5)
    expect(await registry.getRun(run)).toMatchObject({ historyLineCount: 1, lastStep: 3, summary: { _step: 3 } })
  })
})

test("a deletion that was cut off anywhere leaves nothing wrong, and is completed by asking for it again", async () => {
  const failsAt = async (limit: number) => {
    const stores = memoryStores()
    const registry = createEmbeddedRegistry(stores)
    await registry.upsertRun(run)
    const logged = await publish(registry, { a: "1" }, { run })
    const used = await publish(registry, { b: "1" })
    await registry.useVersion({ ...used.collection, index: used.index, id: used.version.id }, run)
    let puts = 0
    const gate = (when: "before" | "after", operation: string) => {
      if (when === "before" && /put|delete/.test(operation) && ++puts >= limit) throw new Error("cut off")
    }
    const failing = createEmbeddedRegistry(gatedStores(stores, gate))
    const isCut = await failing.deleteRun(run, { deleteVersions: true }).then(
      () => false,
      () => true,
    )
    if (isCut) await registry.deleteRun(run, { deleteVersions: true })
    await registry.upsertRun(run)
    expect((await registry.getVersion(logged.version.id))?.state, `step ${limit}`).toBe("DELETED")
    expect(await registry.usedBy(used.version.id), `step ${limit}`).toEqual([])
    for (const direction of ["logged", "used"] as const)
      expect(await collect(registry.runVersions(run, direction)), `step ${limit}`).toEqual([])
    return isCut
  }
  let limit = 1
  while (await failsAt(limit)) limit++
  expect(limit).toBeGreaterThan(6)
})
