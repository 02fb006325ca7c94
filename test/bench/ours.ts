/**
 * The isofact side of the benchmark, one command per process: prints its timings as one line of JSON. Timed in here, so starting Node
 * costs nothing; like rival.py, each command first does the same to one small file.
 *
 * usage: ours.ts --work DIR hash isofact|crypto
 *        ours.ts --work DIR add-dir|log|relog TREE --policy mutable|immutable
 *        ours.ts --work DIR manifest COUNT
 *        ours.ts --work DIR download URL
 *        ours.ts --work DIR references URL
 *        ours.ts --work DIR table COUNT
 *        ours.ts --work DIR large-log FILE | large-download
 */

import { createHash, randomFillSync } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Artifact, init, Manifest } from "isofact"
import { platform } from "#platform"

type Policy = "mutable" | "immutable"
type Sample = Record<string, number>

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { work: { type: "string" }, policy: { type: "string" } },
})
const work = values.work!
const policy = (values.policy ?? "mutable") as Policy
const [command, argument = ""] = positionals

/** For what must be new in every process. */
const fresh = join(work, `process-${process.pid}`)
process.env.WANDB_CACHE_DIR = join(fresh, "cache")

/** Seconds. */
async function timed(action: () => unknown): Promise<number> {
  const start = performance.now()
  await action()
  return (performance.now() - start) / 1000
}

