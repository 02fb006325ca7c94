/** The page of tables in a real Chromium: its sample from the browser's own registry, and tables from a server. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Artifact, init } from "isofact"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { Html, Image, JoinedTable, PartitionedTable, Table } from "../../src/media/index.ts"
import { ENTITY, type Host, startHost } from "../interop/wire-host.ts"
import { launchChromium, type PageServer } from "../runtimes/chromium.ts"
import { audit } from "./browser-upload-audit.ts"
import { servePage } from "./page.ts"
import { colorAt, drawnOver, layerNames, openServer, openTable, picturesOf, WAIT } from "./table-steps.ts"

let site: PageServer
let browser: Browser
let page: Page
let host: Host
let dir: string
const complaints: string[] = []

beforeAll(async () => {
  site = await servePage("table")
  browser = await launchChromium()
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  page = await context.newPage()
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
  await page.goto(site.origin)
  dir = mkdtempSync(join(tmpdir(), "isofact-tables-"))
  host = await startHost(dir)
}, 90_000)

afterAll(async () => {
  await browser?.close()
  await site?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true })
  expect(complaints).toEqual([])
})

const rows = () => page.locator("tbody tr")

describe("the sample of a first visit", { timeout: 60_000 }, () => {
  test("pictures with their layers, which can be taken away", async () => {
    const pictures = await picturesOf(page, 12)
    expect(pictures).toHaveLength(12)
    expect(pictures[0]!.label).toMatch(/^Garden, day 1 with (swift 0\.\d+, )+sun$/)
    expect(await layerNames(page)).toEqual(["boxes birds", "boxes light", "mask ground"])
    const all = Array.from({ length: 12 }, (_, at) => at)
    for (const layer of await layerNames(page)) expect(await drawnOver(page, layer, 12), layer).toEqual(all)
  })

  test("rows come when they are asked for", async () => {
    const more = page.getByRole("button", { name: "More rows" })
    await more.click()
    await rows().nth(23).waitFor(WAIT)
    await more.click()
    await rows().nth(29).waitFor(WAIT)
    await more.waitFor({ state: "hidden", ...WAIT })
    expect(await rows().count()).toBe(30)
    expect((await picturesOf(page, 30)).at(-1)!.label).toMatch(/^Garden, day 30/)
  })

  test("a sound is played", async () => {
    await rows().first().getByRole("button", { name: "Play" }).click()
    const audio = rows().first().locator("audio")
    await audio.waitFor(WAIT)
    await expect.poll(() => audio.evaluate((element: HTMLAudioElement) => element.duration), WAIT).toBe(0.5)
  })

  test("everybody can use it, at any width", async () => {
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 400],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      expect(await audit(page)).toEqual([])
    }
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  test("it is logged once", async () => {
    await page.reload()
    await picturesOf(page, 12)
    expect(await page.locator("h2").textContent()).toBe("garden:v0")
  })
})

describe("tables on a server", { timeout: 60_000 }, () => {
  beforeAll(async () => {
    const white = { width: 100, height: 50, channels: 3, data: new Uint8Array(15_000).fill(255) }
    const lower = { width: 100, height: 50, data: Uint8Array.from({ length: 5000 }, (_, at) => (at < 2500 ? 0 : 1)) }
    const inPixels = { position: { middle: [50, 25] as const, width: 40, height: 20 }, domain: "pixel", classId: 2 }
    const inParts = { position: { minX: 0.1, maxX: 0.9, minY: 0.1, maxY: 0.9 }, classId: 3 }
    const images = [
      new Image(white, { boxes: { pixels: { boxData: [inPixels] } } }),
      new Image(white, {
        boxes: { parts: { boxData: [inParts] } },
        masks: { low: { maskData: lower, classLabels: { 1: "low" } } },
      }),
    ]
    const draft = new Artifact("shapes", "dataset")
    await draft.add(
      new Table({
        columns: ["name", "image"],
        data: [
          ["b", images[0]],
          ["c", images[1]],
        ],
      }),
      "drawn",
    )
    const page = new Html('<p id="seen">seen</p><script>parent.document.title = "taken over"</script>', { inject: false })
    await draft.add(new Table({ columns: ["page", "any"], data: [[page, { a: [1, null] }]] }), "pages")
    for (const part of [0, 1]) await draft.add(new Table({ columns: ["at"], data: [[`part ${part}`]] }), `parts/${part}`)
    await draft.add(new PartitionedTable("parts"), "whole")
    const named = (name: string) => new Table({ columns: ["id", "is"], data: [["1", name]] })
    await draft.add(new JoinedTable(named("left"), named("right"), "id"), "both")
    await using run = await init({ registry: host.registry, entity: ENTITY, project: "shapes" })
    await run.logArtifact(draft)
  })

  test("a wrong key is told, and what was open stays", async () => {
    // The browser itself complains about the answer.
    const own = await browser.newPage()
    await own.goto(site.origin)
    await openServer(own, { ...host, key: "0".repeat(40), project: `${ENTITY}/shapes` })
    await own.locator("form [role=alert]").waitFor(WAIT)
    expect(await own.locator("form [role=alert]").textContent()).not.toContain("0".repeat(40))
    await picturesOf(own, 12)
    await own.close()
  })

  test("boxes and masks are where they belong", async () => {
    await openServer(page, { ...host, project: `${ENTITY}/shapes` })
    await openTable(page, "shapes", "drawn")
    expect((await picturesOf(page, 2)).map(({ label }) => label)).toEqual(["Picture with class_2", "Picture with class_3"])
    const isWhite = async (picture: number, x: number, y: number) =>
      (await colorAt(page, picture, x, y)).every((value) => value === 255)
    // The edges of the first, its inside and its outside.
    expect(await isWhite(0, 0.3, 0.5)).toBe(false)
    expect(await isWhite(0, 0.7, 0.5)).toBe(false)
    expect(await isWhite(0, 0.5, 0.7)).toBe(false)
    expect(await isWhite(0, 0.5, 0.5)).toBe(true)
    expect(await isWhite(0, 0.2, 0.5)).toBe(true)
    expect(await isWhite(1, 0.1, 0.4)).toBe(false)
    expect(await isWhite(1, 0.5, 0.4)).toBe(true)
    expect(await isWhite(1, 0.5, 0.6)).toBe(false)
    expect(await drawnOver(page, "boxes pixels", 2)).toEqual([0])
    expect(await drawnOver(page, "boxes parts", 2)).toEqual([1])
    expect(await drawnOver(page, "mask low", 2)).toEqual([1])
  })

  test("a page from an artifact runs nothing", async () => {
    await openTable(page, "shapes", "pages")
    await page.getByRole("button", { name: "Show page" }).click()
    await page.frameLocator("iframe").getByText("seen").waitFor(WAIT)
    expect(await page.title()).toBe("Logged tables")
    expect(await page.locator("td code").textContent()).toBe('{"a":[1,null]}')
    const blocked = complaints.findIndex((complaint) => complaint.includes("Blocked script execution"))
    expect(blocked).toBeGreaterThanOrEqual(0)
    complaints.splice(blocked, 1)
  })

  test("tables of several", async () => {
    await openTable(page, "shapes", "whole")
    await page.getByText("part 1").waitFor(WAIT)
    expect(await page.locator("td").allTextContents()).toEqual(["part 0", "part 1"])
    await openTable(page, "shapes", "both")
    await page.getByText("right").waitFor(WAIT)
    expect(await page.locator("td").allTextContents()).toEqual(["1", "left", "1", "right"])
  })
})
