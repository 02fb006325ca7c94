/** What every {@link Registry} keeps of runs, a part of its contract. */
import { describe, expect, test } from "vitest"
import type { Membership, Registry } from "../../src/ports.ts"
import { collect, field, newVersion, project, publish } from "../registry/publish.ts"

const run = { ...project, run: "r1" }
const other = { ...project, run: "r2" }
const failure = (code: string) => expect.objectContaining({ code })

export function runsContract(name: string, create: () => Promise<Registry>): void {
  describe(`${name}: runs`, () => {
    test("tags are any text of 1 to 64 characters", async () => {
      const registry = await create()
      const tags = ["v1.0", "lr=0.1", "a/b", "exp:a", "C++", "🎈".repeat(64)]
      await registry.upsertRun({ ...run, tags })
      expect((await registry.getRun(run))?.tags).toEqual(tags)
      for (const tag of ["", "x".repeat(65), "a\0"])
        await expect(registry.upsertRun({ ...run, tags: [tag] })).rejects.toEqual(failure("INVALID_ARGUMENT"))
    })

    test("a config given as text comes back as it was sent", async () => {
      const registry = await create()
      const config = '{"z":1795910371339000123,"10":{"value":1.0},"2":["é",1e3]}'
      await registry.upsertRun({ ...run, config })
      await registry.upsertRun({ ...run, notes: "n" })
      await registry.finishRun(run, 0)
      expect(await registry.getRun(run)).toMatchObject({ config: JSON.parse(config), configText: config })
      await registry.upsertRun({ ...run, config: '{ "a" : [ 1 ] }' })
      const { config: changed, configText } = (await registry.getRun(run))!
      expect([changed, configText]).toEqual([{ a: [1] }, undefined])
      await expect(registry.upsertRun({ ...run, config: "[]" })).rejects.toEqual(failure("INVALID_ARGUMENT"))
    })

    test("a summary and a description are kept, and of a large summary the smaller members", async () => {
      const registry = await create()
      const summary = '{"acc":1.0,"_step":1795910371339000123,"table":{"n":[1,2]}}'
      await registry.upsertRun({ ...run, summary, description: "d" })
      await registry.upsertRun({ ...run, notes: "n" })
      const found = await registry.getRun(run)
      expect(found).toMatchObject({ summary: JSON.parse(summary), summaryText: summary, description: "d" })
      await registry.upsertRun({ ...run, summary: { big: "x".repeat(70_000), a: 1, '"': "y".repeat(60_000), _step: 2 } })
      expect(await registry.getRun(run)).toMatchObject({ summary: { a: 1, '"': "y".repeat(60_000), _step: 2 } })
      expect((await registry.getRun(run))?.summary).not.toHaveProperty("big")
      await expect(registry.upsertRun({ ...run, summary: "[1]" })).rejects.toEqual(failure("INVALID_ARGUMENT"))
    })

    test("a run that is edited goes on, or has ended, as before", async () => {
      const registry = await create()
      await expect(registry.updateRun(run, { notes: "n" })).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      const { id } = await registry.upsertRun({ ...run, tags: ["t"], config: { lr: 0.1 } })
      expect(await registry.updateRun(run, { notes: "n" })).toMatchObject({ ...run, id, state: "running", notes: "n" })
      await registry.finishRun(run, 1)
      const changes = { displayName: "swift", summary: { acc: 1 }, description: "d", config: { lr: 0.2 }, tags: [] }
      const edited = await registry.updateRun(run, changes)
      expect(edited).toMatchObject({ ...changes, id, state: "failed", notes: "n" })
      expect(await registry.getRun(run)).toEqual(edited)
      await expect(registry.updateRun(run, { tags: [""] })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      expect((await registry.upsertRun(run)).state).toBe("running")
    })

    test("a heartbeat brings a summary, and how long the history is", async () => {
      const registry = await create()
      await expect(registry.heartbeat(run, {})).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      await registry.upsertRun({ ...run, tags: ["t"] })
      expect((await registry.getRun(run))?.heartbeatAt ?? null).toBeNull()
      await registry.heartbeat(run, {})
      const lines = ['{"_step":0,"acc":NaN}', '{"_step":7,"acc":1.0}']
      await registry.heartbeat(run, { history: { offset: 0, lines }, summary: '{"_step":7,"acc":1.0}' })
      const found = await registry.getRun(run)
      expect(found).toMatchObject({ state: "running", historyLineCount: 2, summary: { _step: 7, acc: 1 }, tags: ["t"] })
      expect(Date.parse(found!.heartbeatAt!)).toBeGreaterThan(0)
      await registry.heartbeat(run, { history: { offset: 0, lines: lines.slice(0, 1) } })
      await registry.heartbeat(run, { history: { offset: 2 ** 31, lines } })
      await registry.heartbeat(run, { history: { offset: 2, lines: ["not JSON"] } })
      expect(await registry.getRun(run)).toMatchObject({ historyLineCount: 3, summary: { _step: 7 } })
      await registry.finishRun(run, 0)
      await registry.heartbeat(run, { summary: '{"late":1}' })
      expect(await registry.getRun(run)).toMatchObject({ state: "finished", summary: { late: 1 } })
    })

    test("a run that is deleted is forgotten, also when there is another of its name, and what it logged stays", async () => {
      const registry = await create()
      await registry.upsertRun(run)
      await registry.upsertRun(other)
      const logged = await publish(registry, { a: "1" }, { run })
      const used = await publish(registry, { b: "2" }, { collection: "out" })
      for (const user of [run, other]) await registry.useVersion(placeOf(used), user)
      await registry.deleteRun(run)
      await expect(registry.deleteRun(run)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      await expect(registry.heartbeat(run, {})).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      for (const isAnother of [false, true]) {
        if (isAnother) await registry.upsertRun(run)
        expect(await registry.loggedBy(logged.version.id)).toBeUndefined()
        expect(await registry.usedBy(used.version.id)).toMatchObject([{ run: "r2" }])
        for (const direction of ["logged", "used"] as const) expect(await collect(registry.runVersions(run, direction))).toEqual([])
        expect((await collect(registry.runs(project))).map((found) => found.run)).toEqual(isAnother ? ["r1", "r2"] : ["r2"])
      }
      expect(await registry.findVersion(field)).toMatchObject({ index: 0, aliases: ["latest"] })
    })

    test("what a run logged goes with it when asked, unless another run logged or used it", async () => {
      const registry = await create()
      for (const each of [run, other]) await registry.upsertRun(each)
      const own = await publish(registry, { own: "1" }, { run, aliases: ["best"] })
      await registry.link(own.version.id, { ...project, collection: "shelf" }, ["prod"])
      await registry.useVersion(placeOf(own), run)
      const used = await publish(registry, { used: "1" }, { run })
      await registry.useVersion(placeOf(used), other)
      await publish(registry, { again: "1" }, { run })
      await publish(registry, { again: "1" }, { run: other })
      await publish(registry, { theirs: "1" }, { run: other })
      await publish(registry, { theirs: "1" }, { run })
      const pending = await registry.createVersion(newVersion({ pending: "1" }, { run }))
      await registry.deleteRun(run, { deleteVersions: true })
      expect((await collect(registry.versions(field))).map(({ index }) => index)).toEqual([3, 2, 1])
      expect(await collect(registry.versions({ ...project, collection: "shelf" }))).toEqual([])
      for (const { id } of [own.version, pending]) expect((await registry.getVersion(id))?.state).toBe("DELETED")
      expect(await registry.loggedBy(used.version.id)).toBeUndefined()
      expect(await registry.usedBy(used.version.id)).toMatchObject([{ run: "r2" }])
      expect((await collect(registry.runVersions(other, "logged"))).map(({ index }) => index).sort()).toEqual([2, 3])
    })
  })
}

const placeOf = ({ collection, index, version }: Membership) => ({ ...collection, index, id: version.id })
