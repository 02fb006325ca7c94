/** A process that logs a growing tree dies at any moment; whoever comes next finds whole versions only, and sends only what is missing. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Artifact, isArtifactError, Manifest, type ProgressEvent } from "isofact"
import { expect, test } from "vitest"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import {
  artifactDigest,
  blobPath,
  bundleChild,
  createRandom,
  filesBelow,
  md5Hex,
  openStores,
  openWorld,
  startChild,
  tempFolder,
} from "./support.ts"
import { treeOf } from "./trees.ts"

const project = "kill"
const lanes = ["a", "b"]
const killsPerLane = 52

interface Stage {
  readonly dir: string
  readonly script: string
  readonly random: () => number
  /** Lives as long as the test, for the reruns. */
  readonly world: ReturnType<typeof openWorld>
  /** Blob files that were hashed already. */
  readonly hashed: Set<string>
  /** Files that the dead were writing. */
  readonly leftovers: Set<string>
  /** Deaths before anything was logged; between the first blob of a round and its last; after the commit and before it was told. */
  readonly met: { early: number; partial: number; unheard: number }
}

test(`${lanes.length * killsPerLane} kills at random moments leave only whole versions, and reruns store only what is missing`, async () => {
  const dir = tempFolder()
  const seed = Date.now() % 1e9
  const met = { early: 0, partial: 0, unheard: 0 }
  const leftovers = new Set<string>()
  const script = await bundleChild("child-log")
  const stage: Stage = { dir, script, random: createRandom(seed), world: openWorld(dir), hashed: new Set(), leftovers, met }
  await Promise.all(lanes.map((lane) => runLane(stage, lane))).catch((error) => {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
  })
  // Or the moments were not worth their name.
  expect(met.early).toBeGreaterThan(0)
  expect(met.partial).toBeGreaterThan(2)
  expect(leftovers.size).toBeGreaterThan(5)
  await checkAll(dir)
  await checkGarbage(dir)
}, 180_000)

async function runLane(stage: Stage, lane: string): Promise<void> {
  let next = 0
  let changesPerRound = 200
  for (let kill = 0; kill < killsPerLane; kill++) {
    const dieAt = kill % 2 === 0 ? 1 + Math.floor(stage.random() * changesPerRound * (kill % 4 === 0 ? 1 : 2)) : 0
    const lines = await killOne(stage, [stage.dir, lane, next, dieAt], kill % 4 === 1 ? "storing" : "ready")
    const done = lines.filter((line) => line.startsWith("done")).map((line) => line.split(" ").map(Number))
    const begun = lines.filter((line) => line.startsWith("begin")).map((line) => Number(line.split(" ")[1]))
    if (done[0] !== undefined) changesPerRound = done[0][2]!
    if (begun.length === 0) stage.met.early++
    const round = begun.at(-1) ?? next
    const visible = await checkLane(stage, lane, next, round)
    expect(visible).toEqual(expect.arrayContaining(done.map(([, number]) => number)))
    await rerun(stage, lane, round, visible.includes(round))
    next = round + 1
  }
}

/** Starts a child and sees to its death, by its own hand at a change of the file system or by ours some time after `moment`. */
async function killOne({ script, random }: Stage, args: readonly [string, string, number, number], moment: string) {
  const child = startChild(script, args)
  if (args[3] === 0) {
    await child.line(moment)
    const spanMs = moment === "storing" || random() < 0.2 ? 5 : 120
    await sleep(random() * spanMs)
    child.process.kill("SIGKILL")
  }
  const { signal, stderr } = await child.ended
  expect([signal, stderr]).toEqual(["SIGKILL", ""])
  return child.lines
}

/** What a new process sees: contiguous numbers, every version of this lane whole and as it should be. The rounds that are visible. */
async function checkLane({ dir, hashed, leftovers }: Stage, lane: string, from: number, to: number): Promise<number[]> {
  const rounds: number[] = []
  for (const artifact of await listVersions(dir)) {
    const round = artifact.metadata.round as number
    if (artifact.metadata.lane !== lane) continue
    rounds.push(round)
    if (round < from) continue
    const tree = treeOf(lane, round)
    expect(artifact.digest).toBe(artifactDigest(tree))
    expect((await artifact.verify(undefined, { stored: true })).verified).toBe(tree.size)
  }
  expect(rounds.toReversed()).toEqual(Array.from({ length: rounds.length }, (_, at) => at))
  expect(rounds.length).toBeLessThanOrEqual(to + 1)
  for (const name of ["blobs/tmp", "records/@tmp"]) {
    for (const file of filesBelow(join(dir, ".isofact", name))) leftovers.add(file)
  }
  checkBlobs(dir, hashed)
  return rounds
}

