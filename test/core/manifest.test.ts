import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Entry } from "../../src/core/entry.ts"
import { diffManifests, Manifest } from "../../src/core/manifest.ts"
import { sortPaths } from "../../src/core/manifest-encode.ts"
import { InvalidArgumentError } from "../../src/errors.ts"
import { entries, validPath } from "./arbitraries.ts"

const HELLO = "XUFAKrxLKna5cZ2REBfFkg=="

function manifestOf(list: readonly Entry[]): Manifest {
  const manifest = new Manifest()
  for (const entry of list) manifest.add(entry)
  return manifest
}

const files = (...paths: string[]) => manifestOf(paths.map((path) => ({ path, digest: HELLO, size: 5 })))

describe("digest", () => {
  test("vectors", () => {
    expect(files().digest()).toBe("64e7c61456b10382e2f3b571ac24b659")
    expect(files("file1.txt").digest()).toBe("a00c2239f036fb656c1dcbf9a32d89b4")
    expect(files("\u{1f600}.txt", "\ue000.txt").digest()).toBe("6fdf5f07daa7d18716939b2c82939b4f")
    expect(files("\ue000.txt", "\u{1f600}.txt").digest()).toBe("6fdf5f07daa7d18716939b2c82939b4f")
  })

  test("property: the order of insertion does not matter", () => {
    const shuffled = entries.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
    fc.assert(
      fc.property(shuffled, ([a, b]) => {
        expect(manifestOf(a).digest()).toBe(manifestOf(b).digest())
      }),
    )
  })

  test("property: paths are sorted as UTF-8 bytes are", () => {
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
    fc.assert(
      fc.property(fc.array(validPath), (paths) => {
        expect(sortPaths([...paths])).toEqual(paths.toSorted(byBytes))
      }),
    )
  })

  test("follows every change", () => {
    const manifest = files("a", "b")
    const before = manifest.digest()
    manifest.add({ path: "c", digest: HELLO })
    expect(manifest.digest()).not.toBe(before)
    manifest.remove("c")
    expect(manifest.digest()).toBe(before)
  })
})

describe("add", () => {
  test("tidies the path, copies, and returns the entry", () => {
    const extra = { etag: "e", deep: { list: [1] } }
    const manifest = new Manifest()
    const entry = manifest.add({ path: "./a//b", digest: "d", size: 1, ref: "s3://x", extra })
    extra.deep.list.push(2)
    expect(entry).toEqual({ path: "a/b", digest: "d", size: 1, ref: "s3://x", extra: { etag: "e", deep: { list: [1] } } })
    expect(manifest.get("a/b")).toBe(entry)
    expect(manifest.add({ path: "c", digest: "d", extra: {} })).toEqual({ path: "c", digest: "d" })
  })

  test("the same path again: same digest replaces, another needs overwrite", () => {
    const manifest = files("a", "b")
    manifest.add({ path: "a", digest: HELLO, size: 7, birthArtifactId: "x" })
    expect(manifest.get("a")?.birthArtifactId).toBe("x")
    expect(manifest.size).toBe(12)
    expect(() => manifest.add({ path: "a", digest: "other" })).toThrow(/"a" is in the artifact already.*overwrite/)
    manifest.add({ path: "a", digest: "other", size: 1 }, { overwrite: true })
    expect(manifest.size).toBe(6)
    expect(Array.from(manifest.entries.keys())).toEqual(["a", "b"])
  })

  const bad = [
    undefined,
    null,
    1,
    "a",
    {},
    { path: "a" },
    { path: "../a", digest: "d" },
    { path: "a", digest: 1 },
    { path: "a", digest: "\ud800" },
  ]
  const badSizes = [-1, 1.5, Number.NaN, 2 ** 53, "1", null].map((size) => ({ path: "a", digest: "d", size }))
  const badRest = [{ ref: 1 }, { ref: null }, { birthArtifactId: 1 }, { extra: [] }, { extra: null }, { extra: { a: undefined } }]
  test.each([...bad, ...badSizes, ...badRest.map((rest) => ({ path: "a", digest: "d", ...rest }))])("refuses %j", (entry) => {
    const manifest = new Manifest()
    expect(() => manifest.add(entry as never)).toThrow(InvalidArgumentError)
    expect(manifest.fileCount).toBe(0)
  })
})

