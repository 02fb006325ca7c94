/**
 * `npm run bench`: isofact against Python wandb and node:crypto, as one table. The machine is noisy, so rivals take turns, every
 * measurement is a fresh process timed from inside, and medians are shown; the ratio within the run is what counts. Slow is never a
 * failure here.
 *
 * usage: bench.ts [--only word] [--rounds n] [--quick]
 * ISOFACT_PYTHON names the Python that has wandb (default python3). BENCH_LARGE=0 leaves out the 4 GiB file.
 */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Bench, createGroups, type Group, type Row, type Sample } from "./groups.ts"
import { emptyFiles, formatRow, median, runChild, settle } from "./support.ts"

const { values: flags } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
  },
})
const rounds = Math.max(1, Number(flags.rounds) || 3)
const python = process.env.ISOFACT_PYTHON ?? "python3"
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const work = mkdtempSync(join(tmpdir(), "isofact-bench-"))
const stop = new AbortController()

let scratches = 0
/** Runs in a new directory, whose space is given back afterwards. */
async function inScratch(name: string, run: (dir: string) => Promise<Sample>): Promise<Sample> {
  const dir = join(work, `${name}-${scratches++}`)
  mkdirSync(dir)
  const sample = await run(dir)
  emptyFiles(dir)
  return sample
}

const runOurs = async (dir: string, args: readonly string[]) => {
  mkdirSync(dir, { recursive: true })
  return (await runChild(dir, process.execPath, ["--expose-gc", script("ours.ts"), "--work", dir, ...args], stop.signal)) as Sample
}

const bench: Bench = {
  work,
  isQuick: flags.quick,
  hasLarge: process.env.BENCH_LARGE !== "0",
  ours: (args, store) => (store === undefined ? inScratch("ours", (dir) => runOurs(dir, args)) : runOurs(store, args)),
  python: (args) =>
    inScratch("python", (dir) => runChild(dir, python, ["-B", script("rival.py"), "--work", dir, ...args], stop.signal)),
}

/** Rounds of isofact, rival, isofact, rival, …, each after the disk has settled. */
async function measure(group: Group, hasRival: boolean): Promise<{ ours: Sample[]; rival: Sample[] }> {
  const ours: Sample[] = []
  const rival: Sample[] = []
  for (let round = 1; round <= (group.rounds ?? rounds); round++) {
    if (process.stderr.isTTY) process.stderr.write(`\x1b[2K${group.name}, round ${round}\r`)
    await settle()
    ours.push(await group.ours())
    if (!hasRival) continue
    await settle()
    rival.push(await group.rival!())
  }
  return { ours, rival }
}

function tabulate(
  { title, unit, ours, rival, missing = "", goal = "" }: Row,
  samples: { ours: Sample[]; rival: Sample[] },
): string[] {
  const middle = (side: readonly Sample[], key: string) => median(side.map((sample) => sample[key]!))
  const show = (value: number) => `${value.toFixed(unit === "s" ? 2 : 0)} ${unit}`
  const mine = middle(samples.ours, ours)
  if (rival === undefined || samples.rival.length === 0) return [title, show(mine), missing, "", goal]
  const theirs = middle(samples.rival, rival)
  const ratio = unit === "MB/s" ? mine / theirs : theirs / mine
  return [title, show(mine), show(theirs), `${ratio.toFixed(1)}×`, goal]
}

async function findWandb(): Promise<{ readonly version?: string; readonly boto3?: boolean }> {
  try {
    return (await bench.python(["version"])) as never
  } catch {
    return {}
  }
}

async function main(): Promise<void> {
  const { version: wandb, boto3 } = await findWandb()
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} cores, median of ${rounds}; rival: Python wandb ${wandb ?? "(not there)"}, unless named`,
  )
  if (wandb === undefined)
    console.log(`${python} cannot import wandb: pip install "wandb>=0.30", or name a Python that can with ISOFACT_PYTHON`)
  const groups = createGroups(bench).filter(({ name }) => name.includes(flags.only))
  const titleWidth = Math.max(...groups.flatMap(({ rows }) => rows.map(({ title }) => title.length)))
  console.log(formatRow(["", "isofact", "rival", "ratio", "goal"], titleWidth))
  for (const group of groups) {
    const missing = group.isPython && wandb === undefined ? "no wandb" : group.needsBoto && !boto3 ? "no wandb[aws]" : undefined
    await group.prepare?.()
    const samples = await measure(group, group.rival !== undefined && missing === undefined)
    group.tidy?.()
    if (process.stderr.isTTY) process.stderr.write("\x1b[2K")
    for (const row of group.rows)
      console.log(formatRow(tabulate(missing === undefined ? row : { ...row, missing }, samples), titleWidth))
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort())
try {
  await main()
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}
