/** The default registry of a browser: one per place, and what the browser evicted is noticed and stored again. */
import { Api, Artifact, init } from "isofact"
import { afterEach, describe, expect, test } from "vitest"
import { createBrowserPlatform } from "../../../src/doors/browser.ts"
import { sampleBytes } from "../../contracts/content.ts"
import { filesBelow, newName, onRows, removeDatabase, removePlaces } from "./places.ts"

const files = { "small.bin": sampleBytes(3000, 31), "large.bin": sampleBytes(1_500_000, 32) }

afterEach(async () => {
  await removePlaces()
  const root = await navigator.storage.getDirectory()
  await root.removeEntry("isofact", { recursive: true }).catch(() => undefined)
})

async function log(dir: string): Promise<Artifact> {
  const platform = createBrowserPlatform()
  const artifact = new Artifact("birds", "dataset", { platform } as never)
  await artifact.addDir(new Map(Object.entries(files).map(([path, bytes]) => [path, new Blob([bytes as Uint8Array<ArrayBuffer>])])))
  const run = await init({ dir, platform })
  await run.logArtifact(artifact)
  await run.finish()
  return artifact.wait()
}

async function folderOf(dir: string): Promise<FileSystemDirectoryHandle> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("isofact")
  return root.getDirectoryHandle(`db-${dir}`)
}

const found = (dir: string) => new Api({ dir, platform: createBrowserPlatform() }).artifact("birds:latest")

async function expectWhole(dir: string) {
  const artifact = await found(dir)
  for (const [path, bytes] of Object.entries(files)) expect(await artifact.getEntry(path).bytes()).toEqual(bytes)
  expect(await artifact.verify(undefined, { stored: true })).toMatchObject({ verified: 2 })
}

test("one registry per place", () => {
  const platform = createBrowserPlatform()
  expect(platform.registry()).toBe(platform.registry({ dir: "isofact" }))
  expect(platform.registry({ dir: "a" })).toBe(platform.registry({ dir: "a" }))
  expect(platform.registry({ dir: "a" })).not.toBe(platform.registry())
})

test("small files are in IndexedDB, large ones in OPFS, and gc leaves nothing of what is not needed", async () => {
  const dir = newName()
  await log(dir)
  await expectWhole(dir)
  // The small file and the manifest.
  expect(await onRows(dir, (rows) => rows.count(IDBKeyRange.bound("b/", "b0")))).toBe(2)
  expect(await filesBelow(await folderOf(dir))).toHaveLength(1)
  const artifact = await found(dir)
  await artifact.delete({ deleteAliases: true })
  await createBrowserPlatform().registry({ dir }).gc({ graceMs: 0 })
  expect(await onRows(dir, (rows) => rows.count(IDBKeyRange.bound("b/", "b0")))).toBe(0)
  expect(await filesBelow(await folderOf(dir))).toEqual([])
})

describe("evicted", () => {
  test("OPFS: readers are told, logging the same again stores it again under the same version", async () => {
    const dir = newName()
    const { digest } = await log(dir)
    await (await folderOf(dir)).removeEntry("blobs", { recursive: true })
    const missing = await (await found(dir))
      .getEntry("large.bin")
      .bytes()
      .catch((error: Error) => error)
    expect(missing).toBeInstanceOf(Error)
    expect((missing as Error).message).toContain("large.bin")
    expect(await log(dir)).toMatchObject({ version: "v0", digest })
    await expectWhole(dir)
  })

  test("OPFS, and nobody has read since: logging the same again notices", async () => {
    const dir = newName()
    await log(dir)
    await (await navigator.storage.getDirectory()).removeEntry("isofact", { recursive: true })
    expect((await log(dir)).version).toBe("v0")
    await expectWhole(dir)
  })

  test("the rows of small files, not what tells of them", async () => {
    const dir = newName()
    const artifact = await log(dir)
    await onRows(dir, (rows) => rows.delete(`b/${artifact.getEntry("small.bin").digest}`) as IDBRequest)
    expect((await log(dir)).version).toBe("v0")
    await expectWhole(dir)
  })

  test("IndexedDB: the registry is empty and starts again, beside files nobody needs", async () => {
    const dir = newName()
    await log(dir)
    await removeDatabase(dir)
    await expect(found(dir)).rejects.toThrow("birds")
    expect((await log(dir)).version).toBe("v0")
    await expectWhole(dir)
  })
})
