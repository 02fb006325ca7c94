/** The annotator's page as it is deployed, and pictures to log in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { crc32, deflateSync } from "node:zlib"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { launchChromium } from "../runtimes/chromium.ts"
import { servePage } from "./page.ts"

export interface Site extends AsyncDisposable {
  readonly browser: Browser
  /** For folders to drop; removed in the end. */
  readonly folder: string
  /** A page of its own profile; what it complains about goes to `complaints`. */
  open(options?: Parameters<Browser["newContext"]>[0], prepare?: (context: BrowserContext) => Promise<void>): Promise<Page>
  readonly complaints: string[]
}

/** Builds the example with Vite and serves what comes out. */
export async function openSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "isofact-upload-"))
  const server = await servePage("browser-upload")
  const browser = await launchChromium()
  const complaints: string[] = []
  return {
    browser,
    folder,
    complaints,
    async open(options, prepare) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
      await prepare?.(context)
      const page = await context.newPage()
      page.on("pageerror", (error) => complaints.push(error.message))
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
      await page.goto(server.origin)
      await page.locator("main h1").waitFor()
      return page
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await server[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Pictures that differ from each other, `frame-0001.png` and so on. */
export function writePictures(folder: string, from: number, to: number): void {
  mkdirSync(folder, { recursive: true })
  for (let number = from; number <= to; number++) {
    writeFileSync(join(folder, `frame-${String(number).padStart(4, "0")}.png`), makePicture(number))
  }
}

const EDGE = 24

export function makePicture(seed: number): Buffer {
  const rows = Buffer.alloc((EDGE * 3 + 1) * EDGE)
  for (let at = 0, value = seed * 2654435761; at < rows.length; at++) {
    value = (value * 1664525 + 1013904223) >>> 0
    // Each row begins with the number of its filter: none.
    rows[at] = at % (EDGE * 3 + 1) === 0 ? 0 : value >>> 24
  }
  const header = Buffer.from([0, 0, 0, EDGE, 0, 0, 0, EDGE, 8, 2, 0, 0, 0])
  const mark = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    mark,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
