/** Logging that is cut off by a reload, by the end of the room, or by a browser that evicts: it goes on from what is there. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { describe, expect, onTestFinished, test } from "vitest"
import { openSite, type Site } from "./site.ts"

declare const isofact: typeof import("./library.ts")

/** In the page, while it logs. */
declare const told: { stored: number }

const timeout = 60_000

async function newSite(): Promise<Site> {
  const site = await openSite()
  onTestFinished(() => site[Symbol.asyncDispose]())
  return site
}

/** Files on this machine, each with content of its own. */
async function makeFolder(count: number): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), "isofact-files-"))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const folder = join(parent, "picked")
  for (let at = 0; at < count; at++) {
    if (at % 200 === 0) await mkdir(join(folder, `d${at / 200}`), { recursive: true })
    await writeFile(join(folder, `d${Math.floor(at / 200)}`, `f${at}.txt`), `file ${at}\n`.repeat(at % 100))
  }
  return folder
}

/** Logs what the user has picked; `told.stored` counts. */
const logPicked = (page: Page) =>
  page.evaluate(() => {
    const told = Object.assign(globalThis, { told: { stored: 0 } }).told
    const { files } = document.querySelector<HTMLInputElement>("#folder")!
    return isofact.log("picked", files!, (count) => (told.stored = count))
  })

test("a page that is reloaded in the middle of 2,000 files stores none of them twice", { timeout }, async () => {
  const count = 2000
  const [site, folder] = await Promise.all([newSite(), makeFolder(count)])
  const page = await site.open()
  await page.setInputFiles("#folder", folder)
  const cutOff = logPicked(page).then(
    () => "ended",
    () => "cut off",
  )
  await page.waitForFunction(() => "told" in globalThis && told.stored >= 700, undefined, { polling: 5 })
  await page.reload()
  expect(await cutOff).toBe("cut off")
  await page.waitForFunction(() => "isofact" in globalThis)

  const before = await page.evaluate(async () => ({
    versions: await isofact.verifyVersions("picked"),
    stored: (await isofact.storedDigests()).length,
  }))
  expect(before.versions).toEqual([])
  expect(before.stored).toBeGreaterThanOrEqual(700)
  expect(before.stored).toBeLessThan(count)

  await page.setInputFiles("#folder", folder)
  const again = await logPicked(page)
  // One in a hundred files is empty, and stored once.
  const different = count - count / 100 + 1
  expect(again).toMatchObject({ version: "v0", stored: different - before.stored })
  expect(again.stored + again.skipped).toBe(count)
  const versions = await page.evaluate(() => isofact.verifyVersions("picked"))
  expect(versions).toMatchObject([{ version: "v0", files: count }])
  expect(await logPicked(page)).toMatchObject({ version: "v0", stored: 0 })
})

interface Much {
  readonly count: number
  readonly size: number
}

/** Logs files of the same sizes, and tells what there was before, what came of it and what there is then. */
const logMuch = (page: Page, name: string, much: Much) =>
  page.evaluate(
    async ([name, { count, size }]) => {
      const { failure, log, sample, storedDigests, verifyVersions } = isofact
      const files = Array.from({ length: count }, (_, at): [string, Blob] => [`${at}.bin`, new Blob([sample(size, at)])])
      const before = (await storedDigests()).length
      const logging = log(name, new Map(files))
      const failed = await failure(logging)
      const versions = [await verifyVersions("first"), await verifyVersions(name)].map((list) => list.map(({ files }) => files))
      return { before, failed, logged: failed ? undefined : await logging, versions, temporary: await isofact.filesIn("tmp") }
    },
    [name, much] as const,
  )

const small = { first: { count: 100, size: 20_000 }, much: { count: 400, size: 19_000 }, quota: 6_000_000 }
const large = { first: { count: 3, size: 6_000_000 }, much: { count: 6, size: 3_000_000 }, quota: 26_000_000 }

/** Sets the room that the browser gives the site, in bytes; all of it with `{}`. */
async function quotaOf(site: Site, page: Page) {
  const session = await page.context().newCDPSession(page)
  return (size: { quotaSize?: number }) => session.send("Storage.overrideQuotaForOrigin", { origin: site.origin, ...size })
}