async function listVersions(dir: string): Promise<Artifact[]> {
  const { api } = openWorld(dir)
  const found: Artifact[] = []
  try {
    for await (const artifact of api(project).artifacts("dataset", "tree")) found.push(artifact)
  } catch (error) {
    if (!isArtifactError(error) || error.code !== "ENTRY_NOT_FOUND") throw error
  }
  expect(found.map(({ version }) => version)).toEqual(Array.from(found, (_, at) => `v${found.length - 1 - at}`))
  return found
}

/** Nothing stands under the name of a blob but the bytes of that name. */
function checkBlobs(dir: string, hashed: Set<string>): void {
  const objects = join(dir, ".isofact", "blobs", "md5")
  for (const name of filesBelow(objects)) {
    if (hashed.has(name)) continue
    expect(md5Hex(readFileSync(join(objects, name)))).toBe(name.replace("/", ""))
    hashed.add(name)
  }
}

/** Logs the round that was cut off again, here, and counts what that stores. */
async function rerun({ dir, world, met }: Stage, lane: string, round: number, isVisible: boolean): Promise<void> {
  const tree = treeOf(lane, round)
  const missing = new Set([...tree.values()].filter((bytes) => !existsSync(blobPath(dir, bytes))).map((bytes) => md5Hex(bytes)))
  if (isVisible) expect(missing.size).toBe(0)
  if (isVisible) met.unheard++
  const before = new Set(round === 0 ? [] : [...treeOf(lane, round - 1).values()].map((bytes) => md5Hex(bytes)))
  const brought = new Set([...tree.values()].map((bytes) => md5Hex(bytes)).filter((digest) => !before.has(digest)))
  if (missing.size > 0 && missing.size < brought.size) met.partial++
  const { platform, registry } = world
  const artifact = new Artifact("tree", "dataset", { platform, metadata: { lane, round } })
  await artifact.addDir(tree)
  const stored: string[] = []
  const onProgress = (event: ProgressEvent) => {
    if (event.type === "store" && event.fileDone) stored.push(md5Hex(tree.get(event.path)!))
  }
  await using run = await world.init(project)
  await run.logArtifact(artifact, { aliases: [`lane-${lane}`, "shared"], onProgress })
  expect(stored.sort()).toEqual([...missing].sort())
  expect((await registry.findVersion({ entity: "local", project, collection: "tree", alias: `lane-${lane}` }))?.index).toBe(
    Number(artifact.version.slice(1)),
  )
}

/** Every version there is, whole; the last one also as a download. */
async function checkAll(dir: string): Promise<void> {
  const versions = await listVersions(dir)
  for (const artifact of versions) {
    expect((await artifact.verify(undefined, { stored: true })).missing).toEqual([])
  }
  const [newest] = versions
  expect(versions.filter(({ aliases }) => aliases.includes("latest"))).toEqual([newest])
  expect(versions.filter(({ aliases }) => aliases.includes("shared")).length).toBe(1)
  const root = join(tempFolder(), "copy")
  await newest!.download(root)
  const tree = treeOf(newest!.metadata.lane as string, newest!.metadata.round as number)
  expect(filesBelow(root).sort()).toEqual([...tree.keys()].sort())
  for (const [path, bytes] of tree) expect(md5Hex(readFileSync(join(root, path)))).toBe(md5Hex(bytes))
}

/** What the dead left behind goes, and nothing that is needed. */
async function checkGarbage(dir: string): Promise<void> {
  await sleep(5)
  const { registry, platform } = openWorld(dir)
  expect((await registry.gc({ graceMs: 0 })).bytesFreed).toBeGreaterThan(0)
  const home = join(dir, ".isofact")
  // Whoever was about to commit is given an hour whatever the grace.
  await createEmbeddedRegistry({ ...openStores(dir), now: () => Date.now() + 2 * 3_600_000 }).gc({ graceMs: 0 })
  expect(filesBelow(join(home, "blobs", "tmp"))).toEqual([])
  expect(filesBelow(join(home, "records", "@tmp"))).toEqual([])
  const versions = await listVersions(dir)
  const needed = new Set<string>()
  for (const artifact of versions) {
    await artifact.verify(undefined, { stored: true })
    for (const { digest } of artifact.manifest.entries.values()) needed.add(Buffer.from(digest, "base64").toString("hex"))
  }
  const objects = join(home, "blobs", "md5")
  const others = filesBelow(objects).filter((name) => !needed.has(name.replace("/", "")))
  const manifests = others.map((name) => Manifest.decode(readFileSync(join(objects, name), "utf8")).digest())
  expect(manifests.sort()).toEqual(versions.map(({ digest }) => digest).sort())
  // The next to stage something clears away what dead processes had staged.
  await platform.stage().take(snapshotOf("x"), { owner: {}, keep: true })
  await expect.poll(() => filesBelow(join(home, "staging")).filter((name) => !name.includes(`-${process.pid}-`))).toEqual([])
}

const snapshotOf = (text: string) => ({
  stability: "once" as const,
  stream: () => new Blob([text]).stream(),
})
