import { describe, expect, test } from "vitest"
import type { Digest } from "../../src/core/digest-text.ts"
import { DigestMismatchError, InvalidArgumentError, isArtifactError } from "../../src/errors.ts"
import type { BlobStore, Content } from "../../src/ports.ts"
import { bytesOf, digestOf, expectBytes, failing, fired, readBytes, sampleBytes, stalled, streamOf, toArray } from "./content.ts"

export interface BlobStoreSubject {
  readonly store: BlobStore
  /** Changes stored bytes behind the store's back; left out where nothing can. */
  readonly rot?: ((digest: Digest, bytes: Uint8Array) => Promise<void>) | undefined
  /** How many files or objects there are besides the blobs: leftovers of writes. */
  readonly leftovers?: (() => Promise<number>) | undefined
  /** Milliseconds between two readings of the store's clock that differ. Default 20. */
  readonly clockMs?: number | undefined
}

const SMALL = sampleBytes(1000, 3)
const LARGE = sampleBytes(3 * 1024 * 1024 + 17, 4)
const ABSENT = digestOf(sampleBytes(5, 99))

const pieces = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size))

/** What every `BlobStore` must do. */
export function testBlobStore(create: () => Promise<BlobStoreSubject>): void {
  const contents: [string, () => Content, Uint8Array][] = [
    ["nothing", () => bytesOf(new Uint8Array(0)), new Uint8Array(0)],
    ["a few bytes", () => bytesOf(SMALL), SMALL],
    ["a stream of unknown size", () => streamOf(pieces(SMALL, 7)), SMALL],
    ["a large stream", () => streamOf(pieces(LARGE, 70_000), { size: LARGE.byteLength }), LARGE],
    ["a large stream of few chunks, some empty", () => streamOf([LARGE.slice(0, 9), new Uint8Array(0), LARGE.slice(9)]), LARGE],
  ]

  describe("put and get", () => {
    test.each(contents)("%s", async (_, content, bytes) => {
      const { store } = await create()
      const digest = digestOf(bytes)
      expect(await store.put(digest, content())).toBe("stored")
      const blob = await store.get(digest)
      expect(blob).toMatchObject({ stability: "frozen", size: bytes.byteLength })
      expectBytes(await readBytes(blob!.stream()), bytes)
      expectBytes(await readBytes(blob!.stream()), bytes)
      expectBytes(await blob!.bytes?.(), bytes)
      expect(await store.stat(digest)).toMatchObject({ digest, size: bytes.byteLength })
    })

    test("what is made of other blobs", async () => {
      const { store, leftovers } = await create()
      for (const bytes of [SMALL, LARGE]) {
        const parts = pieces(bytes, Math.ceil(bytes.byteLength / 3)).map((part) => ({
          digest: digestOf(part),
          size: part.byteLength,
          part,
        }))
        for (const { digest, part } of parts) await store.put(digest, bytesOf(part))
        const content = bytesOf(bytes, { stability: "frozen" })
        await expect(store.put(ABSENT, content, { parts })).rejects.toThrow(DigestMismatchError)
        expect(await store.stat(ABSENT)).toBeUndefined()
        expect(await store.put(digestOf(bytes), content, { parts })).toBe("stored")
        expectBytes(await readBytes((await store.get(digestOf(bytes)))!.stream()), bytes)
      }
      expect((await leftovers?.()) ?? 0).toBe(0)
    })

    test("progress adds up to the size", async () => {
      const { store } = await create()
      for (const [, content, bytes] of contents.slice(0, 4)) {
        let total = 0
        await store.put(digestOf(bytes), content(), { replace: true, onBytes: (count) => (total += count) })
        expect(total).toBe(bytes.byteLength)
      }
    })

    test("what was handed over or out can be changed without changing the blob", async () => {
      const { store } = await create()
      const mine = SMALL.slice()
      await store.put(digestOf(SMALL), bytesOf(mine))
      mine.fill(0)
      const blob = await store.get(digestOf(SMALL))
      ;(await blob!.bytes?.())?.fill(0)
      const reader = blob!.stream().getReader()
      ;(await reader.read()).value?.fill(0)
      await reader.cancel()
      expectBytes(await readBytes(blob!.stream()), SMALL)
    })

    test("absent", async () => {
      const { store } = await create()
      expect(await store.stat(ABSENT)).toBeUndefined()
      expect(await store.get(ABSENT)).toBeUndefined()
      await store.delete(ABSENT)
    })
  })

  describe("ranges", () => {
    test.each([
      [0, undefined],
      [0, 0],
      [1, 2],
      [5, 700_000],
      [262_143, 262_146],
      [LARGE.byteLength - 1, undefined],
      [LARGE.byteLength, undefined],
      [LARGE.byteLength + 9, undefined],
      [10, LARGE.byteLength * 2],
      [20, 10],
    ])("%s to %s", async (start, end) => {
      const { store } = await create()
      await store.put(digestOf(LARGE), bytesOf(LARGE))
      const blob = await store.get(digestOf(LARGE))
      const part = end !== undefined && end < start ? new Uint8Array(0) : LARGE.slice(start, end)
      expectBytes(await readBytes(blob!.stream({ range: { start, end } })), part)
    })

    test.each([{ start: -1 }, { start: 1.5 }, { start: Number.NaN }, { start: 0, end: -5 }])("%o is refused", async (range) => {
      const { store } = await create()
      await store.put(digestOf(SMALL), bytesOf(SMALL))
      const blob = await store.get(digestOf(SMALL))
      await expect((async () => readBytes(blob!.stream({ range })))()).rejects.toThrow(InvalidArgumentError)
    })
  })

  describe("wrong bytes", () => {
    test.each([
      ["small", () => bytesOf(SMALL)],
      ["streamed", () => streamOf(pieces(SMALL, 100))],
      ["large", () => streamOf(pieces(LARGE, 100_000), { size: LARGE.byteLength })],
    ])("%s: rejected, and nothing is left", async (_, content) => {
      const { store, leftovers } = await create()
      await expect(store.put(ABSENT, content())).rejects.toThrow(DigestMismatchError)
      expect(await store.stat(ABSENT)).toBeUndefined()
      expect(await store.get(ABSENT)).toBeUndefined()
      expect(await toArray(store.list())).toEqual([])
      expect((await leftovers?.()) ?? 0).toBe(0)
    })

    test("a source that fails half-way: its error, and nothing is left", async () => {
      const { store, leftovers } = await create()
      const error = new Error("the network went away")
      await expect(store.put(digestOf(SMALL), failing(SMALL.slice(0, 10), error))).rejects.toBe(error)
      expect(await store.stat(digestOf(SMALL))).toBeUndefined()
      expect((await leftovers?.()) ?? 0).toBe(0)
      expect(await store.put(digestOf(SMALL), bytesOf(SMALL))).toBe("stored")
    })

    test("a bad writer does not spoil it for a good one that waits", async () => {
      const { store } = await create()
      const bad = store.put(digestOf(SMALL), bytesOf(LARGE.slice(0, 1000)))
      const good = store.put(digestOf(SMALL), bytesOf(SMALL))
      await expect(bad).rejects.toThrow(DigestMismatchError)
      expect(await good).toBe("stored")
    })
  })

  describe("present", () => {
    test("is not read again, and is freshened", async () => {
      const { store, clockMs = 20 } = await create()
      await store.put(digestOf(SMALL), bytesOf(SMALL))
      const before = await store.stat(digestOf(SMALL))
      await new Promise((resolve) => setTimeout(resolve, clockMs))
      const content = streamOf([SMALL], { size: SMALL.byteLength })
      expect(await store.put(digestOf(SMALL), content)).toBe("present")
      expect(content.state.reads).toBe(0)
      expect((await store.stat(digestOf(SMALL)))!.modifiedAt).toBeGreaterThan(before!.modifiedAt)
    })

    test("replace stores all the same", async () => {
      const { store, leftovers } = await create()
      await store.put(digestOf(SMALL), bytesOf(SMALL))
      expect(await store.put(digestOf(SMALL), bytesOf(SMALL), { replace: true })).toBe("stored")
      expectBytes(await readBytes((await store.get(digestOf(SMALL)))!.stream()), SMALL)
      expect((await leftovers?.()) ?? 0).toBe(0)
    })

    test("rot of the same size is repaired by replace, and a wrong size by any put", async (context) => {
      const { store, rot } = await create()
      if (rot === undefined) return context.skip("nothing can reach these bytes from outside")
      const digest = digestOf(SMALL)
      await store.put(digest, bytesOf(SMALL))
      const rotten = SMALL.slice()
      rotten[5]! ^= 1
      await rot(digest, rotten)
      expectBytes(await readBytes((await store.get(digest))!.stream()), rotten)
      expect(await store.put(digest, bytesOf(SMALL), { replace: true })).toBe("stored")
      expectBytes(await readBytes((await store.get(digest))!.stream()), SMALL)
      await rot(digest, SMALL.slice(0, 400))
      expect(await store.put(digest, bytesOf(SMALL))).toBe("stored")
      expectBytes(await readBytes((await store.get(digest))!.stream()), SMALL)
    })
  })

  test("64 puts of one digest at once: stored once, whole throughout", async () => {
    const { store, leftovers } = await create()
    const digest = digestOf(LARGE)
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        store.put(digest, index % 2 === 0 ? bytesOf(LARGE) : streamOf(pieces(LARGE, 500_000), { size: LARGE.byteLength })),
      ),
    )
    expect(results.filter((result) => result === "stored")).toHaveLength(1)
    expectBytes(await readBytes((await store.get(digest))!.stream()), LARGE)
    expect((await leftovers?.()) ?? 0).toBe(0)
  })

  test("list gives every blob once, delete takes it away", async () => {
    const { store } = await create()
    const all = Array.from({ length: 300 }, (_, seed) => sampleBytes(seed + 1, seed))
    await Promise.all(all.map((bytes) => store.put(digestOf(bytes), bytesOf(bytes))))
    const listed = await toArray(store.list())
    expect(new Map(listed.map(({ digest, size }) => [digest, size]))).toEqual(
      new Map(all.map((bytes) => [digestOf(bytes), bytes.byteLength])),
    )
    expect(listed).toHaveLength(300)
    await store.delete(digestOf(all[0]!))
    expect(await store.get(digestOf(all[0]!))).toBeUndefined()
    expect(await toArray(store.list())).toHaveLength(299)
  })

  describe("abort", () => {
    test("every call rejects with the reason of a signal that has fired", async () => {
      const { store } = await create()
      await store.put(digestOf(SMALL), bytesOf(SMALL))
      const { signal, reason } = fired()
      const digest = digestOf(SMALL)
      await expect(store.stat(digest, { signal })).rejects.toBe(reason)
      await expect(store.get(digest, { signal })).rejects.toBe(reason)
      await expect(store.delete(digest, { signal })).rejects.toBe(reason)
      await expect(store.put(digest, bytesOf(SMALL), { signal })).rejects.toBe(reason)
      await expect(toArray(store.list({ signal }))).rejects.toBe(reason)
      const blob = await store.get(digest)
      await expect(readBytes(blob!.stream({ signal }))).rejects.toBe(reason)
      if (blob!.bytes) await expect(blob!.bytes({ signal })).rejects.toBe(reason)
      expectBytes(await readBytes(blob!.stream()), SMALL)
    })

    test("a put from a source that never answers", async () => {
      const { store, leftovers } = await create()
      const controller = new AbortController()
      const content = stalled(SMALL)
      const put = store.put(digestOf(LARGE), content, { signal: controller.signal })
      // By then even a store that has to ask first is reading.
      setTimeout(() => controller.abort("enough"), 300)
      await expect(put).rejects.toBe("enough")
      expect(content.state.cancelled).toBe("enough")
      expect(await store.stat(digestOf(LARGE))).toBeUndefined()
      await expect.poll(async () => (await leftovers?.()) ?? 0).toBe(0)
      expect(await store.put(digestOf(LARGE), bytesOf(LARGE))).toBe("stored")
    })

    test("waiting for another put of the same digest", async () => {
      const { store } = await create()
      const [first, second] = [new AbortController(), new AbortController()]
      const blocked = store.put(digestOf(LARGE), stalled(SMALL), { signal: first.signal })
      const waiting = store.put(digestOf(LARGE), bytesOf(LARGE), { signal: second.signal })
      second.abort("bored")
      await expect(waiting).rejects.toBe("bored")
      first.abort("done")
      await expect(blocked).rejects.toBe("done")
    })

    test("a read in the middle", async () => {
      const { store } = await create()
      await store.put(digestOf(LARGE), bytesOf(LARGE))
      const controller = new AbortController()
      const reader = (await store.get(digestOf(LARGE)))!.stream({ signal: controller.signal }).getReader()
      await reader.read()
      controller.abort("enough")
      await expect(reader.read()).rejects.toBe("enough")
    })
  })

  test("a digest that is none is refused", async () => {
    const { store } = await create()
    const error = await store.put("not a digest" as Digest, bytesOf(SMALL)).then(
      () => undefined,
      (reason) => reason,
    )
    expect(isArtifactError(error)).toBe(true)
  })
}