describe("room that ends in the middle of logging", () => {
  /** Logs until there is no more room, twice. */
  async function setUp({ first, much, quota }: typeof small) {
    const site = await newSite()
    const page = await site.open()
    const setQuota = await quotaOf(site, page)
    // From the beginning: the database looks at the room only now and then.
    await setQuota({ quotaSize: quota })
    expect((await logMuch(page, "first", first)).failed).toBeUndefined()
    for (const _ of "12") {
      const { failed, versions, temporary } = await logMuch(page, "much", much)
      expect(failed).toMatchObject({ name: "StorageError", code: "STORAGE" })
      expect(failed!.message).toMatch(/no more room: \d+ bytes are needed, \d+ are left.*gc\(\)/)
      expect({ versions, temporary }).toEqual({ versions: [[first.count], []], temporary: [] })
    }
    return { page, setQuota }
  }

  test.each([
    ["small", small],
    ["large", large],
  ])("of %s files is an error that leaves nothing half visible; with more room the rest is sent", { timeout }, async (_, sizes) => {
    const { page, setQuota } = await setUp(sizes)
    await setQuota({})
    const { first, much } = sizes
    const last = await logMuch(page, "much", much)
    expect(last.failed).toBeUndefined()
    // The manifest of the first version is stored too.
    expect(last.logged).toMatchObject({ version: "v0", stored: much.count - (last.before - first.count - 1) })
    expect(last).toMatchObject({ versions: [[first.count], [much.count]], temporary: [] })
  })

  test("is made by deleting versions and collecting what they leave", { timeout }, async () => {
    const { page } = await setUp(large)
    await page.evaluate(async () => {
      await (await new isofact.Api().artifact("first:latest")).delete({ deleteAliases: true })
      await isofact.platform.registry().gc({ graceMs: 0 })
    })
    const last = await logMuch(page, "much", large.much)
    expect(last.failed).toBeUndefined()
    expect(last).toMatchObject({ versions: [[], [large.much.count]], temporary: [] })
  })

  test("is told as what it is, also where the browser says that it cannot read the source", { timeout }, async () => {
    const site = await newSite()
    const page = await site.open()
    const setQuota = await quotaOf(site, page)
    await page.evaluate(() => {
      const { write } = FileSystemWritableFileStream.prototype
      FileSystemWritableFileStream.prototype.write = function (data) {
        return data instanceof Blob ? Promise.reject(new DOMException("x", "NotReadableError")) : write.call(this, data)
      }
    })
    await setQuota({ quotaSize: large.quota })
    const { failed, versions, temporary } = await logMuch(page, "much", { count: 10, size: 3_000_000 })
    expect(failed).toMatchObject({ name: "StorageError", message: expect.stringContaining("no more room") })
    expect({ versions, temporary }).toEqual({ versions: [[], []], temporary: [] })
    await setQuota({})
    const last = await logMuch(page, "much", { count: 10, size: 3_000_000 })
    expect(last).toMatchObject({ failed: undefined, versions: [[], [10]], temporary: [] })
  })

  test("before anything large is stored still lets one collect", { timeout }, async () => {
    const site = await newSite()
    const page = await site.open()
    await page.evaluate(() => isofact.log("first", new Map([["a.txt", new Blob(["a"])]])))
    const setQuota = await quotaOf(site, page)
    await setQuota({ quotaSize: 1 })
    const found = await page.evaluate(async () => {
      const makeFolder = navigator.storage.getDirectory().then((root) => root.getDirectoryHandle("other", { create: true }))
      const isFull = await makeFolder.then(
        () => false,
        () => true,
      )
      const { blobsDeleted } = await isofact.platform.registry().gc()
      return { isFull, blobsDeleted }
    })
    expect(found).toEqual({ isFull: true, blobsDeleted: 0 })
  })
})

test("files that the browser evicted from OPFS are named by readers, and are there again when they are logged again", {
  timeout,
}, async () => {
  const site = await newSite()
  let page = await site.open()
  await page.evaluate(() => isofact.log("birds", isofact.treeOf(1)))
  await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory()
    await folder.removeEntry("isofact", { recursive: true })
  })
  await page.close()
  page = await site.open()
  const found = await page.evaluate(async () => {
    const artifact = await new isofact.Api().artifact("birds:latest")
    const read = (path: string) => isofact.failure(new Response(artifact.getEntry(path).stream() as never).arrayBuffer())
    const verified = await isofact.failure(artifact.verify(undefined, { stored: true }))
    return { small: await read("d1/f1.bin"), large: await isofact.failure(artifact.download("out")), verified }
  })
  const evicted = ["d0/f20.bin", "d1/f41.bin", "d2/f62.bin"]
  expect(found.small).toBeUndefined()
  expect(evicted.some((path) => found.large!.message.includes(path))).toBe(true)
  expect(found.verified).toMatchObject({ code: "DIGEST_MISMATCH", paths: evicted })

  const again = await page.evaluate(() => isofact.log("birds", isofact.treeOf(1)))
  expect(again).toMatchObject({ version: "v0", stored: evicted.length, storedBytes: evicted.length * 3 * 2 ** 20 })
  expect(await page.evaluate(() => isofact.verifyVersions("birds"))).toMatchObject([{ version: "v0", files: 63 }])
})

test("a database that was evicted without OPFS: nothing is listed, and logging again sends only what it held", {
  timeout,
}, async () => {
  const site = await newSite()
  let page = await site.open()
  await page.evaluate(() => isofact.log("birds", isofact.treeOf(2)))
  const remove = () =>
    page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.deleteDatabase("isofact")
          request.onsuccess = () => resolve(true)
          request.onerror = () => reject(request.error)
        }),
    )
  const logAgain = () => page.evaluate(() => isofact.log("birds", isofact.treeOf(2)))
  // First beneath a page that goes on, then between two visits.
  for (const isReopened of [false, true]) {
    await remove()
    if (isReopened) {
      await page.close()
      page = await site.open()
    }
    expect(await page.evaluate(() => isofact.verifyVersions("birds"))).toEqual([])
    expect(await logAgain()).toMatchObject({ version: "v0", stored: 60 })
    expect(await page.evaluate(() => isofact.verifyVersions("birds"))).toMatchObject([{ version: "v0", files: 63 }])
  }
})
