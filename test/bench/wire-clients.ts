/** Clients that log and download at the same time, each a version of its own: `wire-clients.ts URL CLIENTS FILES BYTES`. */

import { Api, Artifact, init } from "isofact"
import { createNodeHasher } from "isofact/digest/node-crypto"
import { createMemoryBlobStore, createMemoryDirectory } from "isofact/storage/memory"
import { wandb } from "isofact/wandb"
import { apiKey } from "../secrets.ts"

const [baseUrl, ...counts] = process.argv.slice(2) as [string, ...string[]]
const [clients, files, bytes] = counts.map(Number) as [number, number, number]
const hasher = createNodeHasher()

async function work(name: string): Promise<void> {
  const registry = wandb({ apiKey, baseUrl, hasher })
  const run = await init({ registry, project: "bench" })
  const artifact = new Artifact(name, "dataset")
  const content = Array.from({ length: files }, () => crypto.getRandomValues(new Uint8Array(bytes)))
  await artifact.addDir(content.map((piece, at) => [`${at}.bin`, new Blob([piece])] as const))
  await run.logArtifact(artifact)
  await run.finish()
  const logged = await new Api({ registry, cache: createMemoryBlobStore({ hasher }), project: "bench" }).artifact(`${name}:latest`)
  await logged.download(createMemoryDirectory({ hasher }), { skipCache: true })
}

const begun = performance.now()
await Promise.all(Array.from({ length: clients }, (_, at) => work(`tree-${process.pid}-${at}`)))
console.log(JSON.stringify({ seconds: (performance.now() - begun) / 1000 }))
