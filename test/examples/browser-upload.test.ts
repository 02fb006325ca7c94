/** The annotator's page as an annotator uses it: a real Chromium, real drops, a real reload. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { dropFiles } from "../browser/pages.ts"
import { unzip } from "../conformance/unzip.ts"
import { audit, tabTo } from "./browser-upload-audit.ts"
import { makePicture, openSite, type Site, writePictures } from "./browser-upload-site.ts"
import { button, fact, fill, heading, keepHandles, storedCount, untilStored, WAIT, withoutHandles } from "./browser-upload-steps.ts"

const FILES = 2000

let site: Site
let page: Page
const birds = () => join(site.folder, "birds")

beforeAll(async () => {
  site = await openSite()
  writePictures(birds(), 1, FILES)
  page = await site.open({}, withoutHandles)
}, 60_000)

afterAll(async () => {
  await site?.[Symbol.asyncDispose]()
  // Nothing may be told to the console alone.
  expect(site?.complaints).toEqual([])
})

describe("logging 2,000 pictures", { timeout: 120_000 }, () => {
  test("a dropped folder shows as pictures, only those on screen", async () => {
    await dropFiles(page, [birds()])
    await heading(page, "birds").waitFor(WAIT)
    expect(await page.locator(".panel .lead").textContent()).toMatch(/^2,000 files, /)
    await page.locator(".pictures canvas").nth(11).waitFor(WAIT)
    expect(await page.locator(".pictures .item").count()).toBeLessThan(120)
    const last = page.locator(".pictures .item").last()
    await page.locator(".pictures .virtual-list").evaluate((list) => list.scrollTo(0, list.scrollHeight))
    await last.getByText("frame-2000.png").waitFor(WAIT)
    await last.locator("canvas").waitFor(WAIT)
    expect(await page.locator(".pictures .item").count()).toBeLessThan(120)
  })

  test("a wrong name and alias are told at their fields", async () => {
    await page.getByLabel("Name").fill("a/b")
    await button(page, "Log this folder").click()
    expect(await page.locator("#name-complaint").textContent()).toMatch(/^name must be made of letters/)
    expect(await page.getByLabel("Name").getAttribute("aria-invalid")).toBe("true")
    await page.getByLabel("Name").fill("birds")
    await page.getByText("Description and aliases").click()
    await page.getByLabel("Aliases").fill("best, v7")
    await button(page, "Log this folder").click()
    expect(await page.locator("#aliases-complaint").textContent()).toMatch(/“v7” cannot be an alias/)
    await page.getByLabel("Aliases").fill("best, spring")
  })

  test("it pauses, goes on, survives a reload, and stores nothing twice", async () => {
    await button(page, "Log this folder").click()
    await dropFiles(page, [birds()])
    await page.getByText("birds is being logged. Pause it, or wait, before you drop another folder.").waitFor(WAIT)
    await untilStored(page, 100)
    await button(page, "Pause").click()
    await heading(page, "birds is paused").waitFor(WAIT)
    const paused = await storedCount(page)
    expect(paused).toBeGreaterThanOrEqual(100)
    expect(paused).toBeLessThan(FILES)

    await button(page, "Go on").click()
    await untilStored(page, paused + 200)
    await page.reload()
    await heading(page, "birds is not finished").waitFor(WAIT)
    const offer = (await page.locator(".resume p").textContent()) ?? ""
    const stored = Number(/^([\d,]+) of 2,000 files are stored/.exec(offer)?.[1]?.replaceAll(",", ""))
    expect(stored).toBeGreaterThanOrEqual(paused)
    expect(offer).toContain("Drop the folder “birds” again")

    await dropFiles(page, [birds()])
    await page.getByLabel("Name").waitFor(WAIT)
    expect(await page.getByLabel("Aliases").inputValue()).toBe("best, spring")
    await button(page, "Log this folder").click()
    await heading(page, "birds:v0 is logged").waitFor(WAIT)
    const [now, before] = [await fact(page, "Stored now"), await fact(page, "Stored before")]
    expect(now + before).toBe(FILES)
    expect(before).toBeGreaterThanOrEqual(stored)
    expect(now).toBeGreaterThan(0)
  })

  test("the version shows its files, from addresses that know ranges", async () => {
    await page.getByRole("link", { name: "Open birds:v0" }).click()
    await heading(page, "birds v0").waitFor(WAIT)
    expect(await page.getByRole("group", { name: "Aliases" }).locator(".chip").allTextContents()).toEqual([
      "latest",
      "best",
      "spring",
    ])
    await page.getByLabel("Find a file").fill("1999")
    await page.getByRole("option", { name: "frame-1999.png" }).click()
    const image = page.getByRole("img", { name: "frame-1999.png" })
    await image.waitFor(WAIT)
    await expect.poll(() => image.evaluate((shown: HTMLImageElement) => shown.naturalWidth), WAIT).toBe(24)
    const src = await image.getAttribute("src")
    expect(src).toBe("artifacts/birds:v0/frame-1999.png")
    const part = await page.evaluate(async (address) => {
      const response = await fetch(address, { headers: { range: "bytes=1-3" } })
      return [response.status, response.headers.get("content-range"), await response.text()]
    }, src!)
    expect(part).toEqual([206, `bytes 1-3/${makePicture(1999).byteLength}`, "PNG"])
  })

  test("a picked folder with changes is the next version, and the two compare", async () => {
    rmSync(join(birds(), "frame-0001.png"))
    writeFileSync(join(birds(), "frame-0002.png"), makePicture(9002))
    writeFileSync(join(birds(), "notes.txt"), "wind from the west")
    writeFileSync(join(birds(), ".DS_Store"), "litter")
    await page.getByRole("link", { name: "Log a folder" }).click()
    await button(page, "Log another folder").click()
    await page.locator("input[type=file]").setInputFiles(birds())
    await page.getByText("1 file of the operating system left out.").waitFor(WAIT)
    await button(page, "Log this folder").click()
    await heading(page, "birds:v1 is logged").waitFor(WAIT)
    expect([await fact(page, "Stored now"), await fact(page, "Stored before")]).toEqual([2, FILES - 2])

    await page.getByRole("link", { name: "Open birds:v1" }).click()
    await page.getByLabel("Compare with").selectOption("v0")
    await heading(page, "birds v0 and v1").waitFor(WAIT)
    const counts = await page.locator(".choice b").allTextContents()
    expect(counts).toEqual(["3", "1", "1", "1", "1,998"])
    expect(await page.locator(".files .item").allInnerTexts()).toEqual([
      expect.stringMatching(/^Removed\s+frame-0001.png/),
      expect.stringMatching(/^Changed\s+frame-0002.png/),
      expect.stringMatching(/^Added\s+notes.txt/),
    ])
    await page.getByRole("option", { name: "notes.txt" }).click()
    await page.getByText("Not in v0.").waitFor(WAIT)
    await page.getByText("wind from the west").waitFor(WAIT)
  })

  test("it downloads as a zip that holds every file", async () => {
    await page.getByRole("link", { name: "birds:v1" }).click()
    const [download] = await Promise.all([page.waitForEvent("download", WAIT), button(page, "Download zip").click()])
    expect(download.suggestedFilename()).toBe("birds-v1.zip")
    const { files } = unzip(readFileSync(await download.path()))
    expect(files.size).toBe(FILES)
    expect(Buffer.from(files.get("frame-0002.png")!).equals(makePicture(9002))).toBe(true)
    expect(new TextDecoder().decode(files.get("notes.txt"))).toBe("wind from the west")
  })
})

describe("what goes wrong is said with its way out", { timeout: 60_000 }, () => {
  const robins = () => join(site.folder, "robins")
  let own: Page

  beforeAll(async () => {
    writePictures(robins(), 1, 40)
    own = await site.open({}, withoutHandles)
  }, 60_000)

  test("no room: it stops, and goes on when there is some", async () => {
    const session = await own.context().newCDPSession(own)
    const { origin } = new URL(own.url())
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 })
    await dropFiles(own, [robins()])
    await button(own, "Log this folder").click()
    await heading(own, "robins has stopped").waitFor(WAIT)
    expect(await own.getByRole("alert").filter({ hasText: "There is no room left" }).textContent()).toMatch(
      /Delete versions .* then go on/,
    )
    expect(await audit(own)).toEqual([])
    await session.send("Storage.overrideQuotaForOrigin", { origin })
    await button(own, "Try again").click()
    await heading(own, "robins:v0 is logged").waitFor(WAIT)
    expect(await fact(own, "Stored now")).toBe(40)
  })

  test("a file that changed after it was dropped is named, and the folder can be dropped again", async () => {
    await dropFiles(own, [robins()])
    await own.getByLabel("Name").waitFor(WAIT)
    writeFileSync(join(robins(), "frame-0007.png"), Buffer.concat([makePicture(7), Buffer.alloc(9)]))
    await button(own, "Log this folder").click()
    await heading(own, "robins has stopped").waitFor(WAIT)
    expect(await own.getByRole("alert").textContent()).toMatch(/frame-0007\.png.* Drop the folder again/)
    await dropFiles(own, [robins()])
    await button(own, "Log this folder").click()
    await heading(own, "robins:v1 is logged").waitFor(WAIT)
    expect([await fact(own, "Stored now"), await fact(own, "Stored before")]).toEqual([1, 39])
  })

  test("an empty folder, and a folder that holds nothing new", async () => {
    mkdirSync(join(site.folder, "empty"))
    await dropFiles(own, [join(site.folder, "empty")])
    await own.getByText("There are no files in it").waitFor(WAIT)
    await dropFiles(own, [robins()])
    await button(own, "Log this folder").click()
    await heading(own, "Nothing has changed since robins:v1").waitFor(WAIT)
  })

  test("a window that keeps nothing", async () => {
    const closed = await site.open({}, async (context) => {
      await context.addInitScript(() => {
        const refuse = () => {
          throw new DOMException("The operation is insecure.", "SecurityError")
        }
        Object.defineProperty(window, "indexedDB", { get: refuse })
      })
    })
    await heading(closed, "Nothing can be stored here").waitFor(WAIT)
    expect(await closed.getByRole("alert").textContent()).toMatch(/Open the page in a normal window/)
    expect(await audit(closed)).toEqual([])
  })
})

describe("everybody can use it", { timeout: 60_000 }, () => {
  let own: Page

  beforeAll(async () => {
    own = await site.open({}, keepHandles)
  }, 60_000)

  test("with the keyboard alone: log, look, delete", async () => {
    await fill(own, "finches", 12)
    expect(await audit(own)).toEqual([])
    await tabTo(own, "Choose a folder")
    await own.keyboard.press("Enter")
    await heading(own, "finches").waitFor(WAIT)
    expect(await audit(own)).toEqual([])
    await tabTo(own, "Name")
    await own.keyboard.press("ControlOrMeta+A")
    await own.keyboard.type("garden")
    await tabTo(own, "Log this folder")
    await own.keyboard.press("Enter")
    await heading(own, "garden:v0 is logged").waitFor(WAIT)
    expect(await own.evaluate(() => document.activeElement?.textContent)).toBe("garden:v0 is logged")
    await expect
      .poll(() => own.locator("#live").textContent(), WAIT)
      .toBe("garden:v0 is logged: 12 files stored now, 0 files stored before.")
    expect(await audit(own)).toEqual([])
    await tabTo(own, "Open garden:v0")
    await own.keyboard.press("Enter")
    await heading(own, "garden v0").waitFor(WAIT)
    expect(await own.evaluate(() => document.activeElement?.tagName)).toBe("H1")
    await tabTo(own, "Files of garden:v0")
    await own.keyboard.press("ArrowDown")
    await own.keyboard.press("End")
    await own.getByRole("img", { name: "11.png" }).waitFor(WAIT)
    expect(await audit(own)).toEqual([])

    await own.getByRole("heading", { name: "garden v0" }).focus()
    await tabTo(own, "Delete")
    await own.keyboard.press("Enter")
    const dialog = own.getByRole("dialog", { name: "Delete garden:v0?" })
    await dialog.waitFor(WAIT)
    expect(await own.evaluate(() => document.activeElement?.textContent)).toBe("Keep it")
    await own.keyboard.press("Escape")
    await dialog.waitFor({ state: "detached", ...WAIT })
    expect(await own.evaluate(() => document.activeElement?.textContent)).toBe("Delete")
    await own.keyboard.press("Enter")
    await dialog.waitFor(WAIT)
    await own.keyboard.press("Tab")
    await own.keyboard.press("Enter")
    await own.getByText("Nothing is stored yet.").waitFor(WAIT)
  })

  test("a picked folder is continued with one click after a reload", async () => {
    await own.reload()
    await fill(own, "wrens", 90)
    await button(own, "Choose a folder").click()
    await button(own, "Log this folder").click()
    await untilStored(own, 20)
    await own.reload()
    await button(own, "Continue logging wrens").click()
    await heading(own, "wrens:v0 is logged").waitFor(WAIT)
    expect(await fact(own, "Stored before")).toBeGreaterThanOrEqual(20)
    expect((await fact(own, "Stored now")) + (await fact(own, "Stored before"))).toBe(90)
  })

  test.each([
    ["light", 1440],
    ["dark", 1440],
    ["light", 360],
    ["dark", 360],
  ] as const)("readable when %s and %d pixels wide", async (colorScheme, width) => {
    await own.emulateMedia({ colorScheme })
    await own.setViewportSize({ width, height: 720 })
    for (const place of ["#/", "#/wrens:v0", "#/wrens:v0/compare/wrens:v0", "#/nothing:v9"]) {
      await own.evaluate((hash) => (location.hash = hash), place)
      const ready = place === "#/" ? /wrens:v0 is logged/ : place === "#/nothing:v9" ? "This cannot be shown" : /^wrens v0/
      await own.locator("h1").filter({ hasText: ready }).waitFor(WAIT)
      expect(await audit(own), place).toEqual([])
    }
  })
})
