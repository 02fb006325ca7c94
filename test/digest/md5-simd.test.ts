import { createHash, randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import fc from "fast-check"
import { afterEach, describe, expect, test, vi } from "vitest"
import { createJsHasher } from "../../src/digest/js-md5.ts"
import { createSimdHasher } from "../../src/digest/md5-simd.ts"
import { countAlone, createMd5Lanes, LANES, type Md5Lanes } from "../../src/digest/md5-simd-lanes.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import type { Hasher } from "../../src/ports.ts"
import { digestOf, sampleBytes } from "../contracts/content.ts"
import { testHasher } from "../contracts/hasher.ts"
import { moduleSource } from "../tools/md5-simd-module.ts"

const REGION = 1024

/** Where padding changes shape, and where a message of several parts does. */
const EDGES = [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129]
const AROUND_REGIONS = [1, 2, 3].flatMap((count) => [-64, -9, -8, -1, 0, 1, 56, 63, 64].map((by) => count * REGION + by))
const lengths = fc.oneof(fc.constantFrom(...EDGES, ...AROUND_REGIONS), fc.nat({ max: 4 * REGION }))

const openLanes = async (regionBytes = REGION): Promise<Md5Lanes> => (await createMd5Lanes({ regionBytes }))!

/** A hasher that must not be needed. */
const noFallback: Hasher = {
  create: () => Promise.reject(new Error("fell back")),
  hash: () => Promise.reject(new Error("fell back")),
}

const refuseWebAssembly = () =>
  vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("code generation disallowed by embedder"))

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.resetModules()
})

test("the committed module is the one its source assembles", () => {
  const committed = readFileSync(new URL("../../src/digest/md5-simd-wasm.ts", import.meta.url), "utf8")
  expect(committed).toBe(moduleSource())
})

describe("hasher", () => {
  testHasher(() => createSimdHasher({ fallback: createNodeHasher() }))

  test("hashMany equals node:crypto for any number of pieces of any lengths, in order", async () => {
    const hasher = createSimdHasher({ fallback: createJsHasher() })
    const pieceLengths = fc.oneof(lengths, fc.constantFrom(32_767, 32_768, 32_769, 65_536, 100_000))
    await fc.assert(
      fc.asyncProperty(fc.array(pieceLengths, { maxLength: 40 }), fc.nat(), async (sizes, seed) => {
        const pieces = sizes.map((size, index) => sampleBytes(size, seed + index))
        expect(await hasher.hashMany!(pieces)).toEqual(pieces.map(digestOf))
      }),
      { numRuns: 150 },
    )
  })

  test.each([4, 5, 11, 12, 13, 24, 25])("%i pieces of one length need no fallback for the full lanes", async (count) => {
    const pieces = Array.from({ length: count }, (_, seed) => sampleBytes(40_000, seed))
    const rest = count % LANES
    const fallback = rest > 0 && rest < 4 ? createNodeHasher() : noFallback
    expect(await createSimdHasher({ fallback }).hashMany!(pieces)).toEqual(pieces.map(digestOf))
  })

  test("concurrent calls do not disturb each other, whatever they wait for", async () => {
    const node = createNodeHasher()
    const late: Hasher = {
      create: node.create,
      hash: (bytes) => new Promise((resolve) => setImmediate(() => resolve(node.hash(bytes)))),
    }
    const hasher = createSimdHasher({ fallback: late })
    const batches = Array.from({ length: 20 }, (_, batch) =>
      Array.from({ length: 30 }, (_, index) => sampleBytes((index * 7919 * (batch + 1)) % 90_000, batch * 100 + index)),
    )
    const found = await Promise.all(batches.map((pieces) => hasher.hashMany!(pieces)))
    expect(found).toEqual(batches.map((pieces) => pieces.map(digestOf)))
  })

  test("one piece alone is the fallback's, and compiles nothing", async () => {
    const compile = vi.spyOn(WebAssembly, "compile")
    const hasher = createSimdHasher({ fallback: createNodeHasher() })
    expect(await hasher.hashMany!([sampleBytes(70)])).toEqual([digestOf(sampleBytes(70))])
    expect(compile).not.toHaveBeenCalled()
    await expect(createSimdHasher({ fallback: noFallback }).hashMany!([sampleBytes(70)])).rejects.toThrow("fell back")
  })

  test("a failing fallback fails the call", async () => {
    const pieces = [sampleBytes(500_000), ...Array.from({ length: 11 }, (_, seed) => sampleBytes(10, seed))]
    await expect(createSimdHasher({ fallback: noFallback }).hashMany!(pieces)).rejects.toThrow("fell back")
  })
})

