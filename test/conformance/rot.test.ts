/** A stored blob that rots is caught on every read path, and logging the same content again repairs it. */
import { Artifact, type ArtifactManifestEntry, type Digest } from "isofact"
import { describe, expect, test } from "vitest"
import { readBytes } from "../contracts/content.ts"
import { contents, directory, draftOf, failure, flip, fresh, refusal, spoiled, startIn } from "./fresh.ts"

const files = { "a.txt": "good bytes", "x/b.txt": "other bytes" }

const damages: { [how: string]: (bytes: Uint8Array) => Uint8Array } = {
  "a flipped bit": flip,
  "the end cut off": (bytes) => bytes.slice(0, -1),
  "a byte too many": (bytes) => new Uint8Array([...bytes, 0]),
  "nothing left": () => new Uint8Array(),
}

/** `birds:v0`, whose `a.txt` is not what it was. */
async function rotten(damage: (bytes: Uint8Array) => Uint8Array = flip) {
  const stores = fresh()
  const { store, changes } = spoiled(stores.blobs)
  const registry = stores.reopen({ blobs: store })
  const start = startIn(registry)
  const artifact = await (await start()).logArtifact(await draftOf("birds", files))
  const entry = artifact.getEntry("a.txt")
  changes.set(entry.digest, damage)
  return { ...stores, start, artifact, entry, changes }
}

type Rotten = Awaited<ReturnType<typeof rotten>>

const reads: { [path: string]: (setup: Rotten) => Promise<unknown> } = {
  "entry.bytes": ({ entry }) => entry.bytes(),
  "entry.text": ({ entry }) => entry.text(),
  "entry.json": ({ entry }) => entry.json(),
  "entry.blob": ({ entry }) => entry.blob(),
  "entry.stream": async ({ entry }) => readBytes(await entry.stream()),
  "entry.stream of a range": async ({ entry }) => readBytes(await entry.stream({ range: { start: 4, end: 6 } })),
  "entry.download": ({ entry }) => entry.download(directory()),
  "artifact.download": ({ artifact }) => artifact.download(directory()),
  "artifact.checkout": ({ artifact }) => artifact.checkout(directory()),
  "artifact.verify of what is stored": ({ artifact }) => artifact.verify(undefined, { stored: true }),
  "newDraft logged into another registry": async ({ artifact }) => (await fresh().start()).logArtifact(await artifact.newDraft()),
  "the version logged into another registry": async ({ artifact }) => (await fresh().start()).logArtifact(artifact),
}

describe.each(Object.entries(damages))("%s", (_, damage) => {
  test.each(Object.entries(reads))("is caught by %s, which names the file", async (_, read) => {
    const setup = await rotten(damage)
    const error = await refusal("DIGEST_MISMATCH", read(setup))
    expect(error.details.path ?? error.details.paths?.[0]).toBe("a.txt")
    expect(error.message).toContain("a.txt")
    expect(error.message).toContain("birds:v0")
  })
})

test("nothing of it is kept", async () => {
  const { artifact } = await rotten()
  const target = directory()
  await failure(artifact.download(target))
  expect(Object.keys(await contents(target))).not.toContain("a.txt")
})

test("the other files can still be read", async () => {
  const { artifact, entry } = await rotten()
  await failure(entry.bytes())
  expect(await artifact.getEntry("x/b.txt").text()).toBe("other bytes")
  const target = directory()
  await artifact.download(target, { pathPrefix: "x/" })
  expect(await contents(target)).toEqual({ "x/b.txt": "other bytes" })
})

test("it is caught through a reference from another artifact", async () => {
  const { start, artifact } = await rotten()
  const draft = new Artifact("picks", "dataset")
  await draft.addReference(artifact.getEntry("a.txt"), { name: "pick.txt" })
  const picks = await (await start()).logArtifact(draft)
  const entry = picks.getEntry("pick.txt")
  const ways: ((entry: ArtifactManifestEntry) => Promise<unknown>)[] = [
    (entry) => entry.bytes(),
    async (entry) => readBytes(await entry.stream()),
    async (entry) => readBytes(await entry.stream({ range: { start: 0, end: 1 } })),
    (entry) => entry.download(directory()),
  ]
  for (const way of ways) expect((await refusal("DIGEST_MISMATCH", way(entry))).details.path).toBe("pick.txt")
})

test.each(Object.entries(reads).slice(0, 10))("found by %s, logging the same content again repairs it", async (_, read) => {
  const setup = await rotten()
  await failure(read(setup))
  const again = await (await setup.start()).logArtifact(await draftOf("birds", files))
  expect(again.version).toBe("v0")
  expect(await setup.artifact.verify(undefined, { stored: true })).toMatchObject({ verified: 2 })
  expect(await setup.entry.text()).toBe("good bytes")
})

test("found and not repaired, it stays an error that says how to repair it", async () => {
  const { entry } = await rotten()
  expect((await refusal("DIGEST_MISMATCH", entry.bytes())).message).toContain("log the same content again")
  expect((await refusal("ENTRY_NOT_FOUND", entry.bytes())).message).toMatch(/log the same content again/i)
})

test("logging it under another name repairs it here too", async () => {
  const { entry, start } = await rotten()
  await failure(entry.bytes())
  await (await start()).logArtifact(await draftOf("cats", { "z.txt": files["a.txt"] }))
  expect(await entry.text()).toBe("good bytes")
})

test("a manifest that rots is caught when the version is opened, and logging again repairs it", async () => {
  const stores = fresh()
  const { store, changes, reads } = spoiled(stores.blobs)
  const run = await startIn(stores.reopen({ blobs: store }))()
  await run.logArtifact(await draftOf("birds", files))
  reads.length = 0
  await run.useArtifact("birds")
  const manifest = reads[0] as Digest
  changes.set(manifest, flip)
  const error = await refusal("DIGEST_MISMATCH", run.useArtifact("birds"))
  expect(error.message).toContain("birds:v0")
  await run.logArtifact(await draftOf("birds", files))
  expect((await run.useArtifact("birds")).fileCount).toBe(2)
})
