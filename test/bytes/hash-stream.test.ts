import fc from "fast-check"
import { describe, expect, test, vi } from "vitest"
import { readHashed } from "../../src/bytes/hash-stream.ts"
import { verifiedBytes, verifiedStream } from "../../src/bytes/verified.ts"
import { createJsHasher } from "../../src/digest/js-md5.ts"
import { DigestMismatchError } from "../../src/errors.ts"
import { bytesOf, digestOf, failing, readBytes, sampleBytes, stalled, streamOf } from "../contracts/content.ts"

const hasher = createJsHasher()
const BYTES = sampleBytes(10_000, 2)
const DIGEST = digestOf(BYTES)
const label = "dir/file.bin"
const split = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size))

describe("readHashed", () => {
  test("however the bytes are cut, digest, size, progress and what is forwarded are the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 20 }), async (chunks) => {
        const whole = new Uint8Array(await new Blob(chunks).arrayBuffer())
        let told = 0
        const written: Uint8Array[] = []
        const found = await readHashed(streamOf(chunks), hasher, {
          onBytes: (count) => (told += count),
          write: (chunk) => void written.push(chunk),
        })
        expect(found).toEqual({ digest: digestOf(whole), size: whole.byteLength })
        expect(told).toBe(whole.byteLength)
        expect(new Uint8Array(await new Blob(written as BlobPart[]).arrayBuffer())).toEqual(whole)
      }),
    )
  })

  test("the next chunk is read only when the last one is written", async () => {
    const content = streamOf(split(BYTES, 1000))
    const readsAtWrite: number[] = []
    await readHashed(content, hasher, {
      async write() {
        await new Promise((resolve) => setTimeout(resolve, 2))
        readsAtWrite.push(content.state.reads)
      },
    })
    expect(readsAtWrite).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test("a writer that fails stops the source", async () => {
    const content = streamOf(split(BYTES, 1000))
    const error = new Error("disk full")
    await expect(readHashed(content, hasher, { write: () => Promise.reject(error) })).rejects.toBe(error)
    expect(content.state).toMatchObject({ cancelled: error, reads: 1 })
  })

  test("an abort stops a source that is not answering", async () => {
    const controller = new AbortController()
    const content = stalled(BYTES)
    const reading = readHashed(content, hasher, { signal: controller.signal })
    setTimeout(() => controller.abort("enough"), 10)
    await expect(reading).rejects.toBe("enough")
    expect(content.state.cancelled).toBe("enough")
  })

  test("small content is taken whole", async () => {
    const content = { ...bytesOf(BYTES), stream: vi.fn() }
    expect(await readHashed(content, hasher)).toEqual({ digest: DIGEST, size: BYTES.byteLength })
    expect(content.stream).not.toHaveBeenCalled()
  })
})

const wrong: [string, Uint8Array][] = [
  ["one bit flipped", BYTES.map((byte, at) => (at === 5000 ? byte ^ 1 : byte))],
  ["one byte short", BYTES.slice(0, -1)],
  ["empty", new Uint8Array(0)],
  ["one byte more", Uint8Array.of(...BYTES, 0)],
]

describe("verifiedStream", () => {
  test("passes the bytes on and closes", async () => {
    for (const size of [BYTES.byteLength, undefined]) {
      expect(await readBytes(verifiedStream(streamOf(split(BYTES, 777)), { digest: DIGEST, size }, hasher, { label }))).toEqual(
        BYTES,
      )
    }
  })

  test.each(wrong)("%s: the stream errors instead of closing, and names the file", async (_, bytes) => {
    for (const size of [BYTES.byteLength, undefined]) {
      const stream = verifiedStream(streamOf(split(bytes, 777)), { digest: DIGEST, size }, hasher, { label })
      const error = await readBytes(stream).catch((reason) => reason)
      expect(error).toBeInstanceOf(DigestMismatchError)
      expect(error.message).toContain(label)
      expect(error.details).toMatchObject({ path: label, expected: DIGEST })
    }
  })

  test("stops reading a source that has too much as soon as that shows", async () => {
    const endless = streamOf(Array.from({ length: 1000 }, () => BYTES))
    const stream = verifiedStream(endless, { digest: DIGEST, size: BYTES.byteLength }, hasher, { label })
    await expect(readBytes(stream)).rejects.toThrow(DigestMismatchError)
    expect(endless.state.reads).toBe(2)
    await expect.poll(() => endless.state.cancelled).toBeInstanceOf(DigestMismatchError)
  })

  test.each(wrong)("%s: the last of them are held back", async (_, bytes) => {
    for (const size of [BYTES.byteLength, undefined]) {
      for (const cut of [777, 1000, BYTES.byteLength]) {
        const content = streamOf([...split(bytes, cut), new Uint8Array(0)])
        const reader = verifiedStream(content, { digest: DIGEST, size }, hasher, { label }).getReader()
        let given = 0
        const drain = async (): Promise<void> => {
          const { done, value } = await reader.read()
          given += value?.byteLength ?? 0
          return done ? undefined : drain()
        }
        await expect(drain()).rejects.toThrow(DigestMismatchError)
        expect(given).toBeLessThan(size ?? Math.max(bytes.byteLength, 1))
      }
    }
  })

  test("holds one chunk where the size is not known, and none before the last where it is", async () => {
    for (const [size, ahead] of [
      [BYTES.byteLength, 0],
      [undefined, 1],
    ] as const) {
      const content = streamOf(split(BYTES, 1000))
      const reader = verifiedStream(content, { digest: DIGEST, size }, hasher, { label }).getReader()
      expect(content.state.reads).toBe(0)
      await reader.read()
      expect(content.state.reads).toBe(1 + ahead)
    }
  })

  test("cancel, abort and a failing source reach the other side", async () => {
    const cancelled = streamOf(split(BYTES, 1000))
    const reader = verifiedStream(cancelled, { digest: DIGEST }, hasher, { label }).getReader()
    await reader.read()
    await reader.cancel("changed my mind")
    expect(cancelled.state.cancelled).toBe("changed my mind")

    const controller = new AbortController()
    const stuck = stalled(BYTES)
    const reading = readBytes(verifiedStream(stuck, { digest: DIGEST }, hasher, { label, signal: controller.signal }))
    setTimeout(() => controller.abort("enough"), 10)
    await expect(reading).rejects.toBe("enough")
    await expect.poll(() => stuck.state.cancelled).toBe("enough")

    const error = new Error("reset")
    await expect(readBytes(verifiedStream(failing(BYTES, error), { digest: DIGEST }, hasher, { label }))).rejects.toBe(error)
  })
})

describe("verifiedBytes", () => {
  test("gives the bytes, the caller's own", async () => {
    for (const content of [bytesOf(BYTES), streamOf(split(BYTES, 777))]) {
      const bytes = await verifiedBytes(content, { digest: DIGEST, size: BYTES.byteLength }, hasher, { label })
      expect(bytes).toEqual(BYTES)
      expect(bytes.buffer).not.toBe(BYTES.buffer)
    }
  })

  test.each(wrong)("%s is refused", async (_, bytes) => {
    for (const content of [bytesOf(bytes), streamOf(split(bytes, 777))]) {
      await expect(verifiedBytes(content, { digest: DIGEST, size: BYTES.byteLength }, hasher, { label })).rejects.toThrow(
        DigestMismatchError,
      )
      await expect(verifiedBytes(content, { digest: DIGEST }, hasher, { label })).rejects.toThrow(DigestMismatchError)
    }
  })
})