describe("where it cannot be loaded", () => {
  const pieces = Array.from({ length: 30 }, (_, seed) => sampleBytes(seed * 50, seed))
  const loadAfresh = async () => (await import("../../src/digest/md5-simd.ts")).createSimdHasher

  test("a runtime that refuses to compile gets the fallback, and is asked again later", async () => {
    vi.resetModules()
    const create = await loadAfresh()
    const refused = refuseWebAssembly()
    const hasher = create({ fallback: createNodeHasher() })
    expect(await hasher.hashMany!(pieces)).toEqual(pieces.map(digestOf))
    await expect(create({ fallback: noFallback }).hashMany!(pieces)).rejects.toThrow("fell back")
    expect(refused).toHaveBeenCalledTimes(2)
    refused.mockRestore()
    const compile = vi.spyOn(WebAssembly, "compile")
    for (let call = 0; call < 3; call++) expect(await hasher.hashMany!(pieces)).toEqual(pieces.map(digestOf))
    expect(await create({ fallback: createNodeHasher() }).hashMany!(pieces)).toEqual(pieces.map(digestOf))
    expect(compile).toHaveBeenCalledTimes(1)
  })

  test("a runtime without WebAssembly gets the fallback", async () => {
    vi.resetModules()
    const create = await loadAfresh()
    vi.stubGlobal("WebAssembly", undefined)
    expect(await create({ fallback: createJsHasher() }).hashMany!(pieces)).toEqual(pieces.map(digestOf))
  })

  test("memory that cannot be had is no failure", async () => {
    expect(await createMd5Lanes({ regionBytes: 2 ** 31 })).toBeUndefined()
    expect(await createMd5Lanes({ regionBytes: 64 })).toBeDefined()
  })
})

