/** What a bucket's blobs do when others write at the same time, keep things of their own there, or nobody answers. */
import { afterEach, expect, test, vi } from "vitest"
import { digestToHex } from "../../src/core/digest-text.ts"
import { createR2BlobStore, createR2Stage } from "../../src/storage/r2.ts"
import { bytesOf, digestOf, sampleBytes, streamOf } from "../contracts/content.ts"
import { createFaultyBucket } from "./faulty-bucket.ts"
import { hasher } from "./helpers.ts"

afterEach(() => void vi.useRealTimers())

const BYTES = sampleBytes(3000)
const DIGEST = digestOf(BYTES)
const KEY = `blobs/${digestToHex(DIGEST)}`
const DAMAGED = `damaged/${digestToHex(DIGEST)}`
const DAY_MS = 24 * 60 * 60 * 1000

async function openRotten() {
  const faults = createFaultyBucket()
  const store = createR2BlobStore({ bucket: faults.bucket, hasher })
  await faults.bucket.put(KEY, sampleBytes(3000, 2))
  return { faults, store }
}

test("a blob that is replaced while its rotten bytes are set aside stays", async () => {
  const { faults, store } = await openRotten()
  faults.after = async (operation, key) => {
    if (operation === "put" && key === DAMAGED) await store.put(DIGEST, bytesOf(BYTES), { replace: true })
  }
  await store.setAside!(DIGEST)
  expect(faults.objects.get(KEY)?.bytes).toEqual(BYTES)
  expect(faults.objects.get(DAMAGED)?.bytes).toEqual(sampleBytes(3000, 2))
})

test("so does one that is stored under the same etag: stores may keep it while bytes rot", async () => {
  const { faults, store } = await openRotten()
  faults.after = (operation, key) => {
    const found = faults.objects.get(KEY)!
    if (operation === "put" && key === DAMAGED) faults.objects.set(KEY, { ...found, uploaded: new Date(Date.now() + 1000) })
  }
  await store.setAside!(DIGEST)
  expect(faults.objects.has(KEY)).toBe(true)
})

test("a blob that somebody else removes first is nobody's error", async () => {
  const { faults, store } = await openRotten()
  faults.before = (operation) => {
    if (operation === "get") faults.objects.delete(KEY)
  }
  await store.setAside!(DIGEST)
  expect([...faults.objects.keys()]).toEqual([])
})

test("only what is ours is swept from a bucket that others use too", async () => {
  const faults = createFaultyBucket()
  faults.ageMs = 40 * DAY_MS
  const id = crypto.randomUUID()
  const foreign = ["damaged/", "damaged/report.pdf", `${DAMAGED}.txt`, "stage/", "stage/set.png", `stage/${id}/a`, "blobs/x"]
  for (const key of [...foreign, DAMAGED, `stage/${id}`]) await faults.bucket.put(key, "12345")
  expect(await createR2BlobStore({ bucket: faults.bucket, hasher }).sweep!()).toBe(5)
  expect(await createR2Stage({ bucket: faults.bucket, hasher }).sweep()).toBe(5)
  expect([...faults.objects.keys()].sort()).toEqual([...foreign].sort())
})

test("an upload that cannot even be ended keeps an aborted caller for seconds, not for ever", async () => {
  const faults = createFaultyBucket()
  const controller = new AbortController()
  const never = new Promise<void>(() => undefined)
  faults.before = (operation) => {
    if (operation === "part") controller.abort("enough")
    return operation === "part" || operation === "abort" ? never : undefined
  }
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  const big = sampleBytes(6 * 1024 * 1024)
  const store = createR2BlobStore({ bucket: faults.bucket, hasher })
  const put = store.put(digestOf(big), streamOf([big]), { signal: controller.signal }).catch((reason) => reason)
  await vi.waitUntil(() => controller.signal.aborted)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await put).toBe("enough")
})
