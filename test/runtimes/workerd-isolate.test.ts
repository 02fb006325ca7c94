/** An isolate that ends in the middle of logging. */
import { expect, test } from "vitest"
import { makeBucketFolder } from "./bucket-folder.ts"
import { openIsolate } from "./workerd-isolate.ts"

const FILES = 43
const ROUNDS = 6

test("an isolate that ends while it logs leaves no half version, and the next one sends the rest", {
  timeout: 120_000,
}, async () => {
  const folder = await makeBucketFolder()
  let tookMs = 0
  {
    await using isolate = await openIsolate(folder)
    const begun = performance.now()
    expect(await isolate.ask("log", { seed: 0 })).toMatchObject({ version: "v0", stored: FILES })
    tookMs = performance.now() - begun
  }
  // A manifest names the version that brings each file, so one that was stored by an isolate that ended stays for the garbage collection.
  let orphans = 0
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
    const known = found.blobs.length - orphans - round * (FILES + 1)
    expect(again.stored).toBe(Math.max(FILES - known, 0))
    const after = await next.ask("check", { newest: 1 })
    expect(after.versions).toHaveLength(round + 1)
    expect(after.versions.at(-1).files).toBe(FILES)
    const others = after.blobs.length - (round + 1) * (FILES + 1)
    expect([orphans, orphans + 1]).toContain(others)
    orphans = others
  }
  await using last = await openIsolate(folder)
  expect(await last.ask("fsck")).toEqual({ corrupt: [], damaged: [] })
})
