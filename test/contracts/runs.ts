/** What every {@link Registry} keeps of runs, a part of its contract. */
import { describe, expect, test } from "vitest"
import type { Registry } from "../../src/ports.ts"
import { project } from "../registry/publish.ts"

const run = { ...project, run: "r1" }
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
  })
}
