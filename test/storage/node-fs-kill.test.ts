import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { createNodeDirectory } from "../../src/storage/node-fs-directory.ts"
import { createNodeRecordStore } from "../../src/storage/node-fs-record-store.ts"
import { toArray } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"
import { killSoon, startChild } from "./spawn.ts"

const KILLS = 24

test("records: four processes increment one counter, nothing is lost", async () => {
  const root = await temporaryDirectory()
  const children = Array.from({ length: 4 }, () => startChild(["increment", root, "40"]))
  await Promise.all(children.map((child) => child.ended))
  expect((await createNodeRecordStore(root).get("the/counter"))?.value).toBe(160)
}, 120_000)

test(`records: ${KILLS} kills, two processes at a time: what was promised stays, what was not is whole or absent`, async () => {
  const root = await temporaryDirectory()
  const store = createNodeRecordStore(root)
  let promised = 0
  for (let kills = 2; kills <= KILLS; kills += 2) {
    const children = await Promise.all([killSoon(["increment", root], 60), killSoon(["increment", root], 60)])
    promised += children.reduce((sum, { lines }) => sum + lines.length, 0)
    const value = (await store.get("the/counter"))!.value as number
    expect(value).toBeGreaterThanOrEqual(promised)
    // Each death may have taken the promise of one write with it that was done.
    expect(value).toBeLessThanOrEqual(promised + kills)
  }
  await store.sweep!()
  expect(filesBelow(join(root, "@tmp"))).toEqual([])
  expect(readdirSync(join(root, "the", "counter@")).length).toBeLessThanOrEqual(4)
}, 120_000)

test(`records: ${KILLS} kills of processes that create and delete one: it can always be read, created and deleted`, async () => {
  const root = await temporaryDirectory()
  const store = createNodeRecordStore(root)
  for (let kills = 2; kills <= KILLS; kills += 2) {
    await Promise.all([killSoon(["come-and-go", root], 40), killSoon(["come-and-go", root], 40)])
    const entry = await store.get("fickle")
    if (entry === undefined) expect(await store.put("fickle", "mine", null)).toBeDefined()
    else expect(await store.delete("fickle", entry.etag)).toBe(true)
  }
}, 120_000)

test(`blobs: ${KILLS} kills: every blob listed is whole, and a sweep leaves nothing else`, async () => {
  const root = await temporaryDirectory()
  const store = createNodeBlobStore(root, { transfer: newTransfer() })
  const promised = new Set<string>()
  for (let kills = 0; kills < KILLS; kills++) {
    const { lines } = await killSoon(["blobs", root], 120)
    for (const digest of lines) promised.add(digest)
    for await (const { digest } of store.list()) {
      const bytes = readFileSync((await store.get(digest))!.path!)
      expect(hasher.hash(bytes)).toBe(digest)
      promised.delete(digest)
    }
    expect(promised.size).toBe(0)
  }
  await store.sweep!()
  expect(filesBelow(root).filter((path) => !path.startsWith("md5/"))).toEqual([])
}, 120_000)

test(`directory: ${KILLS} kills: every file listed is whole, and a sweep leaves nothing else`, async () => {
  const root = await temporaryDirectory()
  const directory = createNodeDirectory(root, { transfer: newTransfer() })
  for (let kills = 0; kills < KILLS; kills++) {
    const { process } = await killSoon(["files", root], 120)
    for (const { path, size } of await toArray(directory.list())) {
      expect([3000, 2_500_000]).toContain(size)
      // Eight bytes that tell whose it is, and then the same one to the end.
      const body = readFileSync(join(root, path)).subarray(8)
      expect(body.equals(Buffer.alloc(body.length, body[0]))).toBe(true)
    }
    expect(process.signalCode).toBe("SIGKILL")
  }
  await directory.sweep()
  expect(filesBelow(root).filter((path) => path.includes(".isofact-"))).toEqual([])
}, 120_000)
