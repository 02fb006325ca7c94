/** A disk that is full and folders that are not ours: an error that names the place, and the same call works once there is room. */
import { execFileSync } from "node:child_process"
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Api, Artifact, type ArtifactError, isArtifactError } from "isofact"
import { describe, expect, onTestFinished, test } from "vitest"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createNodeCache, createNodeTransfer } from "../../src/storage/node-fs.ts"
import { bundleChild, filesBelow, openStores, openWorld, readTree, startChild, tempFolder } from "./support.ts"

const project = "disk"
const isRoot = process.getuid?.() === 0
const mib = 1024 ** 2
const tree = new Map([
  ["a.txt", "a".repeat(1000)],
  ["b.bin", "bcd".repeat(500_000)],
])
const sources = () => new Map([...tree].map(([path, text]) => [path, new TextEncoder().encode(text)]))

const mount = (path: string) => execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "none", path], { stdio: "pipe" })
const unmount = (path: string) => execFileSync("umount", ["-l", path])

/** Not every container lets its root mount something. */
function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), "isofact-mount-"))
  try {
    mount(path)
    unmount(path)
    return true
  } catch {
    return false
  } finally {
    rmdirSync(path)
  }
}

/** A disk of 8 MiB. */
function mountDisk(): string {
  const path = tempFolder()
  mount(path)
  onTestFinished(() => void unmount(path))
  return path
}

/** Leaves `bytes` free; the result makes room again. */
function fill(disk: string, bytes: number): () => void {
  const { bavail, bsize } = statfsSync(disk)
  const ballast = join(disk, "ballast")
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - bytes))
  return () => rmSync(ballast)
}

async function fullDisk(work: Promise<unknown>, disk: string): Promise<ArtifactError> {
  const error = await work.then(
    () => new Error("there was room"),
    (error: unknown) => error,
  )
  if (!isArtifactError(error)) throw error
  expect(error.code).toBe("STORAGE")
  expect(error.message).toContain("full")
  expect(error.message).toContain(disk)
  expect(error.details.path).toContain(disk)
  return error
}

const hasDisk = isRoot && canMount()

describe.skipIf(!hasDisk)(
  `a full disk${hasDisk ? "" : " (skipped: only root may mount a small disk, and not in every container)"}`,
  () => {
    test.each([
      ["nothing at all", 0],
      ["the small file", 64 * 1024],
      ["all but the last of the large file", 1.2 * mib],
    ])("logging with room for %s: nothing is visible, nothing is left behind, and the same call works later", async (_, room) => {
      const disk = mountDisk()
      const dir = tempFolder()
      mkdirSync(join(disk, "home"))
      const { platform, init } = openWorld(join(disk, "home"))
      const makeRoom = fill(disk, room)
      // Read as they are stored, so that it is the store that is full and not the stage.
      writeFileSync(join(dir, "b.bin"), tree.get("b.bin")!)
      writeFileSync(join(dir, "a.txt"), tree.get("a.txt")!)
      const artifact = new Artifact("x", "dataset", { platform })
      await artifact.addDir(dir, { policy: "immutable" })
      const log = async () => {
        await using run = await init(project)
        return await run.logArtifact(artifact, { aliases: ["best"] })
      }
      await fullDisk(log(), disk)
      await fullDisk(log(), disk)
      expect(await openWorld(join(disk, "home")).api(project).artifactExists("x")).toBe(false)
      expect(filesBelow(join(disk, "home/.isofact/blobs/tmp"))).toEqual([])
      makeRoom()
      expect((await log()).version).toBe("v0")
      expect(await readTree(await openWorld(join(disk, "home")).api(project).artifact("x:best"))).toEqual(Object.fromEntries(tree))
    })

    test("adding to a draft, whose snapshot has no room, leaves the draft as it was", async () => {
      const disk = mountDisk()
      const { platform, init } = openWorld(disk)
      const makeRoom = fill(disk, mib)
      const artifact = new Artifact("x", "dataset", { platform })
      await fullDisk(artifact.addDir(sources()), disk)
      await fullDisk(
        artifact.newFile("b.bin", async (file) => {
          for (let piece = 0; piece < 10; piece++) await file.writeText("bcd".repeat(100_000))
        }),
        disk,
      )
      expect(artifact.manifest.fileCount).toBe(0)
      makeRoom()
      await artifact.addDir(sources())
      await using run = await init(project)
      expect((await run.logArtifact(artifact)).version).toBe("v0")
    })

    /** A registry with one version, on a disk with room. */
    async function logged() {
      const dir = tempFolder()
      const { platform, init } = openWorld(dir)
      await using run = await init(project)
      const artifact = new Artifact("x", "dataset", { platform })
      await artifact.addDir(sources())
      await run.logArtifact(artifact)
      return { dir, artifact, platform }
    }

    test("a download keeps the files it could write, each whole, and goes on from there", async () => {
      const disk = mountDisk()
      const { artifact } = await logged()
      const makeRoom = fill(disk, mib)
      const root = join(disk, "copy")
      const error = await fullDisk(artifact.download(root), disk)
      expect(error.details.path).toBe(join(root, "b.bin"))
      expect(["", "a.txt"]).toContain(filesBelow(root).join())
      makeRoom()
      await artifact.download(root)
      expect((await artifact.verify(root)).verified).toBe(tree.size)
    })

    test("a cache without room costs nothing but speed, keeps nothing half, and works again when there is some", async () => {
      const disk = mountDisk()
      const { dir, platform } = await logged()
      const stores = openStores(dir)
      const registry = createEmbeddedRegistry({ ...stores, blobs: { ...stores.blobs, remote: true } })
      const cache = createNodeCache({
        directory: join(disk, "cache"),
        transfer: createNodeTransfer({ hasher: createNodeHasher() }),
      })
      const used = await new Api({ registry, platform, cache, project }).artifact("x:latest")
      const makeRoom = fill(disk, mib)
      await used.download(join(dir, "copy"))
      expect((await used.verify(join(dir, "copy"))).verified).toBe(tree.size)
      expect(filesBelow(join(disk, "cache/tmp"))).toEqual([])
      expect(filesBelow(join(disk, "cache")).length).toBeLessThan(tree.size)
      makeRoom()
      await used.download(join(dir, "another"))
      expect((await used.verify(join(dir, "another"))).verified).toBe(tree.size)
      expect(filesBelow(join(disk, "cache")).length).toBe(tree.size)
    })
  },
)

describe.skipIf(!isRoot)(`a folder without permission${isRoot ? "" : " (skipped: only root may become another user)"}`, () => {
  const nobody = 65534

  test.each([
    ["log", "the registry's folder", "home/.isofact"],
    ["log", "the folder of its blobs", "home/.isofact/blobs"],
    ["download", "the target's folder", "out"],
  ])("%s says which it is when it may not write to %s, and works once it may", async (what, _, locked) => {
    const script = await bundleChild("child-nobody")
    const base = tempFolder()
    chmodSync(base, 0o755)
    for (const name of ["home", "home/.isofact", "home/.isofact/blobs", "out"]) {
      mkdirSync(join(base, name))
      chownSync(join(base, name), nobody, nobody)
    }
    chmodSync(join(base, locked), 0o555)
    const child = startChild(script, [what, base, nobody])
    const failure = JSON.parse((await child.line("failed")).slice("failed ".length))
    expect(failure.code).toBe("STORAGE")
    expect(failure.message).toContain("no permission")
    expect(failure.path).toContain(join(base, locked))
    chmodSync(join(base, locked), 0o755)
    child.process.stdin!.end("again\n")
    await child.line("done")
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: "" })
  })
})
