/** Many small files at once: hashed side by side they must come out exactly as one by one. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test, vi } from "vitest"
import { createMd5Lanes } from "../../src/digest/md5-simd-lanes.ts"
import { createNodeTransfer, type NodeTransfer, type TransferJob } from "../../src/storage/node-fs-transfer.ts"
import { createSmallTransfer, type HashLanes } from "../../src/storage/node-fs-transfer-small.ts"
import { digestOf, sampleBytes } from "../contracts/content.ts"
import { filesBelow, hasher, temporaryDirectory } from "./helpers.ts"

const MIB = 1024 * 1024
const SIZES = [0, 1, 55, 56, 63, 64, 65, 119, 120, 8192, 100_000, MIB - 1, MIB, MIB + 1, MIB + 64, MIB + 65]

/** Files by name, and what is in them. */
function writeFiles(directory: string, sizes: readonly number[]): { path: string; bytes: Uint8Array }[] {
  mkdirSync(directory, { recursive: true })
  return sizes.map((size, index) => {
    const file = { path: join(directory, `${index}.bin`), bytes: sampleBytes(size, index) }
    writeFileSync(file.path, file.bytes)
    return file
  })
}

/** A transfer whose lanes are open, as they are once some dozens of files have gone through. */
async function withLanes(open: () => Promise<HashLanes | undefined> = () => createMd5Lanes({ regionBytes: MIB + 64 })) {
  const directory = await temporaryDirectory()
  const openLanes = vi.fn(open)
  const transfer = createNodeTransfer({ hasher, openLanes })
  await warmUp(transfer, directory)
  expect(openLanes).toHaveBeenCalledTimes(1)
  await openLanes.mock.results[0]!.value.catch(() => undefined)
  await new Promise(setImmediate)
  return { transfer, directory, openLanes }
}

async function warmUp(transfer: NodeTransfer, directory: string): Promise<void> {
  for (const { path } of writeFiles(join(directory, "warm"), new Array(30).fill(10))) await transfer.transfer({ from: path })
}

