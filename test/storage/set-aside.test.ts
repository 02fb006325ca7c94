/** Damaged blobs, out of sight but not gone; and the versions that tell one content of a digest from the next. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, expect, test, vi } from "vitest"
import { digestToHex } from "../../src/core/digest-text.ts"
import { createMemoryBlobStore } from "../../src/storage/memory.ts"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { bytesOf, digestOf, sampleBytes, toArray } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"

afterEach(() => void vi.restoreAllMocks())

const BYTES = sampleBytes(3000)
const DIGEST = digestOf(BYTES)
const DAY_MS = 24 * 60 * 60 * 1000

async function damaged() {
  const root = await temporaryDirectory()
  const blobs = createNodeBlobStore(root, { transfer: newTransfer() })
  await blobs.put(DIGEST, bytesOf(BYTES))
  const path = (await blobs.get(DIGEST))!.path!
  chmodSync(path, 0o644)
  writeFileSync(path, "rotten")
  return { root, blobs, file: join(root, "damaged", digestToHex(DIGEST)) }
}

test("a blob that was set aside is seen by nobody, can be stored anew, and its bytes stay", async () => {
  const { blobs, file } = await damaged()
  await blobs.setAside!(DIGEST)
  expect(await blobs.stat(DIGEST)).toBeUndefined()
  expect(await blobs.get(DIGEST)).toBeUndefined()
  expect(await toArray(blobs.list())).toEqual([])
  expect(blobs.holdSync(DIGEST, "rotten".length)).toBeUndefined()
  expect(await blobs.put(DIGEST, bytesOf(BYTES))).toBe("stored")
  expect(await blobs.sweep!()).toBe(0)
  expect(readFileSync(file, "utf8")).toBe("rotten")
  expect(await (await blobs.get(DIGEST))!.bytes!()).toEqual(BYTES)
})

test("one that is not there leaves no trace; aborted, nothing happens", async () => {
  const { root, blobs } = await damaged()
  await blobs.setAside!(digestOf(sampleBytes(5)))
  const reason = new Error("not wanted any more")
  await expect(blobs.setAside!(DIGEST, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(filesBelow(join(root, "damaged"))).toEqual([])
  expect(await blobs.stat(DIGEST)).toBeDefined()
})

test("it is swept after 30 days, however old the bytes were", async () => {
  const { blobs, root, file } = await damaged()
  await blobs.setAside!(DIGEST)
  const now = Date.now()
  vi.spyOn(Date, "now").mockReturnValue(now + 29 * DAY_MS)
  expect(await blobs.sweep!()).toBe(0)
  expect(readFileSync(file, "utf8")).toBe("rotten")
  vi.mocked(Date.now).mockReturnValue(now + 31 * DAY_MS)
  expect(await blobs.sweep!()).toBe("rotten".length)
  expect(filesBelow(join(root, "damaged"))).toEqual([])
})

test("a blob in memory has another version each time it is stored, and the same until then", async () => {
  const blobs = createMemoryBlobStore({ hasher })
  const versionOf = async () => (await blobs.get(DIGEST))!.version
  await blobs.put(DIGEST, bytesOf(BYTES))
  const first = await versionOf()
  expect(first).toBeTypeOf("string")
  expect(await blobs.put(DIGEST, bytesOf(BYTES))).toBe("present")
  expect(await versionOf()).toBe(first)
  await blobs.put(DIGEST, bytesOf(BYTES), { replace: true })
  const second = await versionOf()
  expect(second).not.toBe(first)
  await blobs.delete(DIGEST)
  await blobs.put(DIGEST, bytesOf(BYTES))
  expect([first, second]).not.toContain(await versionOf())
})
