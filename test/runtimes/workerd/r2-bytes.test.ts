/** What only an R2 bucket brings: streams of known length that it verifies, parts, pages, and a stage in little memory. */
import { describe, expect, test } from "vitest"
import { digestToHex } from "../../../src/core/digest-text.ts"
import { platform } from "../../../src/doors/workerd.ts"
import { DigestMismatchError, InvalidArgumentError } from "../../../src/errors.ts"
import { createR2BlobStore, createR2Stage } from "../../../src/storage/r2.ts"
import { bytesOf, digestOf, expectBytes, readBytes, sampleBytes, streamOf, toArray } from "../../contracts/content.ts"
import { bucket, hasher, keysBelow, newPrefix } from "./bucket.ts"

const BIG = sampleBytes(11 * 1024 * 1024 + 7, 21)
const DIGEST = digestOf(BIG)

const chunksOf = (bytes: Uint8Array, size = 300_001): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size))

describe("large blobs", () => {
  const open = () => {
    const prefix = newPrefix()
    return { prefix, store: createR2BlobStore({ bucket, prefix, hasher }) }
  }

  test.each([
    ["of known length", { size: BIG.byteLength }],
    ["of unknown length, in parts", {}],
  ])("%s", async (_, about) => {
    const { prefix, store } = open()
    let told = 0
    const put = store.put(DIGEST, streamOf(chunksOf(BIG), about), { onBytes: (count) => (told += count) })
    expect(await put).toBe("stored")
    expect(told).toBe(BIG.byteLength)
    const blob = (await store.get(DIGEST))!
    expectBytes(await readBytes(blob.stream()), BIG)
    expectBytes(await readBytes(blob.stream({ range: { start: 5_000_000, end: 9_000_001 } })), BIG.slice(5_000_000, 9_000_001))
    expect(await keysBelow(prefix)).toEqual([`${prefix}/blobs/${digestToHex(DIGEST)}`])
  })

  test.each([
    ["other bytes", () => streamOf(chunksOf(BIG).reverse(), { size: BIG.byteLength })],
    ["fewer bytes", () => streamOf(chunksOf(BIG).slice(1), { size: BIG.byteLength })],
    ["more bytes", () => streamOf([...chunksOf(BIG), new Uint8Array(1)], { size: BIG.byteLength })],
    ["other bytes in parts", () => streamOf(chunksOf(BIG).reverse())],
  ])("%s than promised: nothing is there", async (_, content) => {
    const { prefix, store } = open()
    await expect(store.put(DIGEST, content())).rejects.toThrow(DigestMismatchError)
    expect(await keysBelow(prefix)).toEqual([])
  })

  test("a source that fails half-way: its error", async () => {
    const { prefix, store } = open()
    const error = new Error("gone")
    const stream = () => {
      const rest = chunksOf(BIG).slice(20)
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          const next = rest.pop()
          if (next === undefined) controller.error(error)
          else controller.enqueue(next)
        },
      })
    }
    await expect(store.put(DIGEST, { stability: "once", size: BIG.byteLength, stream })).rejects.toBe(error)
    expect(await keysBelow(prefix)).toEqual([])
  })

  test("what was set aside is kept out of sight", async () => {
    const { prefix, store } = open()
    await store.put(DIGEST, bytesOf(BIG))
    await store.setAside!(DIGEST)
    await store.setAside!(DIGEST)
    expect(await store.get(DIGEST)).toBeUndefined()
    expect(await toArray(store.list())).toEqual([])
    expect(await keysBelow(prefix)).toEqual([`${prefix}/damaged/${digestToHex(DIGEST)}`])
    expect(await store.sweep!()).toBe(0)
  })

  test("rot is noticed when a blob is refreshed, and healed", async () => {
    const { prefix } = open()
    const store = createR2BlobStore({ bucket, prefix, hasher, refreshAfterMs: 0 })
    const bytes = sampleBytes(1000, 5)
    await store.put(digestOf(bytes), bytesOf(bytes))
    await bucket.put(`${prefix}/blobs/${digestToHex(digestOf(bytes))}`, sampleBytes(1000, 6))
    expect(await store.put(digestOf(bytes), bytesOf(bytes))).toBe("stored")
    expectBytes(await readBytes((await store.get(digestOf(bytes)))!.stream()), bytes)
  })
})

test("an abort settles though the bucket never takes the bytes", async () => {
  const stalled = new Proxy(bucket, {
    get: (target, name: keyof typeof bucket) =>
      name === "put" ? () => new Promise(() => undefined) : (target[name] as () => unknown).bind(target),
  })
  const store = createR2BlobStore({ bucket: stalled, prefix: newPrefix(), hasher })
  const controller = new AbortController()
  const put = store.put(DIGEST, streamOf(chunksOf(BIG), { size: BIG.byteLength }), { signal: controller.signal })
  setTimeout(() => controller.abort("enough"), 50)
  await expect(put).rejects.toBe("enough")
})

test("a listing reaches the last page", async () => {
  const prefix = newPrefix()
  const few = (query?: object) => bucket.list({ ...query, limit: 3 } as object)
  const paged = new Proxy(bucket, {
    get: (target, name: keyof typeof bucket) => (name === "list" ? few : (target[name] as () => unknown).bind(target)),
  })
  const names = Array.from({ length: 10 }, (_, at) => at.toString(16).padStart(32, "0"))
  for (const name of names) await bucket.put(`${prefix}/blobs/${name}`, "x")
  const store = createR2BlobStore({ bucket: paged, prefix, hasher })
  expect((await toArray(store.list())).map(({ digest }) => digestToHex(digest))).toEqual(names)
})

describe("stage", () => {
  test("what is small stays in memory, to 16 MiB in all; the rest is in the bucket until it is released", async () => {
    const prefix = newPrefix()
    const stage = createR2Stage({ bucket, prefix, hasher })
    const owner = {}
    const small = sampleBytes(1024 * 1024, 7)
    const staged = []
    for (let at = 0; at < 18; at++) staged.push(await stage.take(streamOf([small]), { owner, keep: true }))
    staged.push(await stage.take(streamOf(chunksOf(BIG)), { owner, keep: true }))
    expect(await keysBelow(prefix)).toHaveLength(3)
    for (const { content, digest } of staged) expect(await hasher.hash(await readBytes(content.stream()))).toBe(digest)
    expect(staged.at(-1)).toMatchObject({ digest: DIGEST, size: BIG.byteLength })
    await stage.release(owner)
    expect(await keysBelow(prefix)).toEqual([])
    await stage.take(streamOf([small]), { owner, keep: true })
    expect(await keysBelow(prefix)).toEqual([])
  })
})

describe("defaults", () => {
  test("the registry is in the bucket bound as ISOFACT, one for each place in it", async () => {
    expect(platform.registry()).toBe(platform.registry())
    const dir = newPrefix()
    const registry = platform.registry({ dir })
    expect(registry).toBe(platform.registry({ dir }))
    await registry.upsertRun({ entity: "local", project: "p", run: "r" })
    expect((await keysBelow(`${dir}/records/`)).length).toBeGreaterThan(0)
    expect(() => platform.registry({ dir: "../up" })).toThrow(InvalidArgumentError)
    expect(await registry.gc()).toMatchObject({ blobsDeleted: 0 })
  })
})
