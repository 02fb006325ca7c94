/** Processes of Python's `wandb` against a server, and what they leave in their logs. */

import { spawn } from "node:child_process"
import { existsSync, globSync, mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { lookAt } from "../leaks.ts"
import { secret } from "../secrets.ts"
import type { Group } from "./group.ts"

export interface Destination {
  readonly url: string
  readonly key: string
}

export interface PythonOptions {
  readonly python: string
  readonly to: Destination
  /** Its working directory, home and cache; made if it is not there. */
  readonly dir: string
  readonly env?: Readonly<Record<string, string>>
  /** Lines of its logs and of stderr that this work brings about. */
  readonly expect?: readonly RegExp[]
}

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const peer = fileURLToPath(new URL("wire_peer.py", import.meta.url))

/** One command of wire_peer.py: its checks are counted in `group`, its facts returned. */
export async function runPeer<T>(group: Group, command: string, options: PythonOptions): Promise<T> {
  const ended = await runPython(["-B", peer, command, options.dir], options)
  const file = join(options.dir, "report.json")
  if (!existsSync(file)) throw new Error(`wire_peer.py ${command} ended with ${ended.status}:\n${ended.stderr.slice(-3000)}`)
  const { passed, failures, facts } = JSON.parse(readFileSync(file, "utf8"))
  for (let count = 0; count < passed; count++) group.check(true, String)
  for (const failure of failures) group.check(false, () => `${command}: ${failure}`)
  group.check(ended.status === 0, () => `${command} ended with ${ended.status}: ${ended.stderr.slice(-1000)}`)
  checkQuiet(group, command, ended, options)
  return facts
}

/** The `wandb` command line that came with this Python. */
export async function runCommand(group: Group, args: readonly string[], options: PythonOptions): Promise<Ended> {
  const ended = await runPython(["-B", "-m", "wandb", ...args], options)
  const what = `wandb ${args.slice(0, 2).join(" ")}`
  group.check(ended.status === 0, () => `${what} ended with ${ended.status}: ${ended.stderr.slice(-1000)}`)
  checkQuiet(group, what, ended, options)
  return ended
}

async function runPython(args: readonly string[], { python, to, dir, env }: PythonOptions): Promise<Ended> {
  secret(to.key)
  const place = (name: string) => {
    mkdirSync(join(dir, name), { recursive: true })
    return join(dir, name)
  }
  const child = spawn(python, args, {
    cwd: place("."),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: `${dirname(python)}:${process.env.PATH}`,
      HOME: place("home"),
      WANDB_BASE_URL: to.url,
      WANDB_API_KEY: to.key,
      WANDB_ENTITY: "birds",
      WANDB_PROJECT: "garden",
      WANDB_DIR: place("runs"),
      WANDB_CACHE_DIR: place("cache"),
      WANDB_DATA_DIR: place("data"),
      WANDB_CONFIG_DIR: place("config"),
      WANDB_DISABLE_GIT: "true",
      // What the package reports to its makers goes nowhere, and all that it asks of a server still comes to ours.
      HTTPS_PROXY: "http://127.0.0.1:9",
      ...env,
    },
  })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text))
  const status = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve))
  lookAt(stdout + stderr, `python ${args.slice(1, 3).join(" ")}`)
  return { status, stdout, stderr }
}

const LOUD = /warn|error|retry|retries|traceback|exception|panic/i
/** What wandb-core writes into every log, whatever the server does. */
const ALWAYS = [
  /sendUseArtifact: job builder disabled/,
  // It sometimes removes its staged copy before its cache has taken it.
  /"error adding file to cache".*artifacts\/staging\//,
  // 0.30 turns a setting on that few servers know.
  /server does not expand metric globs but/,
]

/** No warning on stderr, and neither retries nor errors in any log of the process. */
function checkQuiet(group: Group, what: string, { stderr }: Ended, { dir, expect = [] }: PythonOptions): void {
  const isLoud = (line: string) => LOUD.test(line) && ![...ALWAYS, ...expect].some((known) => known.test(line))
  for (const line of stderr.split("\n").filter(isLoud)) group.check(false, () => `${what} says: ${line}`)
  const logs = globSync("{runs/wandb/run-*/logs,cache/**,data/**,home/**}/*debug*.log", { cwd: dir })
  for (const log of logs) {
    const lines = readFileSync(join(dir, log), "utf8").split("\n")
    group.check(true, String)
    for (const line of lines.filter(isLoud)) group.check(false, () => `${what}, ${log}: ${line}`)
  }
}
