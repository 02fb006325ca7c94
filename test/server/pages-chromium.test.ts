/** The pages as a browser sees them: nothing runs, nothing is blocked, and everybody finds their way. */
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { launchChromium } from "../runtimes/chromium.ts"
import { type Listening, listen } from "./listen.ts"
import { logVersion, populate } from "./pages-fixture.ts"
import { annsKey, createSite } from "./site.ts"

const attacks = [
  "<script>window.owned=1<\\script>",
  '"onload="window.owned=1" autofocus onfocus="window.owned=1',
  "'onmouseover='window.owned=1",
  "<img src=x onerror=window.owned=1>",
  "\u202etxt.exe\u2066",
  "{{window.owned=1}}",
]
const hostile = attacks.join(" ")

/** Hostile text in every place where a page shows what others wrote. */
async function attack(site: ReturnType<typeof createSite>): Promise<void> {
  const { registry } = site
  const project = '<img src=x onerror=window.owned=1>"'
  const type = `${attacks[0]}${attacks[1]}`
  const artifact = await logVersion(registry, "hostile", {
    project,
    type,
    run: "<svg onload=window.owned=1>",
    files: {
      [`${attacks[3]}.txt`]: hostile,
      [`dir"${attacks[2]}/${attacks[4]}.csv`]: `${attacks[0]},"${attacks[3]}"\n${attacks.join(",")}\n`,
      "x.table.json": {
        columns: [attacks[0], attacks[3]],
        data: [[attacks[1], { _type: "image-file", path: `${attacks[3]}.txt` }]],
      },
      "x.json": { [attacks[0]!]: attacks[3] },
      "evil.svg": '<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=1"><script>window.owned=1</script></svg>',
      "evil.html": "<!doctype html><script>window.owned=1</script>",
    },
    references: { "script.ref": "javascript:window.owned=1", "data.ref": "data:text/html,<script>window.owned=1</script>" },
    aliases: [attacks[1]!, attacks[3]!, attacks[4]!],
    description: hostile,
    metadata: { [attacks[0]!]: attacks[3], deep: { [attacks[1]!]: [attacks[0]] } },
  })
  const place = { entity: "ann", project }
  await registry.upsertProject(place, { description: hostile })
  await registry.upsertRun({
    ...{ ...place, run: "<svg onload=window.owned=1>", displayName: attacks[3]!, notes: hostile },
    ...{ group: attacks[0]!, jobType: attacks[1]!, config: { [attacks[0]!]: attacks[3]! } },
  })
  await artifact.link(`ann/${project}/${attacks[3]!} portfolio`)
  await registry.updateCollection({ ...place, collection: "hostile" }, { name: attacks[0]!, description: hostile })
}

let browser: Browser
let server: Listening
const site = createSite()

beforeAll(async () => {
  await populate(site.registry)
  await attack(site)
  server = await listen(site.server.fetch)
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

/** A page that is signed in, and what its console said. */
async function open(options: Parameters<Browser["newContext"]>[0] = {}): Promise<{ page: Page; said: string[] }> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const said: string[] = []
  await page.goto(`${server.url}/login`)
  await page.fill("#key", annsKey)
  await page.press("#key", "Enter")
  await page.waitForURL(`${server.url}/`)
  page.on("console", (message) => said.push(message.text()))
  page.on("pageerror", (error) => said.push(error.message))
  page.on("dialog", (dialog) => said.push(dialog.message()))
  return { page, said }
}

/** Every page that links lead to from the first, handed to `look` one by one. */
async function crawl(page: Page, look: (address: string) => Promise<void>): Promise<number> {
  const seen = new Set<string>()
  const left = [`${server.url}/`]
  for (let address = left.pop(); address !== undefined; address = left.pop()) {
    if (seen.has(address)) continue
    seen.add(address)
    const response = await page.goto(address)
    expect([address, response?.status()]).toEqual([address, 200])
    await look(address)
    const links = await page.$$eval("a[href]", (found) => found.map((each) => (each as HTMLAnchorElement).href.toString()))
    const svg = await page.$$eval("svg a", (found) => found.map((each) => new URL(each.getAttribute("href")!, location.href).href))
    for (const link of [...links, ...svg]) {
      const plain = link.split("#")[0]!
      if (plain.startsWith(server.url) && !plain.includes("?raw")) left.push(plain)
    }
  }
  return seen.size
}

/** What is wrong with the page that is open. */
function inspect() {
  const all = (selector: string) => [...document.querySelectorAll(selector)]
  const without = (selector: string, has: (each: Element) => boolean) => all(selector).filter((each) => !has(each))
  const attributes = all("*").flatMap((each) => [...each.attributes])
  const ids = all("[id]").map(({ id }) => id)
  const levels = all("h1, h2, h3").map(({ tagName }) => Number(tagName[1]))
  const named = all("[aria-labelledby], [aria-describedby]").flatMap((each) =>
    `${each.getAttribute("aria-labelledby") ?? ""} ${each.getAttribute("aria-describedby") ?? ""}`.trim().split(/\s+/),
  )
  const isInside = (each: Element) => each.closest(".scroll, pre, caption") !== null
  const isWide = document.documentElement.scrollWidth > innerWidth
  const faults = {
    scripts: all("script, style, iframe, object"),
    risky: attributes.filter(({ name, value }) => /^on|^style$/i.test(name) || /^\s*(javascript|data|vbscript):/i.test(value)),
    owned: (window as { owned?: unknown }).owned === undefined ? [] : [document.body],
    disguised: all("bdi, h1, h2, title, option").filter((each) => /[\u202e\u2066]/.test(each.textContent!)),
    tooWide: isWide ? all("main *").filter((each) => !isInside(each) && each.getBoundingClientRect().right > innerWidth) : [],
    language: document.documentElement.lang === "en" ? [] : [document.body],
    title: document.title.length > " · isofact".length ? [] : [document.head],
    headings: all("h1").length === 1 ? [] : [document.body],
    jumps: levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1) ? [document.body] : [],
    landmarks: all("body > main").length === 1 && all("body > header").length === 1 ? [] : [document.body],
    regions: without("nav, aside, [role=region]", (each) => each.getAttribute("aria-label") !== null),
    pictures: without("img", (each) => each.hasAttribute("alt")),
    media: without("audio, video", (each) => each.hasAttribute("aria-label")),
    drawings: without(
      "svg",
      (each) => each.querySelector(":scope > title") !== null && each.querySelector(":scope > desc") !== null,
    ),
    controls: without("input:not([type=hidden]), select", (each) => ((each as HTMLInputElement).labels?.length ?? 0) > 0),
    tables: without("table", (each) => each.querySelector("caption") !== null && each.querySelector("th[scope=col]") !== null),
    buttons: without("button, a", (each) => each.textContent!.trim() !== "" || each.querySelector("img:not([alt=''])") !== null),
    ids: ids.length === new Set(ids).size ? [] : [document.body],
    dangling: named.some((id) => document.getElementById(id) === null) ? [document.body] : [],
  }
  const show = (found: Element | Attr) => ("outerHTML" in found ? found.outerHTML.slice(0, 150) : `${found.name}=${found.value}`)
  return Object.entries(faults).flatMap(([fault, found]) => found.map((each: Element | Attr) => `${fault}: ${show(each)}`))
}

