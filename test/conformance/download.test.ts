/** spec/api.md: files, file, download, checkout, verify. */
import type { Directory } from "isofact"
import { describe, expect, test } from "vitest"
import { collect, contents, directory, draftOf, fill, fresh, listener, refusal } from "./fresh.ts"

const tree = { "a.txt": "aa", "x/b.txt": "bbb", "x/y/c.png": "cccc", "x.txt": "" }

async function logged() {
  const setup = fresh()
  return { ...setup, artifact: await setup.log("birds", tree) }
}

/** Counts what is written to a directory. */
function counting(target: Directory) {
  const puts: string[] = []
  let running = 0
  let most = 0
  const counted: Directory = {
    ...target,
    async put(path, content, options) {
      puts.push(path)
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 1))
      try {
        return await target.put(path, content, options)
      } finally {
        running -= 1
      }
    },
  }
  return { counted, puts, most: () => most }
}

describe("files()", () => {
  test("lists every file with name, size and digest", async () => {
    const { artifact } = await logged()
    const files = await collect(artifact.files())
    expect(files.map(({ name, size }) => [name, size])).toEqual([
      ["a.txt", 2],
      ["x.txt", 0],
      ["x/b.txt", 3],
      ["x/y/c.png", 4],
    ])
    expect(files[0]!.digest).toBe(artifact.getEntry("a.txt").digest)
  })

  test("lists those that are named, in that order", async () => {
    const { artifact } = await logged()
    const files = await collect(artifact.files(["x/b.txt", "a.txt"], { perPage: 1 }))
    expect(files.map(({ name }) => name)).toEqual(["x/b.txt", "a.txt"])
    expect(await collect(artifact.files([]))).toEqual([])
  })

  test("an unknown name is EntryNotFoundError", async () => {
    const { artifact } = await logged()
    const error = await refusal("ENTRY_NOT_FOUND", collect(artifact.files(["a.txt", "nope"])))
    expect(error.details.path).toBe("nope")
  })

  test("a file of it can be downloaded", async () => {
    const { artifact } = await logged()
    const target = directory("t")
    const [file] = await collect(artifact.files(["x/b.txt"]))
    expect(await file!.download(target)).toBe("t/x/b.txt")
    expect(await contents(target)).toEqual({ "x/b.txt": "bbb" })
  })
})

describe("file()", () => {
  test("is the one file", async () => {
    const artifact = await fresh().log("birds", { "x/a.txt": "a" })
    const target = directory("t")
    expect(await artifact.file(target)).toBe("t/x/a.txt")
    expect(await contents(target)).toEqual({ "x/a.txt": "a" })
  })

  test("of more than one, or of none, is refused and says what to do", async () => {
    const { artifact, log } = await logged()
    expect((await refusal("INVALID_ARGUMENT", artifact.file(directory()))).message).toContain("download()")
    expect((await refusal("INVALID_ARGUMENT", (await log("none", {})).file(directory()))).message).toContain("download()")
  })
})

