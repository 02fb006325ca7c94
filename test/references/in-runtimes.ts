/** Runs a program of tests, `exercise(world)`, in the runtimes that have no page around it. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { lookAt } from "../leaks.ts"
import { bundleTests, root } from "../runtimes/bundle.ts"
import { COMPATIBILITY_DATE } from "../runtimes/workerd.ts"

/** By case: an entry, a text that was read, or the code of an error. */
export type Outcomes = Record<string, unknown>

const programs = {
  deno: [join(root, "node_modules/.bin/deno"), "run", "--allow-all", "--no-config", "--no-lock"],
  bun: [join(root, "node_modules/.bin/bun")],
} as const

/** @param module below test/, with an export `exercise` whose argument can be written as JSON */
export function runIn(runtime: "deno" | "bun" | "workerd", module: string, world: object): Promise<Outcomes> {
  const entry = `import { exercise } from "../${module}"\n`
  const call = `await exercise(${JSON.stringify(world)})`
  return runtime === "workerd" ? runInWorkerd(entry, call) : runInProcess(runtime, entry, call)
}

async function runInProcess(runtime: keyof typeof programs, entry: string, call: string): Promise<Outcomes> {
  const work = mkdtempSync(join(tmpdir(), `isofact-${runtime}-`))
  try {
    const path = join(work, "program.mjs")
    const code = `${entry}console.log(JSON.stringify(${call}))`
    writeFileSync(path, await bundleTests({ door: runtime, tests: [], entry: code, external: ["node:*"] }))
    const [program, ...args] = [...programs[runtime], path] as [string, ...string[]]
    const child = spawn(program, args, { cwd: work, env: { ...process.env, DENO_DIR: work, NO_COLOR: "1" } })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (output += part))
    await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve))
    lookAt(output, `The program in ${runtime}`)
    const line = output.split("\n").find((each) => each.startsWith("{"))
    if (line === undefined) throw new Error(`${runtime} ended without an outcome:\n${output}`)
    return JSON.parse(line)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function runInWorkerd(entry: string, call: string): Promise<Outcomes> {
  const code = `${entry}export default { fetch: async () => Response.json(${call}) }`
  const contents = await bundleTests({ door: "workerd", tests: [], entry: code, external: ["cloudflare:*"] })
  const modules = [{ type: "ESModule" as const, path: "program.mjs", contents }]
  const worker = new Miniflare(
    convertV4MiniflareOptions({ modules, compatibilityDate: COMPATIBILITY_DATE, r2Buckets: ["ISOFACT"] }),
  )
  try {
    const response = await worker.dispatchFetch("http://worker.test/")
    if (!response.ok) throw new Error(`workerd failed: ${await response.text()}`)
    return (await response.json()) as Outcomes
  } finally {
    await worker.dispose()
  }
}