describe("many at once", () => {
  test("files of every size are hashed and copied", async () => {
    const { transfer, directory } = await withLanes()
    const files = writeFiles(join(directory, "in"), [...SIZES, ...SIZES, ...Array.from({ length: 60 }, (_, index) => index * 501)])
    const out = join(directory, "out")
    mkdirSync(out)
    const copies = files.map((_, index) => join(out, `${index}`))
    const seen: number[] = []
    const jobs = files.map(({ path }, index) => ({
      from: path,
      to: copies[index]!,
      mode: 0o444,
      onBytes: (count: number) => seen.push(count),
    }))
    const found = await Promise.all(jobs.map((job) => transfer.transfer(job)))
    expect(found.map(({ digest, size }) => ({ digest, size }))).toEqual(
      files.map(({ bytes }) => ({ digest: digestOf(bytes), size: bytes.byteLength })),
    )
    for (const [index, { bytes, path }] of files.entries()) {
      expect(Buffer.compare(readFileSync(copies[index]!), bytes), path).toBe(0)
      expect(found[index]!.before).toEqual(found[index]!.after)
      expect(found[index]!.before.size).toBe(BigInt(bytes.byteLength))
    }
    expect(statSync(copies[0]!).mode & 0o777).toBe(0o444)
    expect(seen.reduce((sum, count) => sum + count, 0)).toBe(files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
  })

  test("each stands for itself, and fails as it would alone", async () => {
    const { transfer, directory } = await withLanes()
    const files = writeFiles(join(directory, "in"), new Array(36).fill(5000))
    const outcomes = async (engine: NodeTransfer, name: string) => {
      const out = join(directory, name)
      mkdirSync(out)
      writeFileSync(join(out, "taken"), "somebody else's")
      const special: Record<number, Partial<TransferJob>> = {
        1: { from: join(directory, "missing") },
        4: { from: directory },
        7: { expect: digestOf(sampleBytes(3)) },
        8: { to: undefined, expect: digestOf(sampleBytes(3)) },
        13: { to: join(out, "taken") },
        14: { to: join(out, "no-such-directory", "x"), label: "the copy" },
        17: { signal: AbortSignal.abort(new Error("not wanted any more")) },
        20: { unless: () => true },
        23: { unless: ({ digest }) => (digest === digestOf(files[23]!.bytes) ? fail() : false) },
        26: { from: "/dev/null" },
      }
      const jobs = files.map(({ path }, index) => ({ from: path, to: join(out, `${index}`), ...special[index] }))
      const settled = await Promise.allSettled(jobs.map((job) => engine.transfer(job)))
      const told = settled.map((result) => {
        if (result.status === "fulfilled") return result.value
        const { name: type, message, details, cause } = result.reason
        return JSON.parse(JSON.stringify({ type, message, details, code: cause?.code }).replaceAll(out, "OUT"))
      })
      return { told, failed: settled.filter(({ status }) => status === "rejected").length, files: filesBelow(out).sort() }
    }
    const together = await outcomes(transfer, "together")
    expect(together.failed).toBe(9)
    expect(together.files).toHaveLength(36 - 9 - 1 + 1)
    expect(readFileSync(join(directory, "together", "taken"), "utf8")).toBe("somebody else's")
    expect(together).toEqual(await outcomes(createNodeTransfer({ hasher }), "alone"))
  })

  test("an abort between asking and its turn stops that one only", async () => {
    const { transfer, directory } = await withLanes()
    const files = writeFiles(join(directory, "in"), new Array(7).fill(100))
    const stop = new AbortController()
    const work = files.map(({ path }, index) => transfer.transfer({ from: path, signal: index === 2 ? stop.signal : undefined }))
    stop.abort(new Error("enough"))
    const settled = await Promise.allSettled(work)
    expect(settled.map(({ status }) => status)).toEqual(files.map((_, index) => (index === 2 ? "rejected" : "fulfilled")))
    expect((settled[2] as PromiseRejectedResult).reason).toBe(stop.signal.reason)
  })

  test("one that comes alone is not kept waiting for others", async () => {
    const { transfer, directory } = await withLanes()
    for (const { path, bytes } of writeFiles(join(directory, "in"), [0, 500, MIB, MIB + 1])) {
      expect((await transfer.transfer({ from: path })).digest).toBe(digestOf(bytes))
    }
  })
})

describe("opening lanes", () => {
  test("a handful of files opens none", async () => {
    const directory = await temporaryDirectory()
    const openLanes = vi.fn(async () => undefined)
    const transfer = createNodeTransfer({ hasher, openLanes })
    await Promise.all(writeFiles(directory, new Array(10).fill(100)).map(({ path }) => transfer.transfer({ from: path })))
    expect(openLanes).not.toHaveBeenCalled()
  })

  test.each([
    ["says that there are none", async () => undefined],
    ["fails", () => Promise.reject(new Error("no"))],
  ])("an engine that %s changes nothing", async (_, open) => {
    const { transfer, directory, openLanes } = await withLanes(open)
    const files = writeFiles(join(directory, "in"), new Array(40).fill(3000))
    const found = await Promise.all(files.map(({ path }) => transfer.transfer({ from: path })))
    expect(found.map(({ digest }) => digest)).toEqual(files.map(({ bytes }) => digestOf(bytes)))
    expect(openLanes).toHaveBeenCalledTimes(1)
  })

  test("lanes that break fail their files and hang nobody", async () => {
    let isBroken = false
    const { transfer, directory } = await withLanes(async () => {
      const lanes = (await createMd5Lanes({ regionBytes: MIB + 64 }))!
      const hash: HashLanes["hash"] = (lengths, hashAlone) => {
        if (isBroken) throw new Error("broken lanes")
        return lanes.hash(lengths, hashAlone)
      }
      return { ...lanes, hash }
    })
    isBroken = true
    const files = writeFiles(join(directory, "in"), new Array(13).fill(100))
    rmSync(files[5]!.path)
    const settled = await Promise.allSettled(files.map(({ path }) => transfer.transfer({ from: path })))
    const reasons = settled.map((result) => (result.status === "rejected" ? String(result.reason.message) : ""))
    expect(reasons.filter((reason) => reason === "broken lanes")).toHaveLength(12)
    expect(reasons[5]).toContain("there is no such file")
  })
})

function fail(): never {
  throw new TypeError("the caller's own mistake")
}

test("a batch that fails as a whole rejects its jobs, and nothing else", async () => {
  const directory = await temporaryDirectory()
  const files = writeFiles(directory, new Array(30).fill(10))
  const failure = new Error("the slice is gone")
  let broken = false
  const { slices } = createNodeTransfer({ hasher })
  const run = <T>(job: () => T, signal?: AbortSignal) => (broken ? Promise.reject(failure) : slices.run(job, signal))
  const openLanes = () => createMd5Lanes({ regionBytes: MIB + 64 })
  const transferSmall = createSmallTransfer({ hash: hasher.hash, slices: { run }, openLanes })
  const read = ({ path }: { path: string }) => transferSmall({ from: path, unless: () => false })
  for (const file of files) await read(file)
  await openLanes()
  await new Promise(setImmediate)
  broken = true
  const unhandled = vi.fn()
  process.on("unhandledRejection", unhandled)
  const settled = await Promise.allSettled(files.map(read))
  await new Promise(setImmediate)
  process.off("unhandledRejection", unhandled)
  expect(settled).toEqual(files.map(() => ({ status: "rejected", reason: failure })))
  expect(unhandled).not.toHaveBeenCalled()
  broken = false
  expect((await read(files[0]!))?.digest).toBe(digestOf(files[0]!.bytes))
})
