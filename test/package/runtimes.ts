/** The installed package at work in each runtime, on its default platform: every subpath imported, a version logged and read back later. */
import { cpSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import type { Browser, Page } from "playwright-core"
import { launchChromium, type ServedFile, servePages } from "../runtimes/chromium.ts"
import { type Bundle, browserBundlers, bundleWithWrangler, serveWithVite } from "./bundlers.ts"
import { homes, type Process, processes, type Runtime, specifier, specifiersFor, subpaths } from "./homes.ts"
import { expectEqual, run, type Stranger, step } from "./support.ts"

/** A folder inside the stranger's, with the programs of stranger/ and a `subpaths.js` for that runtime. */
function openPlace({ folder }: Stranger, name: Runtime | "anywhere"): string {
  expectEqual(Object.keys(homes), subpaths, "the table of subpaths")
  const place = join(folder, name)
  cpSync(join(import.meta.dirname, "stranger"), place, { recursive: true })
  writeFileSync(join(place, "package.json"), '{ "type": "module", "private": true }\n')
  if (name !== "anywhere") writeFileSync(join(place, "subpaths.js"), importAll(specifiersFor(name)))
  return place
}

/** A module whose default export imports all of them and answers with those that are empty, and what became global meanwhile. */
function importAll(specifiers: readonly string[]): string {
  const rows = specifiers.map((name) => `    ${JSON.stringify(name)}: await import(${JSON.stringify(name)}),`)
  return `export default async function importAll() {
  // Deno makes the last one by itself, for packages that ask for Node's globals.
  const before = new Set([...Reflect.ownKeys(globalThis), "nodeBootstrap"])
  const modules = {
${rows.join("\n")}
  }
  const empty = Object.keys(modules).filter((name) => Object.keys(modules[name]).length === 0)
  return { empty, added: Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String) }
}
`
}

const clean = { empty: [], added: [] }
const logged = "local/packaging/birds:v0"
const contents = ["wren", ["wren"], 3_000_000]

// ---------------------------------------------------------------- Node, Deno, Bun

/** How a script is started; `rights` are for the job, an import needs none. */
const programs: Readonly<
  Record<Process, { readonly start: readonly string[]; readonly rights: readonly string[]; readonly none: readonly string[] }>
> = {
  node: { start: ["node"], rights: [], none: ["--permission", "--allow-fs-read=*"] },
  deno: { start: ["deno", "run", "--no-prompt", "--cached-only"], rights: ["--allow-read", "--allow-write"], none: [] },
  bun: { start: ["bun", "--no-install"], rights: [], none: [] },
}

export async function runProcess(stranger: Stranger, runtime: Process): Promise<string> {
  const place = openPlace(stranger, runtime)
  const { start, rights, none } = programs[runtime]
  const [program, ...first] = start as [string, ...string[]]
  writeFileSync(join(place, "imports.js"), 'import subpaths from "./subpaths.js"\nconsole.log(JSON.stringify(await subpaths()))\n')
  expectEqual(JSON.parse(await run(program, [...first, ...none, "imports.js"], place)), clean, `imports in ${runtime}`)
  expectEqual(JSON.parse(await run(program, [...first, ...rights, "script.js", "write"], place)), logged, `${runtime} logs`)
  expectEqual(JSON.parse(await run(program, [...first, ...rights, "script.js", "read"], place)), contents, `${runtime} reads`)
  const refused = JSON.parse(await run(program, [...first, ...rights, "foreign.js"], place))
  expectEqual(refused, [...Array(4).fill("UNSUPPORTED"), "cloudflare"], `what is not for ${runtime}`)
  return `imported ${specifiersFor(runtime).length} subpaths, logged and read back in two processes`
}

/** The package as a bundler sees it that names no runtime: everything works, in memory. */
export async function runAnywhere(stranger: Stranger): Promise<string> {
  const place = openPlace(stranger, "anywhere")
  const stdin = {
    contents: 'import * as job from "./job.js"\nconsole.log(JSON.stringify([await job.write(), await job.read()]))',
    resolveDir: place,
  }
  const settings = { bundle: true, format: "esm", platform: "neutral", logLevel: "error" } as const
  await build({ stdin, ...settings, mainFields: ["module", "main"], outfile: join(place, "bundle.js") })
  expectEqual(JSON.parse(await run("node", ["bundle.js"], place)), [logged, contents], "without a condition")
  return "bundled, logged and read back in memory"
}

// ---------------------------------------------------------------- workerd

export async function runWorkerd(stranger: Stranger): Promise<string> {
  const place = openPlace(stranger, "workerd")
  const script = await bundleWithWrangler(place)
  expectNoNode("wrangler", script)
  const module = { type: "ESModule", path: "worker.mjs", contents: script } as const
  const settings = {
    modules: [module],
    compatibilityDate: "2026-10-01",
    r2Buckets: ["ISOFACT"],
    resourcePersistencePath: join(place, "state"),
  }
  for (const actions of [["subpaths", "write"], ["read"]]) {
    const worker = new Miniflare(convertV4MiniflareOptions(settings))
    try {
      for (const action of actions) await expectAnswer(worker, action)
    } finally {
      await worker.dispose()
    }
  }
  return `imported ${specifiersFor("workerd").length} subpaths, logged and read back in two processes`
}

async function expectAnswer(worker: Miniflare, action: string): Promise<void> {
  const response = await worker.dispatchFetch(`http://worker.test/${action}`)
  const text = await response.text()
  if (!response.ok) throw new Error(`the Worker failed at ${action}: ${text}`)
  expectEqual(JSON.parse(text), { subpaths: clean, write: logged, read: contents }[action], `the Worker's ${action}`)
}

// ---------------------------------------------------------------- Chromium

/** What sees that a worker is started and brings its file along; with the others, hashing stays in the page. */
const carryWorker: readonly string[] = ["vite", "vite while developing", "webpack"]

export async function runChromium(stranger: Stranger): Promise<void> {
  const place = openPlace(stranger, "chromium")
  await expectRefusal(place)
  const browser = await launchChromium()
  try {
    for (const [name, bundle] of Object.entries(browserBundlers)) {
      await step(`Chromium, ${name}`, async () => runBundle(browser, name, await bundle(place)))
    }
    await step("Chromium, vite while developing", async () => {
      await using server = await serveWithVite(place, stranger.folder)
      return await runPage(browser, "vite while developing", server.origin)
    })
  } finally {
    await browser.close()
  }
}

async function runBundle(browser: Browser, name: string, bundle: Bundle): Promise<string> {
  for (const [path, bytes] of bundle) if (path.endsWith(".js")) expectNoNode(`${name}: ${path}`, new TextDecoder().decode(bytes))
  await using server = await servePages(Object.fromEntries([...bundle].map(([path, body]) => serve(path, body))))
  return `${bundle.size} files; ${await runPage(browser, name, server.origin)}`
}

async function runPage(browser: Browser, name: string, origin: string): Promise<string> {
  const page = await browser.newPage()
  await page.goto(origin)
  expectEqual(await callJob(page, "subpaths"), clean, `${name}: imports`)
  expectEqual(await callJob(page, "write"), logged, `${name}: logging`)
  // One whose file is missing or broken has been ended by now.
  const workers = page.workers().map((worker) => new URL(worker.url()).pathname.split("/").at(-1))
  await page.reload()
  expectEqual(await callJob(page, "read"), contents, `${name}: reading after a reload`)
  await page.close()
  if (workers.length === 0 && carryWorker.includes(name)) throw new Error(`${name}: no worker hashes`)
  return `imported, logged, reloaded, read back; hashed in ${workers.join(", ") || "the page"}`
}

function serve(path: string, body: Uint8Array): [string, ServedFile] {
  if (path === "index.html") return ["/", { type: "text/html", body }]
  return [`/${path}`, { type: path.endsWith(".js") ? "text/javascript" : "application/octet-stream", body }]
}

async function callJob(page: Page, action: string): Promise<unknown> {
  await page.waitForFunction("globalThis.job")
  return page.evaluate(`job.${action}()`)
}

/** What is for Node alone does not get into a bundle for browsers unnoticed. */
async function expectRefusal(place: string): Promise<void> {
  for (const name of subpaths.filter((subpath) => homes[subpath] === processes).map(specifier)) {
    const stdin = { contents: `export * from "${name}"`, resolveDir: place }
    const failure: unknown = await build({ stdin, bundle: true, write: false, format: "esm", logLevel: "silent" }).catch(
      (error) => error,
    )
    if (!String(failure).includes('"node:')) throw new Error(`${name} in a bundle for browsers: ${String(failure)}`)
  }
}

function expectNoNode(where: string, script: string): void {
  const found = /["'`]node:[a-z/]+["'`]/.exec(script)
  if (found) throw new Error(`${where} imports ${found[0]}`)
}