describe("remove", () => {
  test("an entry, or all below a directory, and not its namesakes", () => {
    const manifest = files("keep", "dir/a", "dir/sub/b", "dirx", "dir.txt")
    expect(manifest.remove("dir/")).toBe(2)
    expect(Array.from(manifest.entries.keys())).toEqual(["keep", "dirx", "dir.txt"])
    expect(manifest.remove("./keep")).toBe(1)
    expect(manifest.remove("keep")).toBe(0)
    expect(manifest.size).toBe(10)
    expect(() => manifest.remove("..")).toThrow(InvalidArgumentError)
  })
})

test("a frozen manifest refuses changes; its copy does not", () => {
  const manifest = files("a").freeze()
  expect(manifest.isFrozen).toBe(true)
  expect(() => manifest.add({ path: "b", digest: "d" })).toThrow(expect.objectContaining({ code: "ARTIFACT_FINALIZED" }))
  expect(() => manifest.remove("a")).toThrow(expect.objectContaining({ code: "ARTIFACT_FINALIZED" }))
  const copy = manifest.copy()
  copy.add({ path: "b", digest: "d", size: 1 })
  expect([manifest.fileCount, copy.fileCount, manifest.size, copy.size]).toEqual([1, 2, 5, 6])
  expect(copy.digest()).not.toBe(manifest.digest())
})

test("storageRegion is written, and must have a name", () => {
  const json = new Manifest({ storageRegion: " eu " }).toJSON()
  expect(json.storagePolicyConfig).toEqual({ storageLayout: "V2", storageRegion: "eu" })
  expect(new Manifest({ storageRegion: "eu" }).copy().storageRegion).toBe("eu")
  expect(() => new Manifest({ storageRegion: " " })).toThrow(InvalidArgumentError)
  expect(() => new Manifest({ storageRegion: 1 as never })).toThrow(InvalidArgumentError)
})

test("property: decoding an encoded manifest gives the same manifest", () => {
  fc.assert(
    fc.property(entries, (list) => {
      const manifest = manifestOf(list)
      const decoded = Manifest.decode(manifest.encode())
      expect(Array.from(decoded.entries)).toEqual(Array.from(manifest.entries))
      expect([decoded.digest(), decoded.size, decoded.fileCount]).toEqual([manifest.digest(), manifest.size, list.length])
      expect(JSON.parse(manifest.encode())).toEqual(JSON.parse(JSON.stringify(manifest)))
    }),
    { numRuns: 500 },
  )
})

test("property: a manifest of more than one chunk survives", () => {
  const list = Array.from({ length: 5000 }, (_, at) => ({
    path: `d${at % 7}/\u{1f600}"\\${at}`,
    digest: `${HELLO}${at}`,
    size: at,
  }))
  const manifest = manifestOf(list)
  expect(Array.from(Manifest.decode(manifest.encode()).entries)).toEqual(Array.from(manifest.entries))
})

test("diffManifests", () => {
  const from = manifestOf([
    { path: "same", digest: "1", size: 1 },
    { path: "gone/b", digest: "1" },
    { path: "gone/a", digest: "1" },
    { path: "edited", digest: "1" },
    { path: "moved", digest: "1", ref: "s3://a" },
  ])
  const to = manifestOf([
    { path: "same", digest: "1", birthArtifactId: "x" },
    { path: "edited", digest: "2" },
    { path: "\u{1f600}", digest: "1" },
    { path: "\uff5e", digest: "1" },
    { path: "moved", digest: "1", ref: "s3://b" },
  ])
  const diff = diffManifests(from, to)
  expect(diff.added.map(({ path }) => path)).toEqual(["\uff5e", "\u{1f600}"])
  expect(diff.removed.map(({ path }) => path)).toEqual(["gone/a", "gone/b"])
  expect(diff.changed.map(({ path, from: a, to: b }) => [path, a.digest, b.digest])).toEqual([
    ["edited", "1", "2"],
    ["moved", "1", "1"],
  ])
  expect(diffManifests(to, to)).toEqual({ added: [], removed: [], changed: [] })
})
