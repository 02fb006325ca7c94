/** Portable tests in Node, Deno and Bun: a process each, in an empty working directory of its own. */
import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { lookAt } from "../leaks.ts"
import { bundleTests, root } from "./bundle.ts"
import type { TestReport } from "./suite.ts"

const programs = {
  node: [process.execPath],
  deno: [join(root, "node_modules/.bin/deno"), "run", "--allow-all", "--no-config", "--no-lock"],
  bun: [join(root, "node_modules/.bin/bun")],
} as const

const MARK = "test reports: "

const entry = `
import { files } from "test-files"
import { runSuite } from "./suite.ts"
console.log(${JSON.stringify(MARK)} + JSON.stringify(await runSuite(files)))
`

export async function runInProcess(
  runtime: keyof typeof programs,
  tests: readonly string[],
  options: { readonly wire?: boolean } = {},
): Promise<TestReport[]> {
  const work = await mkdtemp(join(tmpdir(), `isofact-${runtime}-`))
  try {
    const file = join(work, "tests.mjs")
    await writeFile(file, await bundleTests({ door: runtime, tests, entry, external: ["node:*"], ...options }))
    const [program, ...args] = [...programs[runtime], file] as [string, ...string[]]
    const output = await outputOf(program, args, work)
    lookAt(output, `The tests in ${runtime}`)
    const line = output.split("\n").find((text) => text.startsWith(MARK))
    if (line === undefined) throw new Error(`${runtime} ended without a report:\n${output}`)
    return JSON.parse(line.slice(MARK.length))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Everything that a program prints. */
async function outputOf(program: string, args: readonly string[], cwd: string): Promise<string> {
  const home = { WANDB_CACHE_DIR: join(cwd, "cache"), DENO_DIR: join(cwd, "deno"), NO_COLOR: "1" }
  const child = spawn(program, args, { cwd, env: { ...process.env, ...home }, stdio: ["ignore", "pipe", "pipe"] })
  let text = ""
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (text += part))
  await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve))
  return text
}
