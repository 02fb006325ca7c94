/** Hostile names while building, in a manifest and in a download: what is not refused stays below the root, and is one file each. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { Artifact, type ArtifactError, isArtifactError, Manifest } from "isofact"
import { describe, expect, test } from "vitest"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createNodeDirectory, createNodeTransfer } from "../../src/storage/node-fs.ts"
import { fitsLinux, hostileName, safePath } from "./hostile.ts"
import { openWorld, plantManifest, snapshotTree, tempFolder } from "./support.ts"

const project = "hostile"
const blob = (text: string) => new Blob([text])
const s3 = "s3://bucket/key"

/** What it was refused with, or undefined; anything but an error of ours fails the test. */
async function refusal(work: () => unknown): Promise<ArtifactError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!isArtifactError(error)) throw error
    return error
  }
}

/** A root some way down a folder that shows what was written elsewhere; absolute names aim into that folder, too. */
function deepRoot() {
  const outer = tempFolder()
  const root = join(outer, "1/2/3/4/5/6/root")
  mkdirSync(join(outer, "1/2/3/4/5/6"), { recursive: true })
  writeFileSync(join(outer, "1/2/3/witness"), "as it was")
  let count = 0
  return {
    outer,
    fresh: () => `${root}${count++}`,
    aim: (name: string) => (name.startsWith("/") ? outer + name : name),
    outside: () => Object.entries(snapshotTree(outer)).filter(([path]) => !path.startsWith("1/2/3/4/5/6/root")),
  }
}

describe("building", () => {
  type Way = (artifact: Artifact, name: string) => Promise<unknown>
  const ways: Record<string, Way> = {
    addFile: (artifact, name) => artifact.addFile(blob("x"), { name }),
    "a Map": (artifact, name) => artifact.addDir(new Map([[name, blob("x")]])),
    "an async iterable": (artifact, name) =>
      artifact.addDir(
        (async function* () {
          yield [name, blob("x")] as const
        })(),
      ),
    "a picked folder": (artifact, name) =>
      artifact.addDir([Object.defineProperty(new File(["x"], "f"), "webkitRelativePath", { value: `picked/${name}` })]),
    newFile: (artifact, name) => artifact.newFile(name, (file) => file.writeText("x")),
    addReference: (artifact, name) => artifact.addReference(s3, { name, checksum: false }),
  }

  test.each(Object.entries(ways))(
    "%s takes a safe name as it is and refuses any other, which changes nothing",
    async (_, build) => {
      const { platform } = openWorld(tempFolder())
      const check = async (name: string) => {
        const artifact = new Artifact("x", "dataset", { platform })
        await artifact.addFile(blob("before"), { name: "first of all" })
        const error = await refusal(() => build(artifact, name))
        // A picked file without a relative path goes by its own name.
        const safe = name === "" && build === ways["a picked folder"] ? "f" : safePath(name)
        expect([...artifact.manifest.entries.keys()]).toEqual(safe === undefined ? ["first of all"] : ["first of all", safe])
        expect(error?.code).toBe(safe === undefined ? "INVALID_ARGUMENT" : undefined)
        if (error !== undefined && name !== "") expect(error.details.path ?? error.details.argument).toBeTruthy()
      }
      await fc.assert(fc.asyncProperty(hostileName, check), { numRuns: 200 })
    },
  )

  test("a folder of the artifact is as safe as a file", async () => {
    const { platform } = openWorld(tempFolder())
    const check = async (name: string) => {
      const artifact = new Artifact("x", "dataset", { platform })
      const error = await refusal(() => artifact.addDir(new Map([["f", blob("x")]]), { name }))
      const safe = name === "" ? "f" : safePath(`${name}/f`)
      if (error === undefined) expect([...artifact.manifest.entries.keys()]).toEqual([safe])
      else expect([...artifact.manifest.entries.keys()]).toEqual([])
      if (safe === undefined) expect(error?.code).toBe("INVALID_ARGUMENT")
    }
    await fc.assert(fc.asyncProperty(hostileName, check), { numRuns: 200 })
  })

  test("two sources under one path are refused together, in whatever spelling", async () => {
    const { platform } = openWorld(tempFolder())
    const check = async (names: string[]) => {
      const artifact = new Artifact("x", "dataset", { platform })
      const error = await refusal(() => artifact.addDir(names.map((name, at) => [name, blob(`${at}`)] as const)[Symbol.iterator]()))
      const paths = names.map(safePath)
      const isFine = paths.every((path) => path !== undefined) && new Set(paths).size === names.length
      expect(error?.code).toBe(isFine ? undefined : "INVALID_ARGUMENT")
      expect([...artifact.manifest.entries.keys()].sort()).toEqual(isFine ? paths.toSorted() : [])
    }
    const spelling = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("a/b", "a//b", "./a/b", "a/./b", "a/b/", "A/b", "c") },
      hostileName,
    )
    await fc.assert(fc.asyncProperty(fc.array(spelling, { minLength: 2, maxLength: 5 }), check), { numRuns: 200 })
  })
})