describe("every page", () => {
  test.each([
    ["on a telephone at night, with no policy to hold attacks back", { bypassCSP: true, colorScheme: "dark" as const }, 360],
    ["on a wide screen by day", { colorScheme: "light" as const }, 1600],
  ])(
    "%s",
    async (_, options, width) => {
      const { page, said } = await open({ ...options, viewport: { width, height: 800 } })
      let attacked = 0
      const count = await crawl(page, async (address) => {
        expect([address, await page.evaluate(inspect)]).toEqual([address, []])
        if ((await page.textContent("main"))!.includes("window.owned=1")) attacked++
      })
      expect(count).toBeGreaterThan(60)
      expect(attacked).toBeGreaterThan(15)
      expect(said).toEqual([])
    },
    180_000,
  )
})

describe("a visitor", () => {
  test("is not shown files that could run", async () => {
    const { page } = await open()
    const place = `${server.url}/ann/${encodeURIComponent('<img src=x onerror=window.owned=1>"')}`
    await page.goto(place)
    await page.click("main tbody a >> nth=0")
    await page.click('main a:has-text("v0") >> nth=0')
    await page.click('nav a:has-text("Files")')
    for (const file of ["evil.svg", "evil.html"]) {
      const address = await page.getAttribute(`a:has-text("${file}")`, "href")
      const response = await page.request.get(`${server.url}${address}?raw`)
      expect(response.headers()["content-disposition"]).toMatch(/^attachment/)
      expect(response.headers()["content-security-policy"]).toBe("sandbox")
    }
  })

  test("without a mouse reaches content and every box of the picture", async () => {
    const { page } = await open()
    await page.goto(`${server.url}/ann/birds/artifacts/dataset/field/v1/lineage`)
    await page.keyboard.press("Tab")
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content")
    await page.keyboard.press("Enter")
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content")
    const reached = new Set<string>()
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press("Tab")
      const box = await page.evaluate(() => document.activeElement?.closest("svg a")?.querySelector("title")?.textContent)
      if (box) reached.add(box)
    }
    expect(reached).toEqual(new Set(await page.$$eval("svg a > title", (titles) => titles.map((each) => each.textContent!))))
    expect(reached.size).toBe(6)
  })

  test("signs in where they meant to go, compares, and signs out, with scripts switched off", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    const asked = `${server.url}/ann/birds/artifacts/dataset/field/v1`
    expect((await page.goto(asked))?.status()).toBe(401)
    await page.fill("#key", "x".repeat(40))
    await page.click("button.primary")
    expect(await page.textContent("[role=alert]")).toContain("does not know that key")
    await page.fill("#key", annsKey)
    await page.click("button.primary")
    await page.waitForURL(asked)
    expect(page.url()).not.toContain(annsKey)
    await page.click('nav a:has-text("Compare")')
    await page.selectOption("#compare", "v0")
    await page.click('button:has-text("Compare")')
    expect(page.url()).toBe(`${asked}?compare=v0`)
    expect(await page.textContent("main")).toContain("10 added")
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.goto(`${asked}/files/bin/data.bin`).then(() => page.click('a:has-text("Download")')),
    ])
    expect(download.suggestedFilename()).toBe("data.bin")
    await page.click('button:has-text("Sign out")')
    await page.waitForURL(`${server.url}/login`)
    expect((await page.goto(asked))?.status()).toBe(401)
    expect(await context.cookies()).toEqual([])
  })
})
