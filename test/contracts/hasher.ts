import { expect, test } from "vitest"
import type { Hasher } from "../../src/ports.ts"
import { digestOf, sampleBytes } from "./content.ts"

const VECTORS: readonly (readonly [string, string])[] = [
  ["", "1B2M2Y8AsgTpgAmY7PhCfg=="],
  ["abc", "kAFQmDzST7DWlj99KOF/cg=="],
  ["message digest", "+WtpfXy3k41SWi8xqvFh0A=="],
]
// Around the 64-byte blocks of MD5 and the 16 KiB window of hash-wasm.
const SIZES = [0, 1, 55, 56, 63, 64, 65, 127, 16383, 16384, 16385, 100_000]

/** What every engine behind the `Hasher` port must do. */
export function testHasher(create: () => Hasher): void {
  test("known digests", async () => {
    const hasher = create()
    for (const [text, digest] of VECTORS) expect(await hasher.hash(new TextEncoder().encode(text))).toBe(digest)
  })

  test.each(SIZES)("%i bytes, whole and in pieces of every kind", async (size) => {
    const hasher = create()
    const bytes = sampleBytes(size, size + 1)
    expect(await hasher.hash(bytes)).toBe(digestOf(bytes))
    for (const piece of [1, 13, 64, 4096].filter((length) => size / length < 5000)) {
      const state = await hasher.create()
      for (let at = 0; at < size; at += piece) await state.update(bytes.subarray(at, at + piece))
      expect(await state.digest()).toBe(digestOf(bytes))
    }
  })

  test("hashes in flight do not disturb each other", async () => {
    const hasher = create()
    const inputs = Array.from({ length: 40 }, (_, seed) => sampleBytes(3000, seed))
    const states = await Promise.all(inputs.map(() => hasher.create()))
    for (let at = 0; at < 3000; at += 500) {
      for (const [index, state] of states.entries()) await state.update(inputs[index]!.subarray(at, at + 500))
      expect(await hasher.hash(inputs[0]!)).toBe(digestOf(inputs[0]!))
    }
    expect(await Promise.all(states.map((state) => state.digest()))).toEqual(inputs.map(digestOf))
  })

  test("an abandoned hash leaves no trace in the next", async () => {
    const hasher = create()
    const abandoned = await hasher.create()
    await abandoned.update(sampleBytes(100))
    const bytes = sampleBytes(1000, 7)
    const state = await hasher.create()
    await state.update(bytes)
    expect(await state.digest()).toBe(digestOf(bytes))
  })

  test("a state is used up by digest()", async () => {
    const state = await create().create()
    await state.update(sampleBytes(10))
    await state.digest()
    await expect((async () => state.digest())()).rejects.toThrow()
    await expect((async () => state.update(sampleBytes(10)))()).rejects.toThrow()
  })

  test("views into a larger buffer", async () => {
    const bytes = sampleBytes(300)
    expect(await create().hash(bytes.subarray(100, 200))).toBe(digestOf(bytes.slice(100, 200)))
  })

  test("hashMany, where there is one, answers in order", async () => {
    const hasher = create()
    const inputs = Array.from({ length: 30 }, (_, seed) => sampleBytes(seed * 37, seed))
    const digests = hasher.hashMany ? await hasher.hashMany(inputs) : await Promise.all(inputs.map((bytes) => hasher.hash(bytes)))
    expect(digests).toEqual(inputs.map(digestOf))
  })
}
