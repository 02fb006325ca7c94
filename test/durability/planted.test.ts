/** A download into a folder where somebody has planted links and files, before it began or while it runs: nothing outside is touched. */
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Artifact, isArtifactError } from "isofact"
import { beforeEach, describe, expect, test } from "vitest"
import { openWorld, snapshotTree, tempFolder } from "./support.ts"

const tree = new Map(["a/1", "a/2", "a/deep/3", "b", "c/4"].map((path) => [path, `content of ${path}`]))

let used: Artifact
let outer: string
let root: string
let victim: string

beforeEach(async () => {
  const dir = tempFolder()
  const world = openWorld(dir)
  await using run = await world.init("planted")
  const artifact = new Artifact("x", "dataset", { platform: world.platform })
  await artifact.addDir(new Map([...tree].map(([path, text]) => [path, new Blob([text])])))
  await run.logArtifact(artifact)
  used = await openWorld(dir).api("planted").artifact("x:v0")
  outer = tempFolder()
  root = join(outer, "root")
  victim = join(outer, "victim")
  mkdirSync(join(victim, "deep"), { recursive: true })
  for (const name of ["1", "2", "4", "b", "deep/3"]) writeFileSync(join(victim, name), `victim's ${name}`)
})

/** Everything but the root is as it was. */
const outside = () => Object.entries(snapshotTree(outer)).filter(([path]) => !path.startsWith("root"))

/** What the download wrote is right: files of the artifact, each whole. */
function checkWritten(): void {
  for (const [path, what] of Object.entries(snapshotTree(root))) {
    if (what === "folder" || what.startsWith("link to")) continue
    expect(tree.has(path) ? readFileSync(join(root, path), "utf8") : undefined).toBe(tree.get(path))
  }
}

async function expectStorageError(work: Promise<unknown>, path: string): Promise<void> {
  const error = await work.then(
    () => "it was done",
    (error: unknown) => error,
  )
  if (!isArtifactError(error)) throw error
  expect(error.code).toBe("STORAGE")
  expect(error.details.path).toContain(path)
}

const verbs = { download: () => used.download(root), checkout: () => used.checkout(root) }

describe.each(Object.entries(verbs))("%s", (name, write) => {
  test.each([
    ["a folder", "a", ""],
    ["a folder further down", "a/deep", "deep"],
    ["a folder, to nowhere", "c", "nowhere"],
  ])("a link in the place of %s is refused by name", async (_, path, target) => {
    mkdirSync(join(root, path, ".."), { recursive: true })
    symlinkSync(join(victim, target), join(root, path))
    const before = outside()
    if (name === "checkout") {
      // It deletes what is not the artifact's, the link itself and nothing behind it.
      await write()
      expect(lstatSync(join(root, path)).isDirectory()).toBe(true)
    } else await expectStorageError(write(), join(root, path))
    expect(outside()).toEqual(before)
    checkWritten()
  })

  test.each([
    ["another file", "victim/b"],
    ["a folder", "victim"],
    ["nowhere", "gone"],
    ["itself", "root/b"],
  ])("a link to %s in the place of a file is replaced, not followed", async (_, target) => {
    mkdirSync(root)
    symlinkSync(join(outer, target), join(root, "b"))
    const before = outside()
    await write()
    expect(outside()).toEqual(before)
    expect(lstatSync(join(root, "b")).isFile()).toBe(true)
    expect((await used.verify(root)).verified).toBe(tree.size)
  })

  test("the root may be a link to a folder, which is the user's way to say where", async () => {
    const real = join(outer, "root-real")
    mkdirSync(real)
    symlinkSync(real, root)
    await write()
    expect((await used.verify(real)).verified).toBe(tree.size)
  })

  test.each([
    ["a link to nowhere", () => symlinkSync(join(outer, "gone"), root)],
    ["a link in a circle", () => symlinkSync(root, root)],
    ["a file", () => writeFileSync(root, "in the way")],
    ["a link to a file", () => symlinkSync(join(victim, "b"), root)],
  ])("a root that is %s is refused by name", async (_, plant) => {
    plant()
    const before = snapshotTree(outer)
    await expectStorageError(write(), root)
    expect(snapshotTree(outer)).toEqual(before)
  })
})

test("a folder in the place of a file, and a file in the place of a folder, are refused by name", async () => {
  mkdirSync(join(root, "b"), { recursive: true })
  await expectStorageError(used.download(root), join(root, "b"))
  rmSync(root, { recursive: true })
  mkdirSync(root)
  writeFileSync(join(root, "a"), "in the way")
  await expectStorageError(used.download(root), join(root, "a"))
  expect(readFileSync(join(root, "a"), "utf8")).toBe("in the way")
  checkWritten()
  await used.checkout(root)
  expect((await used.verify(root)).verified).toBe(tree.size)
})

describe("planted between two files", () => {
  /** Swaps a folder for a link as soon as a file in it is there. */
  function createSwap() {
    const swap = {
      planted: false,
      onProgress({ path, fileDone }: { path: string; fileDone: boolean }) {
        if (swap.planted || !fileDone || !path.startsWith("a/")) return
        swap.planted = true
        rmSync(join(root, "a"), { recursive: true })
        symlinkSync(victim, join(root, "a"))
      },
    }
    return swap
  }

  test("a folder that becomes a link is noticed", async () => {
    const before = outside()
    const swap = createSwap()
    await expectStorageError(used.download(root, { concurrency: 1, onProgress: swap.onProgress }), join(root, "a"))
    expect(outside()).toEqual(before)
    expect(swap.planted).toBe(true)
  })

  test("with many files on their way, none of them goes through the link", async () => {
    const before = outside()
    const swap = createSwap()
    await used.download(root, { concurrency: 8, onProgress: swap.onProgress }).catch((error) => expect(error.code).toBe("STORAGE"))
    expect(outside()).toEqual(before)
    expect(swap.planted).toBe(true)
  })

  test("a folder that becomes a link while a file for it is being read leaves nothing behind it", async () => {
    const directory = await openWorld(outer).platform.directory(root)
    await used.download(directory)
    const before = outside()
    const bytes = async () => {
      rmSync(join(root, "a"), { recursive: true })
      symlinkSync(victim, join(root, "a"))
      return new TextEncoder().encode("new")
    }
    const content = { stability: "frozen" as const, size: 3, stream: () => new Blob(["new"]).stream(), bytes }
    await expectStorageError(directory.put("a/1", content), join(root, "a"))
    expect(outside()).toEqual(before)
  })

  test("one directory object, used again after its folders became links, looks again", async () => {
    const directory = await openWorld(outer).platform.directory(root)
    await used.download(directory)
    for (const folder of ["a", "c"]) {
      rmSync(join(root, folder), { recursive: true })
      symlinkSync(victim, join(root, folder))
    }
    const before = outside()
    await expectStorageError(used.download(directory), join(root, "a"))
    for (const path of ["a/1", "c/4"]) {
      for (const verb of ["open", "digest", "remove"] as const) await expectStorageError(directory[verb](path), join(root, path))
    }
    expect(outside()).toEqual(before)
  })
})
