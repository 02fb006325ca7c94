/**
 * `npm run bench:wire`: isofact against Python wandb (with its wandb-core), on the same server, with the same files. Rivals take turns;
 * medians and ratios are shown. Slow is never a failure here.
 *
 * usage: wire.ts [--rounds n] [--files n] [--large MiB]
 * ISOFACT_PYTHON names the Python that has wandb (default python3).
 */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { median } from "./support.ts"

interface Sample {
  readonly log: number
  readonly download: number
  /** Until every byte that was downloaded has been hashed, too. */
  readonly proven: number
  /** Of the client, in MiB; of Python with the processes it started. */
  readonly peakMiB: number
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    files: { type: "string", default: "10000" },
    large: { type: "string", default: "2048" },
  },
})
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const work = mkdtempSync(join(tmpdir(), "isofact-bench-wire-"))
/** Of lines to a server, in bytes per second each way: 1 Gbit/s. */
const LINE = 125_000_000

function run(command: string, args: readonly string[], cwd: string): Promise<Sample> {
  mkdirSync(cwd, { recursive: true })
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"] })
  let out = ""
  child.stdout.on("data", (chunk) => (out += chunk))
  return new Promise((resolve, reject) => {
    child.once("close", (code) => {
      const line = out.trim().split("\n").at(-1)
      if (code === 0 && line) resolve(JSON.parse(line) as Sample)
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}`))
    })
  })
}

type Use<T> = (url: string, pid: number) => Promise<T>
type Measure = (url: string) => Promise<Sample>

/** A server with nothing in it, in a process of its own. */
async function withServer<T>(use: Use<T>): Promise<T> {
  const dir = mkdtempSync(join(work, "server-"))
  try {
    return await withProcess("wire-server.ts", [dir], use)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const withGateway = (use: Measure, ...way: "direct"[]) => withServer((url) => withProcess("wire-server.ts", [url, ...way], use))

/** A process that prints the address at which it serves. */
async function withProcess<T>(name: string, args: readonly string[], use: Use<T>): Promise<T> {
  const server = spawn(process.execPath, [script(name), ...args], { stdio: ["ignore", "pipe", "inherit"] })
  try {
    const url = await new Promise<string>((resolve) => server.stdout.once("data", (line) => resolve(String(line).trim())))
    return await use(url, server.pid!)
  } finally {
    server.kill()
  }
}

const overLine = (use: Measure) => (url: string) => withProcess("wire-line.ts", [url, String(LINE)], use)

/** What a gateway before the server costs, of time. */
async function weighGateway(title: string, tree: string, rounds: number): Promise<string[][]> {
  const ways = {
    none: (use: Measure) => withServer(use),
    "through a gateway": (use: Measure) => withGateway(use),
    "through a gateway with direct": (use: Measure) => withGateway(use, "direct"),
    "over a line": (use: Measure) => withServer(overLine(use)),
    "over a line, through a gateway": (use: Measure) => withGateway(overLine(use)),
  }
  const against = {
    "through a gateway": "none",
    "through a gateway with direct": "none",
    "over a line, through a gateway": "over a line",
  } as const
  const names = Object.keys(ways) as (keyof typeof ways)[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<keyof typeof ways, Sample[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const cwd = mkdtempSync(join(work, "gateway-"))
      samples[name].push(await ways[name]((url) => sides.isofact(tree, url, cwd)))
      rmSync(cwd, { recursive: true, force: true })
    }
  }
  return (["log", "download"] as const).flatMap((key) =>
    (Object.keys(against) as (keyof typeof against)[]).map((name) => {
      const [through, without] = [name, against[name]].map((way) => median(samples[way].map((one) => one[key])))
      return [
        `${title}: ${key} ${name}`,
        `${through!.toFixed(1)} s`,
        `${without!.toFixed(1)} s`,
        `${(without! / through!).toFixed(2)}×`,
      ]
    }),
  )
}

const CROWD = { processes: 4, clients: 16, files: 50, bytes: 65_536 }

/** What one server does for 64 clients at once. One that fails fails the bench. */
async function weighCrowd(): Promise<string[][]> {
  const { processes, clients, files, bytes } = CROWD
  return withServer(async (url, pid) => {
    const args = [script("wire-clients.ts"), url, ...[clients, files, bytes].map(String)]
    const begun = performance.now()
    await Promise.all(Array.from({ length: processes }, () => run(process.execPath, args, work)))
    const seconds = (performance.now() - begun) / 1000
    const moved = (2 * processes * clients * files * bytes) / 2 ** 20
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN
    const title = `${processes * clients} clients, ${files} files of ${bytes / 1024} KiB each`
    return [
      [`${title}: log and download`, `${seconds.toFixed(1)} s`],
      [`${title}: moved`, `${(moved / seconds).toFixed(0)} MiB/s`],
      [`${title}: server's memory at most`, `${(Number(peak) / 1024).toFixed(0)} MiB`],
    ]
  })
}

