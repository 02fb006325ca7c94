/** An isolate that ends in the middle of logging, and one that handles more than it could hold. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { measurePeak, openIsolate } from "./workerd-isolate.ts"

const FILES = 43
const ROUNDS = 6

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isofact-bucket-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

test("an isolate that ends while it logs leaves no half version, and the next one sends the rest", {
  timeout: 120_000,
}, async () => {
  const folder = await makeFolder()
  let tookMs = 0
  {
    await using isolate = await openIsolate(folder)
    const begun = performance.now()
    expect(await isolate.ask("log", { seed: 0 })).toMatchObject({ version: "v0", stored: FILES })
    tookMs = performance.now() - begun
  }
  for (let round = 1; round <= ROUNDS; round++) {
    const isolate = await openIsolate(folder)
    const cutOff = isolate.ask("log", { seed: round }).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, ((round - Math.random()) / ROUNDS) * tookMs))
    await isolate[Symbol.asyncDispose]()
    await cutOff

    await using next = await openIsolate(folder)
    const found = await next.ask("check", { newest: 2 })
    expect([round, round + 1]).toContain(found.versions.length)
    for (const { files } of found.versions.slice(-2)) expect(files).toBe(FILES)
    const again = await next.ask("log", { seed: round })
    expect(again.version).toBe(`v${round}`)
    // Each version is its files and its manifest, all of them of its own.
    const known = found.blobs.length - round * (FILES + 1)
    expect(again.stored).toBe(Math.max(FILES - known, 0))
    const after = await next.ask("check", { newest: 1 })
    expect(after.versions).toHaveLength(round + 1)
    expect(after.versions.at(-1).files).toBe(FILES)
    expect(after.blobs).toHaveLength((round + 1) * (FILES + 1))
  }
  await using last = await openIsolate(folder)
  expect(await last.ask("fsck")).toEqual({ corrupt: [], damaged: [] })
})

test("a stream of 128 MiB goes into the bucket and comes back through an isolate that holds less than 100", {
  timeout: 120_000,
}, async () => {
  const size = 128 * 2 ** 20
  await using isolate = await openIsolate(await makeFolder())
  for (const action of ["write", "read"]) {
    const peak = await measurePeak(isolate, () => isolate.ask(action, { size }))
    expect(peak.peakMiB, action).toBeLessThan(100)
  }
  expect(await isolate.ask("read")).toEqual({ bytes: size })
})
