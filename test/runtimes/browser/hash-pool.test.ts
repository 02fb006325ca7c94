/** The pool where its worker was left behind, as any bundler may: the page or worker that asked hashes by itself. */
import { describe, expect, test } from "vitest"
import { createHashPool } from "../../../src/digest/hash-pool.ts"
import { digestOf, sampleBytes } from "../../contracts/content.ts"
import { testHasher } from "../../contracts/hasher.ts"

describe("a pool as a hasher", () => testHasher(() => createHashPool()))

test.each([
  ["not found", {}],
  ["not wanted", { size: 0 }],
  ["refused", { worker: () => new Worker("data:,", { type: "nonsense" as WorkerType }) }],
])("Blobs are hashed when workers are %s", async (_, options) => {
  const pool = createHashPool(options)
  const pieces = [0, 100, 70_000, 3_000_000, 200].map((size) => new Uint8Array(sampleBytes(size, size)))
  let bytes = 0
  const onBytes = (count: number) => {
    bytes += count
  }
  const found = await Promise.all(pieces.map((piece) => pool.hashBlob(new Blob([piece]), { onBytes })))
  expect(found).toEqual(pieces.map((piece) => ({ digest: digestOf(piece), size: piece.byteLength })))
  expect(bytes).toBe(3_070_300)
})

test("an aborted hash rejects with the reason", async () => {
  const pool = createHashPool({ size: 0 })
  const blob = new Blob([new Uint8Array(3_000_000)])
  await expect(pool.hashBlob(blob, { signal: AbortSignal.abort("before") })).rejects.toBe("before")
  const control = new AbortController()
  const running = pool.hashBlob(blob, { signal: control.signal })
  control.abort("meanwhile")
  await expect(running).rejects.toBe("meanwhile")
})
