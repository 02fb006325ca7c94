import { createHash } from "node:crypto"
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import type { Digest } from "../../src/core/digest-text.ts"
import { createHashThreads } from "../../src/digest/node-hash-thread.ts"
import { DigestMismatchError } from "../../src/errors.ts"
import type { Content, HashThreads } from "../../src/ports.ts"
import { createSlices } from "../../src/storage/node-fs-slices.ts"
import { createNodeTransfer } from "../../src/storage/node-fs-transfer.ts"
import { digestOf, failing, fired, sampleBytes, streamOf } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"

const MB = 1024 * 1024
const SIZES = [0, 1, 8192, MB - 1, MB, MB + 1, 2 * MB, 5 * MB + 123]

describe("transfer", () => {
  test.each(SIZES)("%i bytes: hashed, copied, counted", async (size) => {
    const root = await temporaryDirectory()
    const bytes = sampleBytes(size)
    writeFileSync(join(root, "from"), bytes)
    const transfer = newTransfer()
    let told = 0
    const onBytes = (count: number) => {
      told += count
    }
    const job = { from: join(root, "from"), expect: digestOf(bytes), onBytes }
    expect(await transfer.transfer(job)).toMatchObject({ digest: digestOf(bytes), size })
    expect(told).toBe(size)
    for (const reflink of [false, true]) {
      const to = join(root, `to-${reflink}`)
      expect(await transfer.transfer({ ...job, to, reflink })).toMatchObject({ digest: digestOf(bytes), size })
      expect((await readFile(to)).equals(bytes)).toBe(true)
    }
  })

  test.each(SIZES)("%i bytes that are not what was expected, or not needed: nothing is left", async (size) => {
    const root = await temporaryDirectory()
    const [from, to] = [join(root, "from"), join(root, "to")]
    writeFileSync(from, sampleBytes(size))
    const transfer = newTransfer()
    await expect(transfer.transfer({ from, to, expect: digestOf(sampleBytes(3, 3)) })).rejects.toThrow(DigestMismatchError)
    await expect(transfer.transfer({ from, expect: digestOf(sampleBytes(3, 3)) })).rejects.toThrow(DigestMismatchError)
    expect(await transfer.transfer({ from, to, unless: () => true })).toMatchObject({ size })
    const { signal, reason } = fired()
    await expect(transfer.transfer({ from, to, signal })).rejects.toBe(reason)
    expect(filesBelow(root)).toEqual(["from"])
  })

  test("never writes over a file", async () => {
    const root = await temporaryDirectory()
    for (const size of [10, 2 * MB]) {
      const [from, to] = [join(root, "from"), join(root, "to")]
      writeFileSync(from, sampleBytes(size))
      writeFileSync(to, "mine")
      await expect(newTransfer().transfer({ from, to })).rejects.toThrow(/there already/)
      expect((await readFile(to)).toString()).toBe("mine")
    }
  })

  test("an abort in the middle of a large file", async () => {
    const root = await temporaryDirectory()
    const [from, to] = [join(root, "from"), join(root, "to")]
    writeFileSync(from, sampleBytes(6 * MB))
    const controller = new AbortController()
    const job = newTransfer().transfer({ from, to, signal: controller.signal, onBytes: () => controller.abort("enough") })
    await expect(job).rejects.toBe("enough")
    expect(filesBelow(root)).toEqual(["from"])
  })

  test("30 large files at once, one of them aborted while it waits", async () => {
    const root = await temporaryDirectory()
    const bytes = sampleBytes(3 * MB)
    writeFileSync(join(root, "from"), bytes)
    const transfer = newTransfer()
    const controller = new AbortController()
    const jobs = Array.from({ length: 30 }, (_, at) =>
      transfer.transfer({ from: join(root, "from"), to: join(root, `${at}`), signal: at === 20 ? controller.signal : undefined }),
    )
    controller.abort("enough")
    const results = await Promise.allSettled(jobs)
    for (const [at, result] of results.entries()) {
      if (at === 20) expect(result).toEqual({ status: "rejected", reason: "enough" })
      else expect(result).toMatchObject({ status: "fulfilled", value: { digest: digestOf(bytes) } })
    }
  })

  test("memory does not grow with the size of a file", async () => {
    const root = await temporaryDirectory()
    const from = join(root, "large")
    const fd = openSync(from, "w")
    const expected = createHash("md5")
    const piece = sampleBytes(8 * MB)
    for (let count = 0; count < 48; count++) {
      expected.update(piece)
      writeSync(fd, piece)
    }
    closeSync(fd)
    const transfer = newTransfer()
    const before = process.memoryUsage()
    let peak = 0
    const onBytes = () => {
      const { external, arrayBuffers, heapUsed } = process.memoryUsage()
      peak = Math.max(peak, external + arrayBuffers + heapUsed)
    }
    const { digest } = await transfer.transfer({ from, to: join(root, "copy"), onBytes })
    expect(digest).toBe(expected.digest("base64"))
    expect(peak - before.external - before.arrayBuffers - before.heapUsed).toBeLessThan(40 * MB)
  })
})