describe("a manifest put into the store by hand", () => {
  test("is refused, or its download writes each entry as a file below the root and nothing else", async () => {
    const dir = tempFolder()
    const world = openWorld(dir)
    await using run = await world.init(project)
    const artifact = new Artifact("x", "dataset", { platform: world.platform })
    await artifact.addDir(new Map(Array.from({ length: 6 }, (_, at) => [`f${at}`, blob(`content ${at}`)] as const)))
    await run.logArtifact(artifact)
    const { fresh, aim, outside } = deepRoot()
    const before = outside()
    let downloads = 0

    const check = async (given: string[]) => {
      const names = [...new Set(given.map(aim))]
      const contents = names.map((name, at) => [name, `content ${at}`] as const)
      await plantManifest(dir, artifact, contents)
      const root = fresh()
      const paths = names.map(safePath)
      const isSafe = paths.every((path) => path !== undefined) && new Set(paths).size === names.length
      const error = await refusal(async () => (await world.api(project).artifact("x:latest")).download(root))
      expect(outside()).toEqual(before)
      if (!isSafe) {
        expect(error?.code).toBe("INVALID_ARGUMENT")
        expect(existsSync(root)).toBe(false)
        return
      }
      const written = existsSync(root) ? snapshotTree(root) : {}
      const files = Object.entries(written).filter(([, what]) => what !== "folder")
      const expected = new Map(contents.map(([name, text]) => [safePath(name)!, text]))
      for (const [path] of files) expect(readFileSync(join(root, path), "utf8")).toBe(expected.get(path))
      const isPossible = paths.every((path) => fitsLinux(path!) && !paths.some((other) => other!.startsWith(`${path}/`)))
      expect(error?.code).toBe(isPossible ? undefined : "STORAGE")
      if (isPossible) expect(files.map(([path]) => path).sort()).toEqual(paths.toSorted())
      else expect(names.some((name) => error?.details.path?.includes(safePath(name)!))).toBe(true)
      if (isPossible) downloads++
    }
    await fc.assert(fc.asyncProperty(fc.array(hostileName, { minLength: 1, maxLength: 6 }), check), { numRuns: 250 })
    expect(downloads).toBeGreaterThan(5)
  }, 60_000)

  test("keeps names that only look alike, or like members of every object, apart", async () => {
    const dir = tempFolder()
    const world = openWorld(dir)
    await using run = await world.init(project)
    const names = [
      "__proto__",
      "constructor",
      "\u00e9",
      "e\u0301",
      "Case",
      "case",
      "con",
      "dot.",
      "space ",
      "a\\b",
      "-rf",
      "back\\..x",
    ]
    const artifact = new Artifact("x", "dataset", { platform: world.platform })
    await artifact.addDir(new Map(names.map((name) => [name, blob(`of ${name}`)])))
    await run.logArtifact(artifact)
    const root = join(tempFolder(), "copy")
    const used = await openWorld(dir).api(project).artifact("x:latest")
    await used.download(root)
    for (const name of names) {
      expect(readFileSync(join(root, name), "utf8")).toBe(`of ${name}`)
      expect(await used.getEntry(name).text()).toBe(`of ${name}`)
    }
    expect((await used.verify(root)).verified).toBe(names.length)
    expect(Manifest.decode(used.manifest.encode()).digest()).toBe(used.digest)
  })
})

test("a directory on disk refuses what no manifest should have let through", async () => {
  const transfer = createNodeTransfer({ hasher: createNodeHasher() })
  const { fresh, aim, outside } = deepRoot()
  const before = outside()
  const check = async (given: string) => {
    const name = aim(given)
    const directory = createNodeDirectory(fresh(), { transfer })
    const content = {
      stability: "frozen" as const,
      size: 1,
      stream: () => blob("x").stream(),
      bytes: async () => new Uint8Array([120]),
    }
    const put = await refusal(() => directory.put(name, content))
    const stays = name.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"))
    if (!stays) expect(put).toBeDefined()
    const files: string[] = []
    for await (const { path } of directory.list()) files.push(path)
    expect(files).toEqual(put === undefined ? [name] : [])
    for (const verb of ["open", "digest", "remove"] as const) {
      expect((await refusal(() => directory[verb](name)))?.code).toBe(put?.code)
    }
    expect(outside()).toEqual(before)
  }
  await fc.assert(fc.asyncProperty(hostileName, check), { numRuns: 300 })
})
