import { mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { digestToHex } from "../../src/core/digest-text.ts"
import { InvalidArgumentError } from "../../src/errors.ts"
import { createNodeCache } from "../../src/storage/node-cache.ts"
import { createNodeStage } from "../../src/storage/node-fs-stage.ts"
import { bytesOf, digestOf, readBytes, sampleBytes, toArray } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"

const KB = 1000
const blob = (seed: number) => sampleBytes(10 * KB, seed)
const digest = (seed: number) => digestOf(blob(seed))

async function setUp(maxBytes?: number) {
  const directory = await temporaryDirectory()
  const open = () => createNodeCache({ directory, transfer: newTransfer(), ...(maxBytes === undefined ? {} : { maxBytes }) })
  const cache = open()
  const put = async (seed: number) => cache.put(digest(seed), bytesOf(blob(seed)))
  const has = async (seed: number) => (await cache.stat(digest(seed))) !== undefined
  /** Sets when a blob was last used, as seconds before now. */
  const age = async (seed: number, seconds: number) => {
    const time = new Date(Date.now() - seconds * 1000)
    const hex = digestToHex(digest(seed))
    utimesSync(join(directory, "obj", "md5", hex.slice(0, 2), hex.slice(2)), time, time)
  }
  return { directory, cache, open, put, has, age }
}

test("Python's layout and permissions", async () => {
  const { directory, put } = await setUp()
  await put(1)
  const [path] = filesBelow(directory)
  expect(path).toMatch(/^obj\/md5\/[0-9a-f]{2}\/[0-9a-f]{30}$/)
  expect(statSync(join(directory, path!)).mode & 0o777).toBe(0o666 & ~process.umask())
})

test("files that Python put there are hits", async () => {
  const { directory, cache } = await setUp()
  mkdirSync(join(directory, "obj", "md5", "90"), { recursive: true })
  writeFileSync(join(directory, "obj", "md5", "90", "0150983cd24fb0d6963f7d28e17f72"), "abc")
  const content = await cache.get("kAFQmDzST7DWlj99KOF/cg==" as never)
  expect(new TextDecoder().decode(await content!.bytes!())).toBe("abc")
})

test("does not share the stage's read-only files", async () => {
  const { directory, cache } = await setUp()
  const { content } = await createNodeStage(join(directory, "..", "stage"), { transfer: newTransfer(), hasher }).take(
    bytesOf(blob(1)),
    { owner: {}, keep: true },
  )
  await cache.put(digest(1), content)
  expect(statSync((await cache.get(digest(1)))!.path!).nlink).toBe(1)
})

describe("the limit", () => {
  test("what was used longest ago goes, down to 90 %", async () => {
    const { cache, put, has, age } = await setUp(100 * KB)
    for (let seed = 0; seed < 10; seed++) {
      await put(seed)
      await age(seed, 1000 - seed)
    }
    expect(await cache.size()).toBe(100 * KB)
    await age(0, 300)
    await put(10)
    expect(await cache.size()).toBe(90 * KB)
    expect(await Promise.all([0, 1, 2, 3, 10].map(has))).toEqual([true, false, false, true, true])
  })

  test("holds while many are put and read, without waiting for protection to run out", async () => {
    const { cache, put } = await setUp(100 * KB)
    for (let seed = 0; seed < 60; seed++) {
      await put(seed)
      await readBytes((await cache.get(digest(seed)))!.stream())
      expect(await cache.size()).toBeLessThanOrEqual(110 * KB)
    }
    await Promise.all(Array.from({ length: 100 }, (_, seed) => put(100 + seed)))
    await put(1)
    expect(await cache.size()).toBeLessThanOrEqual(110 * KB)
  })

  test("one file that is larger than the limit is stored, and the next put makes it go", async () => {
    const { cache, put, has } = await setUp(5 * KB)
    await put(1)
    expect(await has(1)).toBe(true)
    await put(2)
    expect(await has(1)).toBe(false)
    expect(await cache.size()).toBe(10 * KB)
  })

  test("counts what was there before, and what Python keeps for references", async () => {
    const { directory, open, put, has, age } = await setUp(100 * KB)
    for (let seed = 0; seed < 5; seed++) {
      await put(seed)
      await age(seed, 1000)
    }
    mkdirSync(join(directory, "obj", "etag", "ab"), { recursive: true })
    const reference = join(directory, "obj", "etag", "ab", "cdef")
    writeFileSync(reference, sampleBytes(45 * KB))
    utimesSync(reference, new Date(0), new Date(0))
    const later = open()
    await later.put(digest(9), bytesOf(blob(9)))
    expect(filesBelow(directory)).not.toContain("obj/etag/ab/cdef")
    expect(await has(0)).toBe(true)
    expect(await later.size()).toBe(60 * KB)
  })

  test("is 10 GiB unless said otherwise, and a whole number of bytes", async () => {
    const { directory, cache } = await setUp()
    expect(cache.maxBytes).toBe(10 * 1024 ** 3)
    for (const maxBytes of [-1, 1.5, Number.NaN, "5" as never]) {
      expect(() => createNodeCache({ directory, transfer: newTransfer(), maxBytes })).toThrow(InvalidArgumentError)
      await expect(cache.cleanup({ maxBytes })).rejects.toThrow(InvalidArgumentError)
    }
  })
})

describe("what is in use", () => {
  test("is never evicted while this process reads it", async () => {
    const { cache, put, has, age } = await setUp(30 * KB)
    await put(1)
    await age(1, 5000)
    const content = (await cache.get(digest(1)))!
    utimesSync(content.path!, new Date(1e9), new Date(1e9))
    const reader = content.stream().getReader()
    await reader.read()
    for (let seed = 2; seed < 9; seed++) await put(seed)
    expect(await cache.cleanup({ maxBytes: 0 })).toBeGreaterThan(0)
    await cache.clear()
    expect(await has(1)).toBe(true)
    await reader.cancel()
    await expect
      .poll(async () => {
        await cache.cleanup({ maxBytes: 0 })
        return has(1)
      })
      .toBe(false)
  })

  test("also between being asked for and being read", async () => {
    const { cache, put } = await setUp(30 * KB)
    await put(1)
    const content = (await cache.get(digest(1)))!
    await cache.clear()
    expect(await content.bytes!()).toEqual(blob(1))
    await cache.clear()
    expect(await toArray(cache.list())).toEqual([])
  })

  test("by another process in the last minute is not evicted either", async () => {
    const { directory, put, has } = await setUp(30 * KB)
    await put(1)
    const path = join(directory, filesBelow(directory)[0]!)
    utimesSync(path, new Date(Date.now() - 30_000), new Date(1e9))
    for (let seed = 2; seed < 9; seed++) await put(seed)
    expect(await has(1)).toBe(true)
  })

  test("a hit is noted, and the time of writing stays", async () => {
    const { cache, put, age } = await setUp()
    await put(1)
    await age(1, 10_000)
    const path = (await cache.get(digest(1)))!.path!
    const { atimeMs, mtimeMs } = statSync(path)
    expect(Date.now() - atimeMs).toBeLessThan(60_000)
    expect(Date.now() - mtimeMs).toBeGreaterThan(9_000_000)
  })
})

test("cleanup and clear say what they freed", async () => {
  const { directory, open, put, age } = await setUp()
  for (let seed = 0; seed < 5; seed++) {
    await put(seed)
    await age(seed, 1000)
  }
  const fresh = open()
  expect(await fresh.cleanup()).toBe(0)
  expect(await fresh.cleanup({ maxBytes: 25 * KB })).toBe(30 * KB)
  mkdirSync(join(directory, "tmp"), { recursive: true })
  writeFileSync(join(directory, "tmp", "tmpabcdef"), "left by Python")
  utimesSync(join(directory, "tmp", "tmpabcdef"), new Date(0), new Date(0))
  expect(await fresh.cleanup({ removeTemporary: true })).toBe(14)
  expect(await fresh.clear()).toBe(20 * KB)
  expect(await fresh.size()).toBe(0)
  expect(await toArray(fresh.list())).toEqual([])
})
