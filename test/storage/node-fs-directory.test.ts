import { linkSync, mkdirSync, readFileSync, readlinkSync, type Stats, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { isArtifactError, StorageError } from "../../src/errors.ts"
import { createCaseGuard } from "../../src/storage/node-fs-case.ts"
import { createNodeDirectory } from "../../src/storage/node-fs-directory.ts"
import { localNames } from "../../src/storage/node-fs-names.ts"
import { temporaryName } from "../../src/storage/node-fs-temporary.ts"
import { bytesOf, sampleBytes, toArray } from "../contracts/content.ts"
import { filesBelow, newTransfer, temporaryDirectory } from "./helpers.ts"

const BYTES = sampleBytes(100)

async function setUp() {
  const outer = await temporaryDirectory()
  const root = join(outer, "root")
  const outside = join(outer, "outside")
  mkdirSync(root)
  mkdirSync(outside)
  writeFileSync(join(outside, "secret"), "secret")
  return { root, outside, directory: createNodeDirectory(root, { transfer: newTransfer() }) }
}

describe("the home of a registry", () => {
  const homes = [".isofact", "deep/.isofact"]
  async function withHomes() {
    const { root, directory } = await setUp()
    for (const home of homes) {
      mkdirSync(join(root, home, "records"), { recursive: true })
      writeFileSync(join(root, home, "records", "x"), "record")
    }
    writeFileSync(join(root, "a"), "a")
    return { root, directory }
  }

  test("is not listed, and nothing in it is written or removed", async () => {
    const { root, directory } = await withHomes()
    expect((await toArray(directory.list())).map(({ path }) => path)).toEqual(["a"])
    for (const home of homes) {
      for (const act of [
        () => directory.put(`${home}/records/x`, bytesOf(BYTES)),
        () => directory.put(`${home}/new`, bytesOf(BYTES)),
        () => directory.remove(`${home}/records/x`),
      ]) {
        const error = await act().catch((reason) => reason)
        expect(error).toBeInstanceOf(StorageError)
        expect(error.message).toContain(join(root, home))
      }
      expect(readFileSync(join(root, home, "records", "x"), "utf8")).toBe("record")
    }
    expect(filesBelow(root)).toHaveLength(3)
  })

  test("is no place to download into", async () => {
    const { root } = await withHomes()
    symlinkSync(join(root, ".isofact"), join(root, "link"))
    for (const place of [".isofact", "deep/.isofact/records", "link"]) {
      const directory = createNodeDirectory(join(root, place), { transfer: newTransfer() })
      await expect(directory.put("new", bytesOf(BYTES))).rejects.toThrow("choose a directory outside")
      const [file] = await toArray(directory.list())
      await expect(directory.remove(file!.path)).rejects.toThrow(StorageError)
    }
    expect(filesBelow(join(root, ".isofact"))).toEqual([join("records", "x")])
  })

  test("is none where there was none: a version that holds such a folder is written whole", async () => {
    const { root, directory } = await setUp()
    await directory.put(".isofact/a", bytesOf(BYTES))
    await directory.put(".isofact/b/c", bytesOf(BYTES))
    expect(filesBelow(root).sort()).toEqual([".isofact/a", ".isofact/b/c"])
  })
})

describe("a symbolic link planted in the tree", () => {
  test("on the way: nothing is read, written, listed or removed through it", async () => {
    const { root, outside, directory } = await setUp()
    mkdirSync(join(root, "a"))
    symlinkSync(outside, join(root, "a", "link"))
    for (const path of ["a/link/secret", "a/link/new", "a/link/deeper/new"]) {
      for (const act of [
        () => directory.put(path, bytesOf(BYTES)),
        () => directory.open(path),
        () => directory.digest(path),
        () => directory.remove(path),
      ]) {
        const error = await act().catch((reason) => reason)
        expect(error).toBeInstanceOf(StorageError)
        expect(error.message).toContain(join(root, "a", "link"))
      }
    }
    expect(filesBelow(outside)).toEqual(["secret"])
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret")
    expect((await toArray(directory.list())).map(({ path }) => path)).toEqual(["a/link"])
  })

  test("in the place of a file: replaced, not written through", async () => {
    const { root, outside, directory } = await setUp()
    symlinkSync(join(outside, "secret"), join(root, "file"))
    symlinkSync(join(outside, "not-there"), join(root, "dangling"))
    expect(await directory.open("file")).toBeUndefined()
    expect(await directory.digest("file")).toBeUndefined()
    await directory.put("file", bytesOf(BYTES))
    await directory.put("dangling", bytesOf(BYTES))
    expect(readFileSync(join(root, "file")).equals(BYTES)).toBe(true)
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret")
    expect(filesBelow(outside)).toEqual(["secret"])
  })

  test("removing it removes the link and not what it leads to", async () => {
    const { root, outside, directory } = await setUp()
    symlinkSync(outside, join(root, "link"))
    await directory.remove("link")
    expect(() => readlinkSync(join(root, "link"))).toThrow()
    expect(filesBelow(outside)).toEqual(["secret"])
  })

  test("in the place of a directory that a fresh instance has to make", async () => {
    const { root, outside, directory } = await setUp()
    await directory.put("d/one", bytesOf(BYTES))
    await directory.remove("d/one")
    symlinkSync(outside, join(root, "d"))
    await expect(directory.put("d/two", bytesOf(BYTES))).rejects.toThrow(StorageError)
    expect(filesBelow(outside)).toEqual(["secret"])
  })

  test("the root itself may be one", async () => {
    const { root, outside } = await setUp()
    symlinkSync(outside, join(root, "alias"))
    await createNodeDirectory(join(root, "alias"), { transfer: newTransfer() }).put("new", bytesOf(BYTES))
    expect(filesBelow(outside).sort()).toEqual(["new", "secret"])
  })
})

describe("paths", () => {
  test.each(["../x", "a/../../x", "/etc/x", "", ".", "a//b", "a/./b", "a\0b", "..", "a/.."])("%j is refused", async (path) => {
    const { root, directory } = await setUp()
    for (const act of [() => directory.put(path, bytesOf(BYTES)), () => directory.open(path), () => directory.remove(path)]) {
      const error = await act().catch((reason) => reason)
      expect(isArtifactError(error)).toBe(true)
    }
    expect(filesBelow(root)).toEqual([])
  })

  test("whatever the path, nothing is written outside the root", async () => {
    const { root, outside, directory } = await setUp()
    const part = fc.oneof(
      fc.constantFrom("..", ".", "", "a", "b", "...", "~", "C:", "\\..\\", "nul", "\ud800", "ü", "u\u0308"),
      fc.string({ unit: "binary", maxLength: 6 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        const error = await directory.put(parts.join("/"), bytesOf(BYTES)).then(
          () => undefined,
          (reason) => reason,
        )
        if (error !== undefined) expect(isArtifactError(error), String(error)).toBe(true)
      }),
      { numRuns: 500 },
    )
    expect(filesBelow(join(root, "..")).filter((path) => !path.startsWith("root/"))).toEqual(["outside/secret"])
    expect(filesBelow(outside)).toEqual(["secret"])
  })

  test.each([`${"x".repeat(256)}`, `a/${"ü".repeat(128)}/b`, "x".repeat(300)])(
    "a component of more than 255 bytes is a StorageError",
    async (path) => {
      const { directory } = await setUp()
      await expect(directory.put(path, bytesOf(BYTES))).rejects.toThrow(/longer than 255 bytes/)
    },
  )

  test("names that Windows has no room for", () => {
    for (const name of [
      "con",
      "CON.txt",
      "a/nul",
      "lpt1",
      "com9.tar.gz",
      "a:b",
      "x?",
      'q"',
      "tab\t",
      "end.",
      "end ",
      "a\\b",
      "COM¹",
    ]) {
      expect(() => localNames(name, "win32"), name).toThrow(StorageError)
      expect(localNames(name, "linux")).toEqual(name.split("/"))
    }
    for (const name of ["console", "a.con", "nul1", ".hidden", "a b", "com", "lpt10"])
      expect(localNames(name, "win32")).toEqual([name])
  })

  test("the names of files being written cannot be taken, and are not listed", async () => {
    const { root, directory } = await setUp()
    const name = `.isofact-${temporaryName()}.tmp`
    writeFileSync(join(root, name), "half")
    expect(await toArray(directory.list())).toEqual([])
    await expect(directory.put(name, bytesOf(BYTES))).rejects.toThrow(StorageError)
    await expect(directory.open(`a/${name}`)).rejects.toThrow(StorageError)
  })
})

describe("two paths that are one file here", () => {
  test("are an error, not an overwrite", async () => {
    const { root, directory } = await setUp()
    await directory.put("A.txt", bytesOf(BYTES))
    // What a case-insensitive file system would answer.
    linkSync(join(root, "A.txt"), join(root, "a.txt"))
    const error = await directory.put("a.txt", bytesOf(sampleBytes(5))).catch((reason) => reason)
    expect(error).toBeInstanceOf(StorageError)
    expect(error.message).toMatch(/"a\.txt" and "A\.txt"/)
    expect(readFileSync(join(root, "A.txt")).equals(BYTES)).toBe(true)
    await directory.put("A.txt", bytesOf(sampleBytes(7)))
  })

  test("but not where the file system tells them apart", async () => {
    const { root, directory } = await setUp()
    const paths = ["A", "a", "é", "e\u0301", "D/x", "d/x"]
    await Promise.all(paths.map((path, seed) => directory.put(path, bytesOf(sampleBytes(10, seed)))))
    for (const [seed, path] of paths.entries()) expect(readFileSync(join(root, path)).equals(sampleBytes(10, seed))).toBe(true)
  })

  test("also when both are being written at once, and when one was given up or removed", async () => {
    const there = new Set<string>()
    const guard = createCaseGuard((path) => (there.has(path.toLowerCase()) ? ({ ino: 1, dev: 1 } as Stats) : undefined))
    const first = await guard.enter("A")
    const second = guard.enter("a")
    there.add("a")
    first(true)
    await expect(second).rejects.toThrow(StorageError)
    guard.leave("A")
    there.clear()
    const third = await guard.enter("a")
    const fourth = guard.enter("A")
    third(false)
    await expect(fourth).resolves.toBeTypeOf("function")
  })
})

test("directories left empty go with their last file, and come back with the next", async () => {
  const { root, directory } = await setUp()
  await directory.put("a/b/c/file", bytesOf(BYTES))
  await directory.put("a/other", bytesOf(BYTES))
  await directory.remove("a/b/c/file")
  expect(filesBelow(root)).toEqual(["a/other"])
  expect(() => statSync(join(root, "a", "b"))).toThrow()
  await directory.remove("a/other")
  expect(statSync(root).isDirectory()).toBe(true)
  await directory.put("a/b/c/file", bytesOf(BYTES))
})

test("files get the permissions that the umask leaves", async () => {
  const { root, directory } = await setUp()
  await directory.put("file", bytesOf(BYTES))
  expect(statSync(join(root, "file")).mode & 0o777).toBe(0o666 & ~process.umask())
})

test("a special file is a StorageError, a large one streams and digests", async () => {
  const { root, directory } = await setUp()
  const large = sampleBytes(2_000_000)
  writeFileSync(join(root, "large"), large)
  expect((await directory.digest("large"))?.size).toBe(large.byteLength)
  mkdirSync(join(root, "directory"))
  writeFileSync(join(root, "directory", "file"), "x")
  await expect(directory.open("directory")).rejects.toThrow(StorageError)
  await expect(directory.put("directory", bytesOf(BYTES))).rejects.toThrow(StorageError)
})
