/**
 * Does one thing as another user: `child-nobody <log|download> <folder> <user id>`. It tells what it failed with, waits for a
 * line, and makes the same call again.
 */
import { once } from "node:events"
import { join } from "node:path"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { Artifact, type ArtifactError, init } from "../../src/index.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"

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
    await (await init({ registry: inMemory() })).logArtifact(artifact)
    return () => artifact.download(join(folder, "out/root"))
  },
}

function inMemory() {
  return createEmbeddedRegistry({
    records: createMemoryRecordStore(),
    blobs: createMemoryBlobStore({ hasher: createNodeHasher() }),
  })
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
