/** Pages and service workers made of isofact's sources, each one file, in a real Chromium. */
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import type { Browser, Page } from "playwright-core"
import { launchChromium, type ServedFile, servePages } from "../runtimes/chromium.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Source text as one script; it imports "isofact" and files of this repository by paths from its root. */
export async function bundleScript(text: string): Promise<ServedFile> {
  const { outputFiles } = await build({
    stdin: { contents: text, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    platform: "browser",
    logLevel: "error",
    alias: { isofact: `${root}src/index.ts`, "#platform": `${root}src/doors/browser.ts` },
  })
  return { type: "text/javascript", body: outputFiles[0]!.text }
}

export interface TestPage extends AsyncDisposable {
  readonly page: Page
  readonly origin: string
}

/** A page of an own browser, at an own origin, that runs `script`. */
export async function openPage(script: string, files: Readonly<Record<string, ServedFile>> = {}): Promise<TestPage> {
  const body = `<!doctype html><title>isofact</title><body style="height:500px"><script type="module" src="/page.js"></script>`
  const server = await servePages({ "/": { type: "text/html", body }, "/page.js": await bundleScript(script), ...files })
  let browser: Browser | undefined
  try {
    browser = await launchChromium()
    const page = await browser.newPage()
    await page.goto(server.origin, { waitUntil: "load" })
    const dispose = async () => {
      await browser?.close()
      await server[Symbol.asyncDispose]()
    }
    return { page, origin: server.origin, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await browser?.close()
    await server[Symbol.asyncDispose]()
    throw error
  }
}

/** Drags files and folders of this machine onto the page and lets go, as a user does. */
export async function dropFiles(page: Page, files: readonly string[]): Promise<void> {
  await drop(page, { items: [], files: [...files], dragOperationsMask: 1 })
}

export async function dropText(page: Page, text: string): Promise<void> {
  await drop(page, { items: [{ mimeType: "text/plain", data: text }], dragOperationsMask: 1 })
}

type DragData = { items: { mimeType: string; data: string }[]; files?: string[]; dragOperationsMask: number }

async function drop(page: Page, data: DragData): Promise<void> {
  const session = await page.context().newCDPSession(page)
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 50, y: 50, data })
  }
  await session.detach()
}