function makeTree(name: string, files: number, bytes: number): string {
  const tree = join(work, name)
  const piece = Buffer.alloc(Math.min(bytes, 2 ** 20))
  for (let at = 0; at < files; at++) {
    const folder = join(tree, String(at % 100))
    mkdirSync(folder, { recursive: true })
    for (let done = 0; done < bytes; done += piece.length) {
      crypto.getRandomValues(piece.subarray(0, Math.min(65_536, piece.length)))
      writeFileSync(join(folder, `${at}.bin`), piece, { flag: "a" })
    }
  }
  return tree
}

const python = process.env.ISOFACT_PYTHON ?? "python3"
const sides = {
  isofact: (tree: string, url: string, cwd: string) => run(process.execPath, [script("wire-ours.ts"), tree, url], cwd),
  python: (tree: string, url: string, cwd: string) => run(python, ["-B", script("wire_rival.py"), tree, url], cwd),
}

async function compare(title: string, tree: string, rounds: number, reach = (use: Measure): Measure => use): Promise<string[][]> {
  const samples: Record<keyof typeof sides, Sample[]> = { isofact: [], python: [] }
  for (let round = 0; round < rounds; round++) {
    for (const side of ["isofact", "python"] as const) {
      const cwd = mkdtempSync(join(work, `${side}-`))
      samples[side].push(await withServer(reach((url) => sides[side](tree, url, cwd))))
      rmSync(cwd, { recursive: true, force: true })
    }
  }
  const middle = (side: keyof typeof sides, key: keyof Sample) => median(samples[side].map((sample) => sample[key]))
  const row = (label: string, key: keyof Sample, unit: string) => {
    const [mine, theirs] = [middle("isofact", key), middle("python", key)]
    return [`${title}: ${label}`, `${mine.toFixed(1)} ${unit}`, `${theirs.toFixed(1)} ${unit}`, `${(theirs / mine).toFixed(2)}×`]
  }
  return [
    row("log", "log", "s"),
    row("download", "download", "s"),
    row("download, and prove every byte", "proven", "s"),
    row("memory at most", "peakMiB", "MiB"),
  ]
}

const show = (cells: readonly string[]) => console.log(cells.map((cell, at) => cell.padEnd(at === 0 ? 64 : 14)).join(""))
try {
  for (const row of await weighCrowd()) show(row)
  show(["", "isofact", "wandb", "ratio"])
  const many = makeTree("many", Number(values.files), 8192)
  for (const row of await compare(`${values.files} files of 8 KiB`, many, Number(values.rounds))) show(row)
  rmSync(many, { recursive: true })
  if (Number(values.large) > 0) {
    const one = makeTree("one", 1, Number(values.large) * 2 ** 20)
    const title = `1 file of ${values.large} MiB`
    for (const row of await compare(title, one, Math.min(Number(values.rounds), 2))) show(row)
    for (const row of await compare(`${title} over a line of 1 Gbit/s`, one, 1, overLine)) show(row)
    for (const row of await weighGateway(title, one, Math.min(Number(values.rounds), 2))) show(row)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
