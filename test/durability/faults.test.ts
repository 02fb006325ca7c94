/** A whole log and a whole download, with every operation below them going wrong once: an error, the old state or the new, and a retry. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Artifact, init, isArtifactError, type ProgressEvent, type Run } from "isofact"
import { describe, expect, test } from "vitest"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createFault, type Fault, faultyBlobs, faultyDirectory, faultyRecords, faultyStage, type Mode } from "./faulty.ts"
import { blobPath, filesBelow, md5Base64, memoryDisk, openStores, openWorld, readTree, tempFolder } from "./support.ts"

const project = "faults"
const modes: Mode[] = ["before", "after", "hang"]
const reason = new Error("the user has had enough")

/** 12 files, two of them alike; odd ones are new in the second version. Half are bytes, which are staged, half are Blobs. */
function treeOf(collection: string, version: number): Map<string, string> {
  const text = (at: number) => `${collection} ${at} of ${at % 2 === 1 ? version : 0}`
  return new Map(Array.from({ length: 12 }, (_, at) => [`d${at % 3}/f${at}`, text(at === 11 ? 1 : at)]))
}

const sourceOf = (text: string, at: number) => (at % 4 < 2 ? new TextEncoder().encode(text) : new Blob([text]))
const sources = (tree: Map<string, string>) => new Map([...tree].map(([path, text], at) => [path, sourceOf(text, at)]))

/** A registry whose stores and stage go wrong as `fault` says, and a run in it. */
async function openFaulty(dir: string, fault: Fault) {
  const { platform } = openWorld(dir)
  const { records, blobs } = openStores(dir)
  const registry = createEmbeddedRegistry({ records: faultyRecords(records, fault), blobs: faultyBlobs(blobs, fault) })
  const stage = faultyStage(platform.stage(), fault)
  const faulty = { ...platform, stage: () => stage }
  return { registry, platform: faulty, run: await init({ registry, platform: faulty, project }) }
}

/** Runs `work` with its n-th operation going wrong; what it rejected with. A hang is ended by the signal, and promptly. */
async function suffer(fault: Fault, at: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const abort = new AbortController()
  const hanging = new Promise<"hangs">((resolve) => {
    fault.onHang = () => {
      setTimeout(() => abort.abort(reason), 1)
      sleep(2_000, "hangs" as const, { ref: false }).then(resolve)
    }
  })
  Object.assign(fault, { at, count: 0, met: undefined })
  const outcome = await Promise.race([
    work(abort.signal).then(
      () => undefined,
      (error: unknown) => error,
    ),
    hanging,
  ])
  fault.at = 0
  expect(outcome, `${fault.met} did not heed its signal`).not.toBe("hangs")
  const isTyped = isArtifactError(outcome) || outcome === (fault.mode === "hang" ? reason : fault.error)
  if (outcome !== undefined && !isTyped) throw outcome
  return outcome
}

/** How many operations it takes when nothing goes wrong. */
async function countOperations(fault: Fault, work: () => Promise<unknown>): Promise<number> {
  fault.count = 0
  await work()
  return fault.count
}

describe.each(modes)("logging, where an operation goes wrong (%s)", (mode) => {
  test("is done or not, and the retry stores what is missing", async () => {
    const dir = tempFolder(memoryDisk)
    const fault = createFault(mode)
    const { platform, run } = await openFaulty(dir, fault)
    const logOld = async (collection: string) => {
      const artifact = new Artifact(collection, "dataset", { platform })
      await artifact.addDir(sources(treeOf(collection, 0)))
      await run.logArtifact(artifact, { aliases: ["best"] })
    }
    const build = (collection: string) => new Artifact(collection, "dataset", { platform })
    await logOld("probe")
    const operations = await countOperations(fault, () => log(run, build("probe"), "probe"))
    expect(operations).toBeGreaterThan(60)
    const met = new Set<string>()
    for (let at = 1; at <= operations; at++) {
      const collection = `c${at}`
      await logOld(collection)
      const artifact = build(collection)
      const outcome = await suffer(fault, at, (signal) => log(run, artifact, collection, { signal }))
      if (fault.met !== undefined) met.add(fault.met.split(/[ /]/).slice(0, 2).join(" "))
      await checkReader(dir, collection, outcome === undefined ? [2] : [1, 2])
      await retry(dir, run, artifact, collection)
      await checkReader(dir, collection, [2])
    }
    expect([...met]).toEqual(expect.arrayContaining(["stage.take", "blobs.put", "blobs.stat", "records.put collections"]))
  }, 120_000)
})

