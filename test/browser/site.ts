/** One site in one real Chromium with a profile on disk, so that what its pages store outlives them and the browser too. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sparticuz from "@sparticuz/chromium"
import { build } from "esbuild"
import { type BrowserContext, chromium, type Page } from "playwright-core"
import { root } from "../runtimes/bundle.ts"
import { type PageServer, type ServedFile, servePages } from "../runtimes/chromium.ts"
import { bundleScript } from "./pages.ts"
import { familyOf } from "./processes.ts"

export interface Site extends AsyncDisposable {
  readonly origin: string
  /** A page with {@link ./library.ts} as `isofact`, and a file input. */
  open(): Promise<Page>
  /** Kills the browser as a power failure would, and starts it again. */
  kill(): Promise<void>
  /** Of the browser, its renderers and helpers. */
  processes(): number[]
}

const HTML = `<!doctype html><title>isofact</title><link rel="icon" href="data:,">
<input id="files" type="file" multiple><input id="folder" type="file" webkitdirectory><script type="module" src="/page.js"></script>`

/** Opens nothing but the browser. `files` are served besides. */
export async function openSite(files: Readonly<Record<string, ServedFile>> = {}): Promise<Site> {
  const profile = await mkdtemp(join(tmpdir(), "isofact-profile-"))
  const server: PageServer = await servePages({
    "/": { type: "text/html", body: HTML },
    "/page.js": await bundleScript(`import * as isofact from "./test/browser/library.ts"; Object.assign(globalThis, { isofact })`),
    "/hash-worker.js": await bundleWorker(),
    ...files,
  })
  let context = await launch(profile)
  const processes = () =>
    familyOf(({ command }) => command.includes(`--user-data-dir=${profile}`) && !command.some((text) => text.startsWith("--type=")))
  return {
    origin: server.origin,
    processes,
    async open() {
      const page = await context.newPage()
      await page.goto(server.origin)
      await page.waitForFunction(() => "isofact" in globalThis)
      return page
    },
    async kill() {
      const closed = new Promise((resolve) => context.once("close", resolve))
      for (const id of processes()) killProcess(id)
      await closed
      context = await launch(profile)
    },
    async [Symbol.asyncDispose]() {
      await context.close()
      await server[Symbol.asyncDispose]()
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

async function launch(profile: string): Promise<BrowserContext> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
  return chromium.launchPersistentContext(profile, { executablePath: await sparticuz.executablePath(), args, headless: true })
}

async function bundleWorker(): Promise<ServedFile> {
  const entryPoints = [join(root, "src/digest/hash-worker.ts")]
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: "esm", logLevel: "error" })
  return { type: "text/javascript", body: outputFiles[0]!.text }
}

function killProcess(id: number): void {
  try {
    process.kill(id, "SIGKILL")
  } catch {
    // It has ended with the one before it.
  }
}
