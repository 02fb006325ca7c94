/** A tab that is closed, crashes, or loses its browser while it logs: what is there afterwards is whole, and the rest is sent again. */
import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { openSite, type Site } from "./site.ts"

declare const isofact: typeof import("./library.ts")

const FILES = 63
const LARGE_FILES = 3
const ROUNDS = 16

const ends: Record<string, (page: Page, site: Site) => Promise<unknown>> = {
  closed: (page) => page.close(),
  async crashed(page) {
    const crashed = page.waitForEvent("crash")
    const session = await page.context().newCDPSession(page)
    session.send("Page.crash").catch(() => undefined)
    await crashed
    await page.close()
  },
  "without its browser": (_, site) => site.kill(),
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Hashes the tree of `seed`, and logs it; only the hashing is waited for. */
const startLog = (page: Page, seed: number) =>
  page.evaluate(async (seed) => {
    const draft = await isofact.draftOf("tree", isofact.treeOf(seed))
    const told = Object.assign(globalThis, { stored: 0 })
    isofact.logDraft(draft, (count) => (told.stored = count)).catch(() => undefined)
  }, seed)

/** In the middle of storing. */
const whenStored = (page: Page, count: number) =>
  page.waitForFunction((count) => (globalThis as unknown as { stored: number }).stored >= count, count, { polling: 2 })

/** What a new tab finds, and what it does when it logs the same files again. */
const recover = (page: Page, seed: number) =>
  page.evaluate(async (seed) => {
    const { draftOf, filesIn, logDraft, treeOf } = isofact
    const versions = await isofact.verifyVersions("tree", 2)
    const temporary = (await filesIn("tmp")).length
    const stored = await isofact.storedDigests()
    const draft = await draftOf("tree", treeOf(seed))
    const missing = Array.from(draft.manifest.entries.values()).filter(({ digest }) => !stored.includes(digest))
    const missingBytes = missing.reduce((sum, { size }) => sum + size!, 0)
    const again = await logDraft(draft)
    await isofact.platform.registry().gc()
    return {
      found: { versions: versions.length, files: versions.slice(-2).map(({ files }) => files), temporary },
      missing: { stored: missing.length, storedBytes: missingBytes },
      again,
      after: { versions: await isofact.verifyVersions("tree", 1), temporary: await filesIn("tmp"), large: await filesIn("blobs") },
    }
  }, seed)

test("whatever ends a tab and whenever, versions are whole and logging again sends only what is missing", {
  timeout: 120_000,
}, async () => {
  await using site = await openSite()
  const first = await site.open()
  const tookMs = await first.evaluate(async () => {
    const draft = await isofact.draftOf("tree", isofact.treeOf(0))
    const begun = performance.now()
    await isofact.logDraft(draft)
    return performance.now() - begun
  })

  let page = first
  let inTheMiddle = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const how = round === ROUNDS / 2 ? "without its browser" : round % 2 === 0 ? "closed" : "crashed"
    const moment = ((round - Math.random()) / ROUNDS) * tookMs
    const count = round % 4 < 2 ? undefined : 1 + Math.floor(Math.random() * (FILES - 1))
    const about = `${how} after ${count === undefined ? `${Math.round(moment)} of ${Math.round(tookMs)} ms` : `${count} files`}`
    await startLog(page, round)
    await (count === undefined ? rest(moment) : whenStored(page, count))
    await ends[how]!(page, site)
    page = await site.open()
    const { found, missing, again, after } = await recover(page, round)

    expect([round, round + 1], about).toContain(found.versions)
    expect(new Set(found.files), about).toEqual(new Set([FILES]))
    expect(again, about).toMatchObject({ version: `v${round}`, ...missing })
    if (found.versions > round) expect(missing.stored, about).toBe(0)
    expect(after.versions, about).toHaveLength(round + 1)
    expect(after.versions.at(-1)!.files, about).toBe(FILES)
    expect(after.temporary, about).toEqual([])
    // Nothing that is half written has got a name.
    expect(after.large, about).toHaveLength(LARGE_FILES * (round + 1))
    if (missing.stored > 0 && missing.stored < FILES) inTheMiddle++
  }
  // The moments were well chosen.
  expect(inTheMiddle).toBeGreaterThan(0)
  const versions = await page.evaluate(() => isofact.verifyVersions("tree"))
  expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: ROUNDS + 1 }, (_, index) => `v${index}`))
})
