/** What all packaging checks share: where things are, commands that touch no network, and one line per step. */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly exports: Readonly<Record<string, { readonly default: string }>>
  readonly imports: { readonly "#platform": Readonly<Record<string, string | { readonly default: string }>> }
  readonly dependencies: Readonly<Record<string, string>>
}

export const manifest: PackageManifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** A stranger's folder: nothing in it but what npm put there and what a check adds. */
export interface Stranger {
  readonly folder: string
  /** `node_modules/isofact` in it. */
  readonly installed: string
}

/** Tools that would report home, look for updates or fetch what is missing do none of it. */
const quiet = {
  CI: "true",
  DO_NOT_TRACK: "1",
  NO_COLOR: "1",
  NO_UPDATE_NOTIFIER: "1",
  DENO_NO_UPDATE_CHECK: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  npm_config_offline: "true",
  npm_config_update_notifier: "false",
}

/** Everything that a program prints; rejects with it when the program does not end with 0. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const path = join(root, "node_modules/.bin") + delimiter + process.env.PATH
  const state = { WRANGLER_LOG_PATH: join(cwd, ".logs"), DENO_DIR: join(cwd, ".deno"), WANDB_CACHE_DIR: join(cwd, ".cache") }
  const env = { ...process.env, ...quiet, ...state, PATH: path }
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (output += part))
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve))
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${output}`)
  return output
}

export interface Finding<T> {
  /** For the line that is printed. */
  readonly found: string
  readonly value: T
}

/** Does one step, prints one line about it, and hands on what later steps need. */
export async function step(name: string, work: () => Promise<string>): Promise<void>
export async function step<T>(name: string, work: () => Promise<Finding<T>>): Promise<T>
export async function step<T>(name: string, work: () => Promise<string | Finding<T>>): Promise<T | undefined> {
  const started = performance.now()
  const finding = await work()
  const { found, value } = typeof finding === "string" ? { found: finding, value: undefined } : finding
  console.log(`${name}: ${found} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  return value
}

export function expectEqual(found: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}`)
}

/** Files below a folder, as paths with `/`. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return files.map((file) => file.slice(folder.length + 1).replaceAll("\\", "/"))
}