describe("download()", () => {
  test("writes every file and returns the root that was given", async () => {
    const { artifact } = await logged()
    const target = directory()
    expect(await artifact.download(target)).toBe(target)
    expect(await contents(target)).toEqual(tree)
  })

  test("leaves files that are not in the artifact", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), { "mine.txt": "mine", "x/mine.txt": "mine" })
    await artifact.download(target)
    expect(await contents(target)).toEqual({ ...tree, "mine.txt": "mine", "x/mine.txt": "mine" })
  })

  test("replaces files with other content, also of the same size", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), { "a.txt": "zz", "x/b.txt": "much longer" })
    await artifact.download(target)
    expect(await contents(target)).toEqual(tree)
  })

  test("does not write right files again", async () => {
    const { artifact } = await logged()
    const { counted, puts } = counting(await fill(directory(), { "a.txt": "aa", "x/b.txt": "bbX" }))
    const { events, onProgress } = listener()
    await artifact.download(counted, { onProgress })
    expect(puts.toSorted()).toEqual(["x.txt", "x/b.txt", "x/y/c.png"])
    expect(events.filter(({ type }) => type === "skip")).toMatchObject([{ path: "a.txt", reason: "unchanged" }])
  })

  test.each([
    ["x/", ["x/b.txt", "x/y/c.png"]],
    ["x", ["x.txt", "x/b.txt", "x/y/c.png"]],
    ["", ["a.txt", "x.txt", "x/b.txt", "x/y/c.png"]],
    ["nope", []],
  ])("pathPrefix %j takes %j", async (pathPrefix, expected) => {
    const { artifact } = await logged()
    const target = directory()
    await artifact.download(target, { pathPrefix })
    expect(Object.keys(await contents(target)).sort()).toEqual(expected)
  })

  test("match takes a RegExp, also a global one, or a function, and both narrow with pathPrefix", async () => {
    const { artifact } = await logged()
    const taken = async (options: Parameters<typeof artifact.download>[1]) => {
      const target = directory()
      await artifact.download(target, options)
      return Object.keys(await contents(target)).sort()
    }
    expect(await taken({ match: /\.txt$/g })).toEqual(["a.txt", "x.txt", "x/b.txt"])
    expect(await taken({ match: (path) => path.length > 5 })).toEqual(["x/b.txt", "x/y/c.png"])
    expect(await taken({ match: /\.txt$/, pathPrefix: "x/" })).toEqual(["x/b.txt"])
  })

  test.each([1, 2])("concurrency %d writes so many at once", async (concurrency) => {
    const artifact = await fresh().log("birds", Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}`, `${i}`])))
    const { counted, puts, most } = counting(directory())
    await artifact.download(counted, { concurrency })
    expect(puts).toHaveLength(12)
    expect(most()).toBe(concurrency)
  })

  test("any concurrency is fine", async () => {
    const { artifact } = await logged()
    const target = directory()
    await artifact.download(target, { concurrency: Number.MAX_SAFE_INTEGER })
    expect(await contents(target)).toEqual(tree)
  })

  test("skipCache is taken", async () => {
    const { artifact } = await logged()
    const target = directory()
    await artifact.download(target, { skipCache: true })
    expect(await contents(target)).toEqual(tree)
  })

  test("a file in the way of a folder is an error that names it, and nothing else is lost", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), { x: "in the way", keep: "kept" })
    const error = await refusal("STORAGE", artifact.download(target))
    expect(error.message).toContain("x")
    expect(await contents(target)).toMatchObject({ x: "in the way", keep: "kept" })
  })

  test("of a version fetched lazily loads the manifest", async () => {
    const { api } = await logged()
    const target = directory()
    await (await api.artifact("birds", { manifest: "lazy" })).download(target)
    expect(await contents(target)).toEqual(tree)
  })

  test("of nothing is nothing", async () => {
    const artifact = await fresh().log("none", {})
    const target = directory()
    expect(await artifact.download(target)).toBe(target)
    expect(await contents(target)).toEqual({})
  })
})

describe("checkout()", () => {
  test("makes the directory equal: extra files are deleted", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), { "mine.txt": "m", "x/mine.txt": "m", "a.txt": "old" })
    expect(await artifact.checkout(target)).toBe(target)
    expect(await contents(target)).toEqual(tree)
  })

  test("also where a file is in the way of a folder, and a folder in the way of a file", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), { x: "a file", "a.txt/deep/file": "a folder" })
    await artifact.checkout(target)
    expect(await contents(target)).toEqual(tree)
  })

  test("writes only what differs", async () => {
    const { artifact } = await logged()
    const { counted, puts } = counting(await fill(directory(), { ...tree, "a.txt": "zz" }))
    await artifact.checkout(counted)
    expect(puts).toEqual(["a.txt"])
  })

  test("of an empty version empties it", async () => {
    const artifact = await fresh().log("none", {})
    const target = await fill(directory(), { a: "a" })
    await artifact.checkout(target)
    expect(await contents(target)).toEqual({})
  })

  test("that cannot download deletes nothing that was not in its way", async () => {
    const { artifact, blobs } = await logged()
    await blobs.delete(artifact.getEntry("a.txt").digest as never)
    const target = await fill(directory(), { "mine.txt": "mine" })
    await refusal("ENTRY_NOT_FOUND", artifact.checkout(target))
    expect(await contents(target)).toMatchObject({ "mine.txt": "mine" })
  })
})

describe("verify()", () => {
  test("reports what it hashed", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), tree)
    expect(await artifact.verify(target)).toEqual({ verified: 4, bytes: 9, unverified: [], damaged: [], missing: [], extra: [] })
  })

  test("throws listing all files that are damaged, missing or extra", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), { "a.txt": "zz", "x/b.txt": "longer", "x.txt": "", "mine.txt": "m" })
    const error = await refusal("DIGEST_MISMATCH", artifact.verify(target))
    expect(error.name).toBe("DigestMismatchError")
    expect(error.details.paths?.toSorted()).toEqual(["a.txt", "mine.txt", "x/b.txt", "x/y/c.png"])
    for (const path of ["a.txt", "mine.txt", "x/b.txt", "x/y/c.png", "birds:v0"]) expect(error.message).toContain(path)
  })

  test("lists also what stands where a file or a folder belongs", async () => {
    const { artifact } = await logged()
    const target = await fill(directory(), {
      "a.txt/inner": "",
      "x/y": "a file where a folder belongs",
      "x/b.txt": tree["x/b.txt"],
    })
    const error = await refusal("DIGEST_MISMATCH", artifact.verify(target))
    expect(error.details.paths).toEqual(expect.arrayContaining(["a.txt", "a.txt/inner", "x/y", "x/y/c.png"]))
  })

  test("changes nothing", async () => {
    const { artifact } = await logged()
    const files = { "a.txt": "zz", "mine.txt": "m" }
    const target = await fill(directory(), files)
    await refusal("DIGEST_MISMATCH", artifact.verify(target))
    expect(await contents(target)).toEqual(files)
  })

  test("does not check references, and says which", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", { a: "a" })
    await draft.addReference("s3://bucket/r", { checksum: false })
    const artifact = await (await start()).logArtifact(draft)
    expect(await artifact.verify(await fill(directory(), { a: "a" }))).toMatchObject({ verified: 1, unverified: ["r"], extra: [] })
    expect(await artifact.verify(undefined, { stored: true })).toMatchObject({ verified: 1, unverified: ["r"] })
  })

  test("after a download and after a checkout is content", async () => {
    const { artifact } = await logged()
    const target = directory()
    await artifact.download(target)
    await artifact.verify(target)
    await artifact.checkout(target)
    await artifact.verify(target)
  })

  test("stored: reports what the registry has", async () => {
    const { artifact } = await logged()
    expect(await artifact.verify(undefined, { stored: true })).toMatchObject({ verified: 4, bytes: 9, extra: [] })
  })

  test("stored: throws listing all that are missing", async () => {
    const { artifact, blobs } = await logged()
    for (const path of ["a.txt", "x/b.txt"]) await blobs.delete(artifact.getEntry(path).digest as never)
    const error = await refusal("DIGEST_MISMATCH", artifact.verify(undefined, { stored: true }))
    expect(error.details.paths).toEqual(["a.txt", "x/b.txt"])
    expect(error.message).toContain("missing")
  })
})
