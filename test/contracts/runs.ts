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
  })
}
