/** Runs wire-program.ts in each runtime, bundled from dist/ as the runtime's own conditions would choose. */

import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { build } from "esbuild"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { lookAt } from "../leaks.ts"
import { root } from "../runtimes/bundle.ts"
import { launchChromium, servePages } from "../runtimes/chromium.ts"
import { COMPATIBILITY_DATE } from "../runtimes/workerd.ts"
import type { Outcome, Task } from "./wire-program.ts"

export type Runtime = "node" | "deno" | "bun" | "workerd" | "chromium"
export const runtimes: readonly Runtime[] = ["node", "deno", "bun", "workerd", "chromium"]

const MARK = "outcome: "
const commands = {
  node: [process.execPath],
  deno: [join(root, "node_modules/.bin/deno"), "run", "--allow-all", "--no-config", "--no-lock"],
  bun: [join(root, "node_modules/.bin/bun")],
} as const

/** @param dir its working directory, where it has one; made if it is not there */
export async function runIn(runtime: Runtime, task: Task, dir: string): Promise<Outcome> {
  await mkdir(dir, { recursive: true })
  if (runtime === "workerd") return runInWorkerd(task)
  if (runtime === "chromium") return runInChromium(task)
  return runInProcess(runtime, task, dir)
}

async function bundle(condition: string, entry: string, external: readonly string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: join(root, "test/interop"), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: [condition, "import"],
    external: [...external],
    // The paths of the tests' own tsconfig lead to the sources.
    tsconfigRaw: "{}",
    logLevel: "error",
  })
  return outputFiles[0]!.text
}

async function runInProcess(runtime: keyof typeof commands, task: Task, dir: string): Promise<Outcome> {
  const entry = `
import { exchange } from "./wire-program.ts"
console.log(${JSON.stringify(MARK)} + JSON.stringify(await exchange(${JSON.stringify(task)})))
`
  const file = join(dir, "program.mjs")
  await writeFile(file, await bundle(runtime, entry, ["node:*", "module"]))
  const [program, ...args] = [...commands[runtime], file] as [string, ...string[]]
  const home = {
    WANDB_CACHE_DIR: join(dir, "cache"),
    WANDB_DATA_DIR: join(dir, "data"),
    DENO_DIR: join(dir, "deno"),
    NO_COLOR: "1",
  }
  const child = spawn(program, args, { cwd: dir, env: { ...process.env, ...home }, stdio: ["ignore", "pipe", "pipe"] })
  let text = ""
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (text += part))
  await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve))
  lookAt(text, `The program in ${runtime}`)
  const line = text.split("\n").find((each) => each.startsWith(MARK))
  if (line === undefined) throw new Error(`${runtime} ended without an outcome:\n${text}`)
  return JSON.parse(line.slice(MARK.length))
}

async function runInWorkerd(task: Task): Promise<Outcome> {
  const entry = `
import { exchange } from "./wire-program.ts"
export default {
  async fetch(request) {
    try {
      return Response.json(await exchange(await request.json()))
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 })
    }
  },
}
`
  const contents = await bundle("workerd", entry, ["cloudflare:*"])
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "program.mjs", contents }],
      compatibilityDate: COMPATIBILITY_DATE,
    }),
  )
  try {
    const response = await worker.dispatchFetch("http://worker.test/", { method: "POST", body: JSON.stringify(task) })
    if (!response.ok) throw new Error(`workerd failed: ${await response.text()}`)
    return (await response.json()) as Outcome
  } finally {
    await worker.dispose()
  }
}

async function runInChromium(task: Task): Promise<Outcome> {
  const script = (body: string) => ({ type: "text/javascript", body })
  await using server = await servePages({
    "/program.js": script(await bundle("browser", `export { exchange } from "./wire-program.ts"`, [])),
    "/hash-worker.js": script(readFileSync(join(root, "dist/doors/hash-worker.js"), "utf8")),
  })
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.goto(server.origin)
    const call = `import("/program.js").then(({ exchange }) => exchange(${JSON.stringify(task)}))`
    return (await page.evaluate(call)) as Outcome
  } finally {
    await browser.close()
  }
}
