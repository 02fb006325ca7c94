/** Logs a tree and downloads it again, over the wire: `wire-ours.ts TREE URL`. */
import { readFileSync } from "node:fs"
import { Api, Artifact, init } from "isofact"
import { createNodeHasher } from "isofact/digest/node-crypto"
import { createMemoryBlobStore } from "isofact/storage/memory"
import { wandb } from "isofact/wandb"
import { apiKey } from "../secrets.ts"

const [tree, baseUrl] = process.argv.slice(2) as [string, string]
const hasher = createNodeHasher()
const registry = wandb({ apiKey, baseUrl, hasher })
// As for the rival: what is downloaded comes from the server.
const cache = createMemoryBlobStore({ hasher })
const timed = async (work: () => Promise<unknown>) => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}
const run = await init({ registry, project: "bench" })
const artifact = new Artifact("tree", "dataset")
const log = await timed(async () => {
  await artifact.addDir(tree, { skipCache: true })
  await run.logArtifact(artifact)
})
const download = await timed(async () => {
  const logged = await new Api({ registry, cache, project: "bench" }).artifact("tree:latest")
  await logged.download("./copy", { skipCache: true })
})
await run.finish()
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN
console.log(JSON.stringify({ log, download, proven: download, peakMiB: Number(peak) / 1024 }))
