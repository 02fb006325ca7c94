/** spec/api.md on Node: local paths as sources and targets. */
import { readFile, rm, symlink, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { Api } from "isofact"
import { describe, expect, test } from "vitest"
import { digestOf as digestOfBytes, expectBytes, sampleBytes } from "../../contracts/content.ts"
import { digestOf, refusal } from "../fresh.ts"
import { place } from "./place.ts"

const tree = { "in/a.txt": "a", "in/x/b.txt": "bb", "in/x/.hidden": "h" }
const paths = (artifact: { manifest: { entries: ReadonlyMap<string, unknown> } }) => [...artifact.manifest.entries.keys()].sort()

describe("addFile of a path", () => {
  test("is called by its base name, knows its local path, and can be looked up by it", async () => {
    const { at, draft, write } = await place()
    await write(tree)
    const artifact = draft()
    const entry = await artifact.addFile(at("in/x/b.txt"))
    expect(entry).toMatchObject({ path: "b.txt", size: 2 })
    expect(entry.localPath).toBeTypeOf("string")
    expect(artifact.getAddedLocalPathName(at("in/x/b.txt"))).toBe("b.txt")
    expect(artifact.getAddedLocalPathName(at("in/a.txt"))).toBeUndefined()
  })

  test("takes a relative path, a file: URL and its text, and a name", async () => {
    const { at, draft, write } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addFile(relative(process.cwd(), at("in/a.txt")), { name: "relative" })
    await artifact.addFile(pathToFileURL(at("in/a.txt")), { name: "url" })
    await artifact.addFile(pathToFileURL(at("in/a.txt")).href, { name: "text" })
    expect(paths(artifact)).toEqual(["relative", "text", "url"])
    expect(artifact.getAddedLocalPathName(relative(process.cwd(), at("in/a.txt")))).toBe("text")
  })

  test("removed, it is not found by its local path any more", async () => {
    const { at, draft, write } = await place()
    await write(tree)
    const artifact = draft()
    artifact.remove(await artifact.addFile(at("in/a.txt")))
    expect(artifact.getAddedLocalPathName(at("in/a.txt"))).toBeUndefined()
  })

  test.each(["nope.txt", "in", "in/a.txt/below"])("%s is no file: an error that names it", async (path) => {
    const { at, draft, write } = await place()
    await write(tree)
    const error = await refusal("INVALID_ARGUMENT", draft().addFile(at(path)))
    expect(error.details.argument).toBe("source")
    expect(error.message).toContain(at(path))
  })
})

describe("addDir of a path", () => {
  test("adds every file with its path below it, dot files too", async () => {
    const { at, draft, write } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addDir(at("in"))
    expect(paths(artifact)).toEqual(["a.txt", "x/.hidden", "x/b.txt"])
    expect(artifact.getAddedLocalPathName(at("in/x/b.txt"))).toBe("x/b.txt")
  })

  test("name puts them below a folder, ignore leaves out", async () => {
    const { at, draft, write } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addDir(pathToFileURL(at("in")), { name: "sub", ignore: (path) => path.endsWith(".hidden") })
    expect(paths(artifact)).toEqual(["sub/a.txt", "sub/x/b.txt"])
  })

  test.each(["in/a.txt", "nope"])("%s is no directory: an error that names it", async (path) => {
    const { at, draft, write } = await place()
    await write(tree)
    const error = await refusal("INVALID_ARGUMENT", draft().addDir(at(path)))
    expect(error.details.argument).toBe("dir")
    expect(error.message).toContain(at(path))
  })

  test("symbolic links: followed, to files only, left out, or an error", async () => {
    const { at, draft, write } = await place()
    await write({ ...tree, "out/c.txt": "c" })
    await symlink(at("out/c.txt"), at("in/file-link"))
    await symlink(at("out"), at("in/dir-link"))
    const added = async (links?: "follow" | "files" | "skip") => {
      const artifact = draft()
      await artifact.addDir(at("in"), links === undefined ? {} : { links })
      return paths(artifact)
    }
    const own = ["a.txt", "x/.hidden", "x/b.txt"]
    expect(await added()).toEqual(["a.txt", "dir-link/c.txt", "file-link", "x/.hidden", "x/b.txt"])
    expect(await added("follow")).toEqual(await added())
    expect(await added("files")).toEqual(["a.txt", "file-link", "x/.hidden", "x/b.txt"])
    expect(await added("skip")).toEqual(own)
    const error = await refusal("INVALID_ARGUMENT", draft().addDir(at("in"), { links: "error" }))
    expect(error.message).toMatch(/(dir|file)-link/)
  })
})

describe("policy", () => {
  test("mutable: a change of the file after adding does not reach the artifact", async () => {
    const { at, draft, write, start, api } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addFile(at("in/a.txt"))
    await artifact.addDir(at("in/x"), { name: "x" })
    await writeFile(at("in/a.txt"), "changed")
    await writeFile(at("in/x/b.txt"), "XX")
    await (await start()).logArtifact(artifact)
    const logged = await api().artifact("birds")
    expect(await logged.getEntry("a.txt").text()).toBe("a")
    expect(await logged.getEntry("x/b.txt").text()).toBe("bb")
  })

  test("mutable: the file may even be gone", async () => {
    const { at, draft, write, start, api } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addFile(at("in/a.txt"))
    await rm(at("in"), { recursive: true })
    await (await start()).logArtifact(artifact)
    expect(await (await api().artifact("birds")).getEntry("a.txt").text()).toBe("a")
  })

  test.each(["Z", "longer", ""])(
    "immutable: a change to %j is an error that names the file, and nothing is logged",
    async (text) => {
      const { at, draft, write, start, api } = await place()
      await write(tree)
      const artifact = draft()
      await artifact.addDir(at("in"), { policy: "immutable" })
      await writeFile(at("in/a.txt"), text)
      const error = await refusal("DIGEST_MISMATCH", (await start()).logArtifact(artifact))
      expect(error.details.path).toBe("a.txt")
      expect(error.message).toContain("immutable")
      expect(await api().artifactExists("birds")).toBe(false)
    },
  )

  test("immutable: unchanged files are logged", async () => {
    const { at, draft, write, start, api } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addDir(at("in"), { policy: "immutable" })
    await (await start()).logArtifact(artifact)
    expect(await (await api().artifact("birds")).verify(undefined, { stored: true })).toMatchObject({ verified: 3 })
  })
})

describe("downloading to a path", () => {
  async function logged() {
    const here = await place()
    await here.write(tree)
    const artifact = here.draft()
    await artifact.addDir(here.at("in"))
    return { ...here, artifact: await (await here.start()).logArtifact(artifact) }
  }
  const files = { "a.txt": "a", "x/.hidden": "h", "x/b.txt": "bb" }

  test("download writes the tree and returns the root as it was given", async () => {
    const { artifact, at, read } = await logged()
    expect(await artifact.download(at("out"))).toBe(at("out"))
    expect(await read("out")).toEqual(files)
    const url = pathToFileURL(at("out2"))
    expect(await artifact.download(url)).toBe(url)
    expect(await read("out2")).toEqual(files)
  })

  test("download leaves other files, checkout deletes them", async () => {
    const { artifact, at, read, write } = await logged()
    await write({ "out/mine.txt": "m", "out/x/mine.txt": "m", "out/empty/deep/mine.txt": "m" })
    await artifact.download(at("out"))
    expect(Object.keys(await read("out"))).toHaveLength(6)
    expect(await artifact.checkout(at("out"))).toBe(at("out"))
    expect(await read("out")).toEqual(files)
  })

  test("verify finds what is wrong on the disk", async () => {
    const { artifact, at, write } = await logged()
    await artifact.download(at("out"))
    expect(await artifact.verify(at("out"))).toMatchObject({ verified: 3 })
    await write({ "out/a.txt": "b", "out/extra": "e" })
    const error = await refusal("DIGEST_MISMATCH", artifact.verify(at("out")))
    expect(error.details.paths?.toSorted()).toEqual(["a.txt", "extra"])
  })

  test("the default root is ./artifacts/name:vN, and ./artifacts/name for checkout", async () => {
    const { root, platform } = await logged()
    const asked: string[] = []
    const elsewhere = {
      ...platform,
      directory: (path: string, options?: object) => {
        asked.push(path)
        return platform.directory(`${root}/default/${path}`, options)
      },
    }
    const same = await new Api({ registry: platform.registry({ dir: root }), platform: elsewhere }).artifact("birds:latest")
    expect(await same.download()).toBe("./artifacts/birds:v0")
    expect(await same.checkout()).toBe("./artifacts/birds")
    await same.verify()
    expect(await same.getEntry("a.txt").download()).toMatch(/artifacts\/birds:v0\/a\.txt$/)
    expect(asked).toEqual(["./artifacts/birds:v0", "./artifacts/birds", "./artifacts/birds:v0", "./artifacts/birds:v0"])
  })

  test("file() returns the path of the one file", async () => {
    const { at, draft, write, start, read } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addFile(at("in/a.txt"), { name: "x/only.txt" })
    await (await start()).logArtifact(artifact)
    expect(await artifact.file(at("out"))).toBe(at("out/x/only.txt"))
    expect(await read("out")).toEqual({ "x/only.txt": "a" })
  })

  test("entry.url() is a file: URL of the stored bytes", async () => {
    const { artifact } = await logged()
    const url = await artifact.getEntry("x/b.txt").url()
    expect(url).toMatch(/^file:\/\//)
    expect(await readFile(fileURLToPath(url), "utf8")).toBe("bb")
  })

  test("a range of a stored file is verified", async () => {
    const { artifact } = await logged()
    const stream = await artifact.getEntry("x/b.txt").stream({ range: { start: 1 } })
    expect(stream.verified).toBe(true)
    expect(await new Response(stream).text()).toBe("b")
  })

  test("a directory where a file belongs is an error that names it", async () => {
    const { artifact, at, write } = await logged()
    await write({ "out/a.txt/deep": "d" })
    const error = await refusal("STORAGE", artifact.download(at("out")))
    expect(error.message).toContain("a.txt")
  })
})

test("a file that is large enough to be hashed on a thread comes back as it was", async () => {
  const { at, draft, start, write } = await place()
  const bytes = sampleBytes(17 * 1024 * 1024)
  await write({ "large.bin": bytes })
  const artifact = draft()
  await artifact.addFile(at("large.bin"))
  await (await start()).logArtifact(artifact)
  expect(artifact.getEntry("large.bin").digest).toBe(digestOfBytes(bytes))
  const root = await artifact.download(at("copy"))
  expectBytes(new Uint8Array(await readFile(join(root as string, "large.bin"))), bytes)
})

describe("file: references", () => {
  test("a file is tracked by its content and not stored", async () => {
    const { at, draft, write, start, api } = await place()
    await write(tree)
    const artifact = draft()
    const uri = pathToFileURL(at("in/x/b.txt")).href
    const [entry] = await artifact.addReference(uri)
    expect(entry).toMatchObject({ path: "b.txt", ref: uri, size: 2, digest: await digestOf("bb") })
    await (await start()).logArtifact(artifact)
    const logged = (await api().artifact("birds")).getEntry("b.txt")
    expect(await logged.text()).toBe("bb")
    const part = await logged.stream({ range: { start: 1 } })
    expect(await new Response(part).text()).toBe("b")
  })

  test("a directory is tracked file by file, up to maxObjects", async () => {
    const { at, draft, write } = await place()
    await write(tree)
    const artifact = draft()
    const entries = await artifact.addReference(pathToFileURL(at("in")).href, { name: "sub" })
    expect(entries.map(({ path }) => path).sort()).toEqual(["sub/a.txt", "sub/x/.hidden", "sub/x/b.txt"])
    const error = await refusal("INVALID_ARGUMENT", draft().addReference(pathToFileURL(at("in")).href, { maxObjects: 2 }))
    expect(error.details.argument).toBe("options.maxObjects")
  })

  test("a file that changed is found out, one that is gone is missing", async () => {
    const { at, draft, write, start } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addReference(pathToFileURL(at("in/a.txt")).href)
    await (await start()).logArtifact(artifact)
    await writeFile(at("in/a.txt"), "changed")
    expect((await refusal("DIGEST_MISMATCH", artifact.download(at("out")))).details.path).toBe("a.txt")
    expect((await refusal("DIGEST_MISMATCH", artifact.getEntry("a.txt").text())).details.path).toBe("a.txt")
    const range = { range: { start: 0, end: 1 } }
    expect((await refusal("DIGEST_MISMATCH", artifact.getEntry("a.txt").stream(range))).details.path).toBe("a.txt")
    await rm(at("in/a.txt"))
    await refusal("ENTRY_NOT_FOUND", artifact.download(at("out")))
    await artifact.download(at("out"), { allowMissingReferences: true })
  })

  test("without a checksum it is read as it is now, unverified", async () => {
    const { at, draft, write, start } = await place()
    await write(tree)
    const artifact = draft()
    await artifact.addReference(pathToFileURL(at("in/a.txt")).href, { checksum: false })
    await (await start()).logArtifact(artifact)
    await writeFile(at("in/a.txt"), "changed")
    const stream = await artifact.getEntry("a.txt").stream()
    expect(stream.verified).toBe(false)
    expect(await new Response(stream).text()).toBe("changed")
  })

  test("nothing there is EntryNotFoundError", async () => {
    const { at, draft } = await place()
    await refusal("ENTRY_NOT_FOUND", draft().addReference(pathToFileURL(at("nope")).href))
  })
})

describe("run.logArtifact of a path", () => {
  test("a file and a directory become artifacts, called after the run by default", async () => {
    const { at, write, start } = await place()
    await write(tree)
    const run = await start()
    const file = await run.logArtifact(at("in/a.txt"))
    expect(file).toMatchObject({ name: `run-${run.id}-a.txt:v0`, type: "unspecified" })
    expect(paths(file)).toEqual(["a.txt"])
    const directory = await run.logArtifact(at("in"), { name: "birds", type: "dataset", aliases: ["best"] })
    expect(directory).toMatchObject({ name: "birds:v0", type: "dataset" })
    expect(directory.aliases).toContain("best")
    expect(paths(directory)).toEqual(["a.txt", "x/.hidden", "x/b.txt"])
  })

  test("a URI becomes a reference", async () => {
    const { at, write, start } = await place()
    await write(tree)
    const artifact = await (await start()).logArtifact(pathToFileURL(at("in/a.txt")).href, { name: "refs" })
    expect(artifact.manifest.fileCount).toBe(1)
  })
})

describe("references to names with percent signs", () => {
  test("mean the file that has the digest, written decoded or not, also when both are there", async () => {
    const { at, draft, start, write } = await place()
    await write({ "in/a%20b": "with a percent sign", "in/a b": "with a space" })
    const root = pathToFileURL(at("in")).href
    for (const checksum of [true, false]) {
      const artifact = draft()
      await artifact.addReference(root, { checksum })
      const logged = await (await start()).logArtifact(artifact)
      expect(await logged.getEntry("a%20b").text()).toBe("with a percent sign")
      expect(await logged.getEntry("a b").text()).toBe("with a space")
    }
  })
})
