/** The command line as a user runs it: in a directory of its own, and where it matters a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, vi } from "vitest"
import { main } from "../../src/cli/main.ts"
import { lookAt } from "../leaks.ts"
import { secret } from "../secrets.ts"

const program = join(import.meta.dirname, "../../src/cli/isofact.ts")

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Place {
  readonly dir: string
  /** Runs it to its end, as a process. */
  spawn(...args: string[]): Promise<Outcome>
  /** The same in this process, which is much cheaper. */
  run(...args: string[]): Promise<Outcome>
  /** Its one JSON document. */
  json<T = Record<string, unknown>>(...args: string[]): Promise<T>
  start(...args: string[]): {
    readonly process: ChildProcess
    readonly ended: Promise<Outcome>
    until(text: string): Promise<string>
  }
  write(path: string, text: string): Promise<void>
  env: Record<string, string>
}

const places: string[] = []
afterAll(() => Promise.all(places.map((dir) => rm(dir, { recursive: true, force: true }))))

export async function createPlace(): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), "isofact-cli-"))
  places.push(dir)
  const place: Place = {
    dir,
    env: { WANDB_CACHE_DIR: join(dir, "cache") },
    spawn: (...args) => place.start(...args).ended,
    run: (...args) => runHere(args, dir, place.env),
    async json(...args) {
      const { code, out, err } = await place.run(...args, "--json")
      if (err !== "") throw new Error(`${args[0]} exited with ${code} and said ${err}`)
      return JSON.parse(out)
    },
    start: (...args) => start(dir, place.env, args),
    async write(path, text) {
      await mkdir(dirname(join(dir, path)), { recursive: true })
      await writeFile(join(dir, path), text)
    },
  }
  return place
}

const wandbNames = ["WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_ENTITY", "WANDB_MODE", "WANDB_PROJECT"]

/** One command at a time: directory, environment and output are the process's. */
export async function runHere(args: readonly string[], dir: string, env: Record<string, string>): Promise<Outcome> {
  const said = { out: "", err: "" }
  const before = process.cwd()
  for (const name of wandbNames) vi.stubEnv(name, "")
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const spies = (["out", "err"] as const).map((name) =>
    vi.spyOn(process[`std${name}`], "write").mockImplementation((chunk) => {
      said[name] += String(chunk)
      return true
    }),
  )
  try {
    process.chdir(dir)
    return seen(args, env, { code: await main(args), ...said })
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
    process.chdir(before)
  }
}

/** What it said tells no secret, not even the key that it was given. */
function seen(args: readonly string[], { WANDB_API_KEY = "" }: Record<string, string>, outcome: Outcome): Outcome {
  if (WANDB_API_KEY !== "") secret(WANDB_API_KEY)
  // A token is what `token` is asked for.
  lookAt((args[0] === "token" ? "" : outcome.out) + outcome.err, `isofact ${args[0]}`)
  return outcome
}

function start(cwd: string, more: Record<string, string>, args: readonly string[]) {
  const clean = Object.entries(process.env).filter(([name]) => !/^(WANDB|NODE|VITEST)/.test(name))
  const child = spawn(process.execPath, ["--conditions=isofact-source", program, ...args], {
    cwd,
    env: { ...Object.fromEntries(clean), ...more },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const text = { out: "", err: "" }
  const listeners = new Set<() => void>()
  for (const [name, stream] of [
    ["out", child.stdout],
    ["err", child.stderr],
  ] as const) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<Outcome>((resolve) => child.on("close", (code) => resolve(seen(args, more, { code, ...text }))))
  const until = (wanted: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => (text.out + text.err).includes(wanted) && resolve(text.out + text.err)
      listeners.add(look)
      look()
      ended.then(() => reject(new Error(`ended without "${wanted}": ${text.out}${text.err}`)))
    })
  return { process: child, ended, until }
}