describe("with threads that hash", () => {
  const bytes = sampleBytes(17 * MB)
  const digest = createHash("md5").update(bytes).digest("base64") as Digest
  const open = async () => {
    const root = await temporaryDirectory()
    writeFileSync(join(root, "from"), bytes)
    const hashed: unknown[] = []
    const threads = createHashThreads(1)
    const watched: HashThreads = {
      ...threads,
      async open() {
        hashed.push(await threads.open())
        return hashed.at(-1) as Awaited<ReturnType<HashThreads["open"]>>
      },
    }
    return { root, hashed, transfer: createNodeTransfer({ hasher, threads: watched }) }
  }
  const stream = (): Content => ({ ...streamOf([bytes.subarray(0, 1000), bytes.subarray(1000)]), size: bytes.length })

  test("large files and streams, more at once than there are threads", async () => {
    const { root, hashed, transfer } = await open()
    const done = await Promise.all([
      transfer.transfer({ from: join(root, "from"), to: join(root, "a") }),
      transfer.receive(stream(), { to: join(root, "b"), expect: digest }),
      transfer.transfer({ from: join(root, "from") }),
    ])
    for (const found of done) expect(found).toMatchObject({ digest, size: bytes.length })
    for (const name of ["a", "b"]) expect((await readFile(join(root, name))).equals(bytes)).toBe(true)
    expect(hashed.filter((thread) => thread !== undefined)).toHaveLength(1)
  })

  test("a thread is free again after an abort, a failure and a mismatch, of which nothing is left", async () => {
    const { root, hashed, transfer } = await open()
    const [from, to] = [join(root, "from"), join(root, "to")]
    const stop = new AbortController()
    const aborted = transfer.transfer({ from, to, signal: stop.signal, onBytes: () => stop.abort("enough") })
    await expect(aborted).rejects.toBe("enough")
    const broken: Content = { ...failing(bytes.subarray(0, 3 * MB), new Error("the line broke")), size: bytes.length }
    await expect(transfer.receive(broken, { to })).rejects.toThrow("the line broke")
    await expect(transfer.receive(stream(), { to, expect: digestOf(bytes.subarray(1)) })).rejects.toThrow(DigestMismatchError)
    expect(await transfer.receive(stream(), { to })).toMatchObject({ digest })
    expect(filesBelow(root)).toEqual(["from", "to"])
    expect(hashed).toHaveLength(4)
    expect(hashed).not.toContain(undefined)
  })
})

describe("slices", () => {
  test("give way to timers while there is work", async () => {
    const slices = createSlices()
    const spin = () => {
      const end = performance.now() + 1
      while (performance.now() < end);
    }
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await Promise.all(Array.from({ length: 100 }, () => slices.run(spin)))
    clearInterval(timer)
    expect(ticks).toBeGreaterThanOrEqual(5)
  })

  test("also when each job is asked for by the one before", async () => {
    const slices = createSlices()
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const end = performance.now() + 100
    while (performance.now() < end) await slices.run(() => 1)
    clearInterval(timer)
    expect(ticks).toBeGreaterThanOrEqual(3)
  })

  test("keep order, results and failures, and leave out what was aborted before its turn", async () => {
    const slices = createSlices()
    const order: number[] = []
    const controller = new AbortController()
    const jobs = [0, 1, 2, 3].map((at) =>
      slices.run(
        () => {
          order.push(at)
          if (at === 0) controller.abort("enough")
          if (at === 1) throw new Error("one")
          return at
        },
        at === 2 ? controller.signal : undefined,
      ),
    )
    expect(await Promise.allSettled(jobs)).toEqual([
      { status: "fulfilled", value: 0 },
      { status: "rejected", reason: new Error("one") },
      { status: "rejected", reason: "enough" },
      { status: "fulfilled", value: 3 },
    ])
    expect(order).toEqual([0, 1, 3])
  })
})
