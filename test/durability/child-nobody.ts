/**
 * Does one thing as another user: `child-nobody <log|download|cache> <folder> <user id>`. It tells what it failed with, waits for a
 * line, and makes the same call again.
 */
import { once } from "node:events"
import { join } from "node:path"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { Api, Artifact, type ArtifactError, init } from "../../src/index.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { createNodeCache, createNodeTransfer } from "../../src/storage/node-fs.ts"

const [what, folder, user] = process.argv.slice(2) as [string, string, string]
process.setgroups!([])
process.setgid!(Number(user))
process.setuid!(Number(user))

const content = new Map([["a/b.txt", new Blob(["b"])]])
const prepare: Record<string, () => Promise<() => Promise<unknown>>> = {
  async log() {
    const artifact = new Artifact("x", "dataset")
    await artifact.addDir(content)
    return async () => (await init({ dir: join(folder, "home"), project: "disk" })).logArtifact(artifact)
  },
  async download() {
    const artifact = new Artifact("x", "dataset")
    await artifact.addDir(content)
    await (await init({ registry: inMemory(false) })).logArtifact(artifact)
    return () => artifact.download(join(folder, "out/root"))
  },
  async cache() {
    const registry = inMemory(true)
    const cache = createNodeCache({
      directory: join(folder, "cached"),
      transfer: createNodeTransfer({ hasher: createNodeHasher() }),
    })
    const artifact = new Artifact("x", "dataset")
    await artifact.addDir(content)
    await (await init({ registry, cache })).logArtifact(artifact)
    const used = await new Api({ registry, cache }).artifact("x:latest")
    return () => used.download(join(folder, "out/root"))
  },
}

function inMemory(remote: boolean) {
  const blobs = { ...createMemoryBlobStore({ hasher: createNodeHasher() }), remote }
  return createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs })
}

const work = await prepare[what]!()
try {
  await work()
  console.log("done at once")
} catch (error) {
  const { code, message, details } = error as ArtifactError
  console.log(`failed ${JSON.stringify({ code, message, path: details?.path })}`)
  await once(process.stdin, "data")
  await work()
  console.log("done")
}
process.stdin.destroy()