async function log(run: Run, artifact: Artifact, collection: string, options: Parameters<Run["logArtifact"]>[1] = {}) {
  if (artifact.manifest.fileCount === 0) await artifact.addDir(sources(treeOf(collection, 1)), { signal: options.signal })
  await run.logArtifact(artifact, { aliases: ["best", "fresh"], ...options })
}

/** A process that has just started sees the first version alone or both of them, with every alias where it belongs. */
async function checkReader(dir: string, collection: string, possible: readonly number[]): Promise<void> {
  const api = openWorld(dir).api(project)
  const versions: Artifact[] = []
  for await (const version of api.artifacts("dataset", collection)) versions.unshift(version)
  expect(possible).toContain(versions.length)
  for (const [at, version] of versions.entries())
    expect(await readTree(version)).toEqual(Object.fromEntries(treeOf(collection, at)))
  expect(versions.map(({ aliases }) => aliases.toSorted())).toEqual(
    versions.length === 1 ? [["best", "latest"]] : [[], ["best", "fresh", "latest"]],
  )
}

async function retry(dir: string, run: Run, artifact: Artifact, collection: string): Promise<void> {
  const tree = treeOf(collection, 1)
  const missing = new Set([...tree.values()].filter((text) => !existsSync(blobPath(dir, text))))
  const stored: string[] = []
  const onProgress = (event: ProgressEvent) => {
    if (event.type === "store" && event.fileDone) stored.push(tree.get(event.path)!)
  }
  await log(run, artifact, collection, { onProgress })
  expect(stored.sort()).toEqual([...missing].sort())
}

describe.each(modes)("downloading, where an operation goes wrong (%s)", (mode) => {
  test("leaves whole files only, and the retry writes the others", async () => {
    const dir = tempFolder(memoryDisk)
    const fault = createFault(mode)
    const { platform, registry, run } = await openFaulty(dir, fault)
    const artifact = new Artifact("x", "dataset", { platform })
    await artifact.addDir(sources(treeOf("x", 0)))
    await run.logArtifact(artifact)
    const tree = treeOf("x", 0)
    const download = async (root: string, signal?: AbortSignal) => {
      const used = await run.useArtifact("x:latest", { signal })
      await used.download(faultyDirectory(await platform.directory(root), fault), { signal })
    }
    const operations = await countOperations(fault, () => download(join(dir, "probe")))
    expect(operations).toBeGreaterThan(40)
    for (let at = 1; at <= operations; at++) {
      const root = join(dir, `root${at}`)
      const outcome = await suffer(fault, at, (signal) => download(root, signal))
      // The first use of a version by a run takes more than the later ones.
      if (fault.met === undefined) break
      expect(outcome, fault.met).toBeDefined()
      const directory = await platform.directory(root)
      const whole = filesBelow(root)
      for (const path of whole) expect((await directory.digest(path))?.digest).toBe(md5Base64(tree.get(path)!))
      const written: string[] = []
      const onProgress = ({ type, path, fileDone }: ProgressEvent) => void (type === "download" && fileDone && written.push(path))
      await (await run.useArtifact("x:latest")).download(root, { onProgress })
      expect([...whole, ...written].sort()).toEqual([...tree.keys()].sort())
    }
    expect((await registry.findVersion({ entity: "local", project, collection: "x" }))?.index).toBe(0)
  }, 60_000)
})
