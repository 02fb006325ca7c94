import { describe, expect, test } from "vitest"
import { DigestMismatchError, StorageError } from "../../src/errors.ts"
import type { Directory } from "../../src/ports.ts"
import { bytesOf, digestOf, expectBytes, failing, fired, readBytes, sampleBytes, stalled, streamOf, toArray } from "./content.ts"

const SMALL = sampleBytes(5000, 8)
const LARGE = sampleBytes(2 * 1024 * 1024 + 3, 9)
const PATHS = ["a", "b/c", "b/d/e.txt", "ü/😀", "b c/ d", "%41", "constructor", "__proto__/x", "x".repeat(255)]

/** What every `Directory` must do. */
export function testDirectory(
  create: () => Promise<{ readonly directory: Directory; readonly leftovers?: () => Promise<number> }>,
): void {
  const list = async (directory: Directory) => (await toArray(directory.list())).sort((a, b) => (a.path < b.path ? -1 : 1))

  test("is empty at first, also before anything was written", async () => {
    const { directory } = await create()
    expect(await list(directory)).toEqual([])
    expect(await directory.open("a")).toBeUndefined()
    expect(await directory.digest("a/b")).toBeUndefined()
    await directory.remove("a/b")
  })

  test.each(PATHS)("%s: put, open, digest, list, replace, remove", async (path) => {
    const { directory } = await create()
    expect(await directory.put(path, bytesOf(SMALL))).toEqual({ digest: digestOf(SMALL), size: SMALL.byteLength })
    expectBytes(await readBytes((await directory.open(path))!.stream()), SMALL)
    expectBytes(await readBytes((await directory.open(path))!.stream({ range: { start: 7, end: 9 } })), SMALL.slice(7, 9))
    expect(await directory.digest(path)).toEqual({ digest: digestOf(SMALL), size: SMALL.byteLength })
    await directory.put(path, streamOf([LARGE]), { expect: digestOf(LARGE) })
    expect(await list(directory)).toEqual([{ path, size: LARGE.byteLength }])
    expectBytes(await readBytes((await directory.open(path))!.stream()), LARGE)
    await directory.remove(path)
    await directory.remove(path)
    expect(await list(directory)).toEqual([])
  })

  test("progress adds up", async () => {
    const { directory } = await create()
    for (const content of [bytesOf(SMALL), streamOf([LARGE])]) {
      let told = 0
      const { size } = await directory.put("a", content, { onBytes: (count) => (told += count) })
      expect(told).toBe(size)
    }
  })

  describe("what was there stays when", () => {
    const whenFails = async (path: string, act: (directory: Directory) => Promise<unknown>) => {
      const { directory, leftovers } = await create()
      await directory.put(path, bytesOf(SMALL))
      await act(directory)
      expectBytes(await readBytes((await directory.open(path))!.stream()), SMALL)
      expect(await list(directory)).toEqual([{ path, size: SMALL.byteLength }])
      await expect.poll(async () => (await leftovers?.()) ?? 0).toBe(0)
    }

    test.each([
      ["small", () => bytesOf(SMALL.slice(1))],
      ["streamed", () => streamOf([LARGE])],
    ])("the bytes are not what was expected (%s), and the error names the file", async (_, content) => {
      await whenFails("d/a", async (directory) => {
        const error = await directory.put("d/a", content(), { expect: digestOf(SMALL) }).catch((reason) => reason)
        expect(error).toBeInstanceOf(DigestMismatchError)
        expect(error.message).toContain("d/a")
      })
    })

    test("the source fails", async () => {
      const error = new Error("gone")
      await whenFails("a", (directory) => expect(directory.put("a", failing(LARGE, error))).rejects.toBe(error))
    })

    test("the signal fires", async () => {
      await whenFails("a", async (directory) => {
        const controller = new AbortController()
        setTimeout(() => controller.abort("enough"), 20)
        await expect(directory.put("a", stalled(SMALL), { signal: controller.signal })).rejects.toBe("enough")
      })
    })
  })

  test("a file and a directory cannot have one name", async () => {
    const { directory } = await create()
    await directory.put("a/b", bytesOf(SMALL))
    await expect(directory.put("a", bytesOf(SMALL))).rejects.toThrow(StorageError)
    await expect(directory.open("a")).rejects.toThrow(StorageError)
    await expect(directory.digest("a")).rejects.toThrow(StorageError)
    await expect(directory.put("a/b/c", bytesOf(SMALL))).rejects.toThrow(StorageError)
    expect(await list(directory)).toEqual([{ path: "a/b", size: SMALL.byteLength }])
    await directory.remove("a/b")
    await directory.put("a", bytesOf(SMALL))
    expect(await list(directory)).toEqual([{ path: "a", size: SMALL.byteLength }])
  })

  test("many at once", async () => {
    const { directory } = await create()
    const files = Array.from({ length: 200 }, (_, seed) => [`d${seed % 7}/e${seed % 3}/${seed}`, sampleBytes(seed, seed)] as const)
    await Promise.all(files.map(([path, bytes]) => directory.put(path, bytesOf(bytes), { expect: digestOf(bytes) })))
    expect((await list(directory)).map(({ path }) => path)).toEqual(files.map(([path]) => path).sort())
    await Promise.all(files.map(([path]) => directory.remove(path)))
    expect(await list(directory)).toEqual([])
  })

  test("every call rejects with the reason of a signal that has fired", async () => {
    const { directory } = await create()
    await directory.put("a", bytesOf(SMALL))
    const { signal, reason } = fired()
    await expect(directory.open("a", { signal })).rejects.toBe(reason)
    await expect(directory.put("a", bytesOf(LARGE), { signal })).rejects.toBe(reason)
    await expect(directory.remove("a", { signal })).rejects.toBe(reason)
    await expect(directory.digest("a", { signal })).rejects.toBe(reason)
    await expect(toArray(directory.list({ signal }))).rejects.toBe(reason)
    expect(await directory.digest("a")).toEqual({ digest: digestOf(SMALL), size: SMALL.byteLength })
  })
}