describe("lanes", () => {
  const place = (lanes: Md5Lanes, lane: number, bytes: Uint8Array, isLast = true) => {
    lanes.region(lane).set(bytes)
    return { length: bytes.byteLength, isLast }
  }

  test("whole messages of any lengths in any lanes", async () => {
    const lanes = await openLanes()
    const inRegion = fc.oneof(fc.constantFrom(...EDGES, REGION - 1, REGION), fc.nat({ max: REGION }))
    fc.assert(
      fc.property(fc.array(fc.option(inRegion, { nil: undefined }), { maxLength: LANES }), fc.nat(), (sizes, seed) => {
        const messages = sizes.map((size, lane) => (size === undefined ? undefined : sampleBytes(size, seed + lane)))
        const parts = messages.map((bytes, lane) => bytes && place(lanes, lane, bytes))
        expect(lanes.run(parts)).toEqual(messages.map((bytes) => bytes && digestOf(bytes)))
      }),
      { numRuns: 300 },
    )
  })

  test("hash: lone messages go to the other hash, and all answers are in their place", async () => {
    const lanes = await openLanes()
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: REGION })), { maxLength: LANES }),
        fc.nat(),
        (sizes, seed) => {
          const messages = sizes.map((size, index) => sampleBytes(size, seed + index))
          for (const [lane, bytes] of messages.entries()) lanes.region(lane).set(bytes)
          const alone = vi.fn(digestOf)
          expect(lanes.hash(sizes, alone)).toEqual(messages.map(digestOf))
          expect(alone).toHaveBeenCalledTimes(countAlone(sizes.toSorted((a, b) => b - a)))
        },
      ),
    )
  })

  test("lanes are independent machines: begun, fed, ended and reset in any order", async () => {
    const lanes = await openLanes()
    const begun = Array.from({ length: LANES }, () => createHash("md5"))
    const move = fc.record({
      action: fc.constantFrom("feed", "feed", "end", "reset", "wait"),
      blocks: fc.nat({ max: REGION / 64 }),
      length: fc.nat({ max: REGION }),
    })
    fc.assert(
      fc.property(fc.array(fc.array(move, { minLength: LANES, maxLength: LANES }), { minLength: 1, maxLength: 12 }), (turns) => {
        for (const turn of turns) {
          const parts = turn.map(({ action, blocks, length }, lane) => {
            if (action === "reset") {
              lanes.reset(lane)
              begun[lane] = createHash("md5")
            }
            if (action !== "feed" && action !== "end") return undefined
            const bytes = randomBytes(action === "feed" ? blocks * 64 : length)
            begun[lane]!.update(bytes)
            return place(lanes, lane, bytes, action === "end")
          })
          const expected = turn.map(({ action }, lane) => {
            if (action !== "end") return undefined
            const digest = begun[lane]!.digest("base64")
            begun[lane] = createHash("md5")
            return digest
          })
          expect(lanes.run(parts)).toEqual(expected)
        }
      }),
    )
  })

  test("a message of over 512 MiB, whose length in bits needs both words", async () => {
    const lanes = await openLanes(1024 * 1024)
    const part = sampleBytes(1024 * 1024)
    const expected = createHash("md5")
    for (let count = 0; count < 512; count++) {
      expected.update(part)
      lanes.run([place(lanes, 0, part, false)])
    }
    expect(lanes.run([place(lanes, 0, part.subarray(0, 100))])).toEqual([expected.update(part.subarray(0, 100)).digest("base64")])
  })

  test("regions do not overlap, and one's padding stays out of the next", async () => {
    const lanes = await openLanes(64)
    const messages = Array.from({ length: LANES }, (_, lane) => sampleBytes(64, lane))
    for (const [lane, bytes] of messages.entries()) lanes.region(lane).set(bytes)
    expect(lanes.run(messages.map(() => ({ length: 64, isLast: true })))).toEqual(messages.map(digestOf))
    expect(messages.map((_, lane) => lanes.region(lane).slice())).toEqual(messages)
  })

  test("a part that cannot be is refused, and leaves the lanes as they were", async () => {
    const lanes = await openLanes()
    const bytes = sampleBytes(128)
    lanes.run([place(lanes, 0, bytes.subarray(0, 64), false)])
    for (const bad of [
      { length: REGION + 1, isLast: true },
      { length: 63, isLast: false },
      { length: -1, isLast: true },
      { length: Number.NaN, isLast: true },
    ]) {
      expect(() => lanes.run([place(lanes, 0, bytes.subarray(64)), bad])).toThrow(RangeError)
    }
    expect(lanes.run([place(lanes, 0, bytes.subarray(64))])).toEqual([digestOf(bytes)])
    await expect(createMd5Lanes({ regionBytes: 100 })).rejects.toThrow(RangeError)
  })
})

test("countAlone finds the cheapest split", () => {
  const cost = (lengths: readonly number[], alone: number) =>
    lengths.slice(0, alone).reduce((sum, length) => sum + length, 0) + 3 * (lengths[alone] ?? 0)
  expect(countAlone([])).toBe(0)
  expect(countAlone([5])).toBe(1)
  expect(countAlone(new Array(12).fill(8192))).toBe(0)
  expect(countAlone([1_000_000, ...new Array(11).fill(8192)])).toBe(1)
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1e6 }), { maxLength: LANES }), (list) => {
      const sorted = list.sort((a, b) => b - a)
      const costs = Array.from({ length: sorted.length + 1 }, (_, alone) => cost(sorted, alone))
      expect(cost(sorted, countAlone(sorted))).toBe(Math.min(...costs))
    }),
  )
})