/** MiB, from /proc: VmRSS is memory in use, VmHWM the most there ever was. 0 where there is no /proc. */
function memory(key: "VmRSS" | "VmHWM"): number {
  try {
    return Number(new RegExp(`${key}:\\s*(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024
  } catch {
    return 0
  }
}

/** The most memory `action` needed above what the idle process has. */
async function peakOf(action: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.()
  const idle = memory("VmRSS")
  await action()
  return memory("VmHWM") - idle
}

async function build(tree: string): Promise<Artifact> {
  const artifact = new Artifact("bench", "dataset")
  await artifact.addDir(tree, { policy })
  return artifact
}

async function log(artifact: Artifact): Promise<Artifact> {
  const run = await init({ project: "bench", dir: work })
  await run.logArtifact(artifact)
  await run.finish()
  return artifact.wait()
}

async function warmUp(): Promise<void> {
  const small = join(work, "small")
  mkdirSync(small, { recursive: true })
  writeFileSync(join(small, "one"), "1")
  const artifact = new Artifact("small", "dataset")
  await artifact.addDir(small, { policy })
  await log(artifact)
}

async function addDir(): Promise<Sample> {
  await warmUp()
  return { addDir: await timed(() => build(argument)) }
}

async function logTree(): Promise<Sample> {
  await warmUp()
  const artifact = await build(argument)
  const seconds = await timed(() => log(artifact))
  return { log: seconds }
}

/** An earlier process logged the same tree; this is all of a second run: hash again, ask the registry, find nothing new. */
async function relog(): Promise<Sample> {
  await warmUp()
  let version = ""
  const seconds = await timed(async () => {
    version = (await log(await build(argument))).version
  })
  if (version !== "v0") throw new Error(`the same content became ${version}`)
  return { relog: seconds }
}

/** Our side of the same loops, on what this door hashes with, or plain node:crypto. */
async function hash(): Promise<Sample> {
  const engine = argument === "crypto" ? cryptoEngine : platform.hasher
  const megabytes = 256
  const pieces = (bytes: number) =>
    Array.from({ length: (megabytes * 2 ** 20) / bytes }, () => randomFillSync(new Uint8Array(bytes)))
  const speed = (seconds: number) => (megabytes * 2 ** 20) / 1e6 / seconds
  const many = async (bytes: number) => {
    const all = pieces(bytes)
    const each = async () => {
      for (const piece of all) await engine.hash(piece)
    }
    await engine.hash(all[0]!)
    return speed(await timed(() => (engine.hashMany === undefined ? each() : engine.hashMany(all))))
  }
  const chunks = pieces(2 ** 20)
  const stream = async () => {
    const state = await engine.create()
    for (const chunk of chunks) await state.update(chunk)
    await state.digest()
  }
  return { stream: speed(await timed(stream)), small: await many(8192), large: await many(2 ** 20) }
}

const cryptoEngine = {
  create: async () => {
    const state = createHash("md5")
    return { update: (bytes: Uint8Array) => void state.update(bytes), digest: () => state.digest("base64") }
  },
  hash: (bytes: Uint8Array) => createHash("md5").update(bytes).digest("base64"),
  hashMany: undefined as ((pieces: readonly Uint8Array[]) => Promise<unknown>) | undefined,
}

async function manifest(): Promise<Sample> {
  const count = Number(argument)
  const idle = memory("VmRSS")
  const digests = Array.from({ length: count }, (_, at) => createHash("md5").update(String(at)).digest("base64"))
  const name = (at: number) => `d${String(Math.floor(at / 1000)).padStart(4, "0")}/file${String(at).padStart(7, "0")}.bin`
  const built = new Manifest()
  const buildSeconds = await timed(() => {
    for (const [size, digest] of digests.entries()) built.add({ path: name(size), digest, size })
  })
  let digest = ""
  const digestSeconds = await timed(() => (digest = built.digest()))
  let text = ""
  const encodeSeconds = await timed(() => (text = built.encode()))
  let decoded = built
  const decodeSeconds = await timed(() => (decoded = Manifest.decode(text)))
  const peak = memory("VmHWM") - idle
  if (decoded.digest() !== digest) throw new Error("the decoded manifest has another digest")
  return { build: buildSeconds, digest: digestSeconds, encode: encodeSeconds, decode: decodeSeconds, peak }
}

/**
 * The embedded registry's records, with every file fetched over HTTP from the same server that Python downloads from: the downloader
 * works as with any registry across a network, cache included.
 */
function overHttp(url: string) {
  const records = platform.registry({ dir: work })
  const openFile: typeof records.openFile = async (_member, file, options = {}) => {
    const response = await fetch(`${url}/${file.path}`, { signal: options.signal ?? null })
    if (!response.ok) throw new Error(`GET ${file.path}: ${response.status}`)
    return {
      stability: "once",
      size: file.size,
      name: file.path,
      stream: () => response.body!,
      bytes: async () => new Uint8Array(await response.arrayBuffer()),
    }
  }
  return { ...records, remote: true, openFile }
}

async function download(): Promise<Sample> {
  const seconds: Sample = {}
  const registry = overHttp(argument)
  for (const [key, options] of [
    ["cold", { registry }],
    ["warm", { registry }],
    ["embedded", { dir: work }],
  ] as const) {
    const target = join(fresh, key)
    const run = await init({ project: "bench", ...options })
    await (await run.useArtifact("small:latest")).download(join(fresh, `${key}-small`))
    const used = await run.useArtifact("bench:latest")
    seconds[key] = await timed(() => used.download(target))
    const found = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
    if (found !== used.fileCount) throw new Error(`${key}: ${found} of ${used.fileCount} files`)
  }
  return seconds
}

/** Idle is after one object, as in rival.py: the first address loads what speaks to its store. */
async function references(): Promise<Sample> {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    AWS_REGION: "us-east-1",
    AWS_S3_ENDPOINT_URL: argument,
  })
  await new Artifact("small", "dataset").addReference("s3://bench/data/0000/0000000.bin")
  const artifact = new Artifact("bench", "dataset")
  let seconds = 0
  const peak = await peakOf(async () => {
    seconds = await timed(() => artifact.addReference("s3://bench/data"))
  })
  return { seconds, peak, files: artifact.manifest.fileCount }
}

/** The rows of rival.py. */
function* birdRows(count: number): Generator<unknown[]> {
  for (let i = 0; i < count; i++) {
    const [weight, longitude, latitude] = [(i * 37) % 1000, (i * 7) % 3600, (i * 11) % 1800]
    yield [
      i,
      weight / 10,
      `bird ${i}`,
      i % 3 === 0,
      longitude / 10 - 180,
      latitude / 10 - 90,
      i % 12,
      "garden",
      `ä ${i % 97}`,
      i % 24,
    ]
  }
}

const birdColumns = ["id", "weight", "name", "tame", "longitude", "latitude", "count", "site", "note", "hour"]

async function table(): Promise<Sample> {
  const { Table } = await import("../../src/media/index.ts")
  const count = Number(argument)
  const make = (rows: number) => Table.from(birdRows(rows), { columns: birdColumns, maxRows: rows })
  const logTable = async (name: string, rows: number) => {
    const artifact = new Artifact(name, "dataset")
    const write = await timed(async () => artifact.add(await make(rows), "birds"))
    const logged = await log(artifact)
    let seen = 0
    const read = await timed(async () => {
      const found = (await logged.get("birds")) as Awaited<ReturnType<typeof make>>
      for await (const [, row] of found.iterrows()) seen += row.length / birdColumns.length
    })
    if (seen !== rows) throw new Error(`of ${rows} rows ${seen} were read`)
    return { write, read }
  }
  await logTable("small", 10)
  let sample: Sample = {}
  const peak = await peakOf(async () => {
    sample = await logTable("bench", count)
  })
  return { ...sample, peak }
}

/** As a user would: the default policy, so the file is also kept safe from later changes. Nothing is warmed up: idle is idle. */
async function largeLog(): Promise<Sample> {
  const artifact = new Artifact("large", "dataset")
  let seconds = 0
  const logPeak = await peakOf(async () => {
    seconds = await timed(async () => {
      await artifact.addFile(argument)
      await log(artifact)
    })
  })
  return { log: seconds, logPeak }
}

async function largeDownload(): Promise<Sample> {
  let seconds = 0
  const downloadPeak = await peakOf(async () => {
    const run = await init({ project: "bench", dir: work })
    const used = await run.useArtifact("large:latest")
    seconds = await timed(() => used.download(join(fresh, "download")))
  })
  return { download: seconds, downloadPeak }
}

const commands: Record<string, () => Promise<Sample>> = {
  hash,
  "add-dir": addDir,
  log: logTree,
  relog,
  manifest,
  download,
  references,
  table,
  "large-log": largeLog,
  "large-download": largeDownload,
}
console.log(JSON.stringify(await commands[command!]!()))
