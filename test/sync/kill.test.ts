/** A sync whose process is killed, again and again, and then let be. */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { createNodePlatform } from "../../src/doors/node.ts"
import { sync } from "../../src/sync/sync.ts"
import { lookAt } from "../leaks.ts"
import { project } from "../registry/publish.ts"
import { counted, furnish, log, see } from "./world.ts"

const child = join(import.meta.dirname, "child-sync.ts")

test("killed at twelve moments, the target is whole after each, and complete after the next sync", {
  timeout: 120_000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), "isofact-sync-"))
  const places = { from: join(dir, "from"), to: join(dir, "to") }
  try {
    const from = createNodePlatform().registry({ dir: places.from })
    await furnish(from)
    for (let at = 0; at < 40; at++)
      await log(from, "many", { [`f${at}`]: String(at).repeat(10_000), same: "same" }, { aliases: [`a${at}`] })
    const whole = await see(from)
    let seenVersions = 0
    for (let round = 0; round < 12; round++) {
      await killed(places, round * 25)
      // Reading every file proves that what can be seen is whole.
      const versions = (await see(createNodePlatform().registry({ dir: places.to }))).flatMap((collection) => collection.versions)
      expect(versions.length).toBeGreaterThanOrEqual(seenVersions)
      seenVersions = versions.length
    }
    const { registry, calls } = counted(createNodePlatform().registry({ dir: places.to }))
    await sync({ from, to: registry })
    expect(await see(registry)).toEqual(whole)
    calls.length = 0
    await sync({ from, to: registry })
    expect(calls).toEqual([])
    expect((await registry.findVersion({ ...project, collection: "many" }))?.index).toBe(39)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})

/** Killed so long after it has begun. */
function killed({ from, to }: { from: string; to: string }, delayMs: number): Promise<void> {
  const process_ = spawn(process.execPath, ["--conditions=isofact-source", child, from, to], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  for (const stream of [process_.stdout, process_.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text))
  process_.stdout.once("data", () => setTimeout(() => process_.kill("SIGKILL"), delayMs))
  return new Promise((resolve) =>
    process_.on("close", () => {
      lookAt(said, "child-sync.ts")
      resolve()
    }),
  )
}
