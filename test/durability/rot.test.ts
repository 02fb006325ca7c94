/** Bytes that change on the disk are noticed by whoever reads them, are named, and come back when the same content is logged again. */
import { appendFileSync, chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Artifact, type ArtifactError, isArtifactError } from "isofact"
import { describe, expect, test } from "vitest"
import { blobPath, filesBelow, memoryDisk, openWorld, readTree, tempFolder } from "./support.ts"

const project = "rot"
// Over the size up to which files are read whole.
const large = "large ".repeat(180_000)
const tree = new Map([
  ["small.json", '{"small":1}'],
  ["deep/large.bin", large],
  ["sound.txt", "nothing happens to this one"],
])

async function logTree(dir: string): Promise<Artifact> {
  const { platform, init } = openWorld(dir)
  await using run = await init(project)
  const artifact = new Artifact("x", "dataset", { platform })
  await artifact.addDir(new Map([...tree].map(([path, text]) => [path, new Blob([text])])))
  // Not before it is logged may the run end.
  return await run.logArtifact(artifact, { aliases: ["best"] })
}

const open = (dir: string, manifest?: "lazy") => openWorld(dir).api(project).artifact("x:best", { manifest })

async function failure(work: Promise<unknown>): Promise<ArtifactError> {
  const error = await work.then(
    () => new Error("nobody noticed"),
    (error: unknown) => error,
  )
  if (!isArtifactError(error)) throw error
  return error
}

const damages: Record<string, (path: string) => void> = {
  "a flipped bit": (path) => {
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(path, bytes)
  },
  "a lost end": (path) => truncateSync(path, readFileSync(path).length - 1),
  "no bytes at all": (path) => truncateSync(path, 0),
  "a byte too many": (path) => appendFileSync(path, "!"),
  "a lost file": (path) => rmSync(path),
}

function damage(how: keyof typeof damages, path: string): void {
  chmodSync(path, 0o644)
  damages[how]!(path)
}

type Read = (artifact: Artifact, path: string) => Promise<unknown>
const readers: Record<string, Read> = {
  download: (artifact) => artifact.download(join(tempFolder(), "copy")),
  checkout: (artifact) => artifact.checkout(join(tempFolder(), "copy")),
  "verify in the store": (artifact) => artifact.verify(undefined, { stored: true }),
  "entry.download": (artifact, path) => artifact.getEntry(path).download(join(tempFolder(), "copy")),
  "entry.stream": async (artifact, path) => new Response(await artifact.getEntry(path).stream()).bytes(),
  "entry.stream of a range": async (artifact, path) =>
    new Response(await artifact.getEntry(path).stream({ range: { start: 0, end: 3 } })).bytes(),
  "entry.bytes": (artifact, path) => artifact.getEntry(path).bytes(),
  "entry.blob": (artifact, path) => artifact.getEntry(path).blob(),
  "entry.text": (artifact, path) => artifact.getEntry(path).text(),
  "entry.json": (artifact, path) => artifact.getEntry(path).json(),
  "a draft logged elsewhere": async (artifact) => {
    const { init } = openWorld(tempFolder(memoryDisk))
    await using run = await init(project)
    await run.logArtifact(await artifact.newDraft())
  },
}

describe.each(Object.entries(readers))("%s", (_, read) => {
  test.each([...Object.keys(damages).map((how) => [how, "small.json"] as const), ["a flipped bit", "deep/large.bin"] as const])(
    "finds %s in %s and names it; logging again repairs it",
    async (how, path) => {
      const dir = tempFolder(memoryDisk)
      await logTree(dir)
      damage(how, blobPath(dir, tree.get(path)!))
      const error = await failure(read(await open(dir), path))
      expect(error.code).toBe(how === "a lost file" && !error.details.paths ? "ENTRY_NOT_FOUND" : "DIGEST_MISMATCH")
      expect(error.details.paths ?? [error.details.path]).toEqual([path])
      expect(error.message).toContain(path)
      expect((await logTree(dir)).version).toBe("v0")
      expect(await readTree(await open(dir))).toEqual(Object.fromEntries(tree))
    },
  )
})

test("a download that finds damage keeps nothing of the file and all of the others", async () => {
  const dir = tempFolder(memoryDisk)
  await logTree(dir)
  damage("a flipped bit", blobPath(dir, tree.get("small.json")!))
  const root = join(dir, "copy")
  await failure((await open(dir)).download(root, { concurrency: 1 }))
  const written = filesBelow(root)
  expect(written).not.toContain("small.json")
  for (const path of written) expect(readFileSync(join(root, path), "utf8")).toBe(tree.get(path))
})

test.each(["a lost end", "a lost file"])("a draft based on a version with %s is not committed on top of it", async (how) => {
  const dir = tempFolder(memoryDisk)
  await logTree(dir)
  await using run = await openWorld(dir).init(project)
  const draft = await (await run.useArtifact("x:best")).newDraft()
  await draft.addFile(new Blob(["new"]), { name: "new.txt" })
  damage(how, blobPath(dir, tree.get("small.json")!))
  const error = await failure(run.logArtifact(draft))
  expect(error.details.paths).toEqual(["small.json"])
  expect((await open(dir)).version).toBe("v0")
})

describe("the manifest", () => {
  const lazy: Record<string, (dir: string) => Promise<unknown>> = {
    "api.artifact": (dir) => open(dir),
    useArtifact: async (dir) => (await openWorld(dir).init(project)).useArtifact("x:best"),
    "download of a lazy version": async (dir) => (await open(dir, "lazy")).download(join(dir, "copy")),
    "verify of a lazy version": async (dir) => (await open(dir, "lazy")).verify(undefined, { stored: true }),
    "newDraft of a lazy version": async (dir) => (await open(dir, "lazy")).newDraft(),
    "files of a lazy version": async (dir) => {
      for await (const { name } of (await open(dir, "lazy")).files()) expect(name).toBeUndefined()
    },
  }
  test.each(Object.keys(lazy).flatMap((verb) => Object.keys(damages).map((how) => [verb, how] as const)))(
    "%s finds %s and names the version; logging again repairs it",
    async (verb, how) => {
      const dir = tempFolder(memoryDisk)
      await logTree(dir)
      const known = new Set([...tree.values()].map((text) => blobPath(dir, text)))
      const objects = join(dir, ".isofact/blobs/md5")
      const others = filesBelow(objects).map((name) => join(objects, name))
      const [manifest] = others.filter((path) => !known.has(path))
      damage(how, manifest!)
      const error = await failure(lazy[verb]!(dir))
      expect(error.code).toBe(how === "a lost file" ? "STORAGE" : "DIGEST_MISMATCH")
      expect(error.message).toContain("x:v0")
      expect((await logTree(dir)).version).toBe("v0")
      expect(await readTree(await open(dir))).toEqual(Object.fromEntries(tree))
    },
  )
})

describe("records", () => {
  const kinds = ["collections", "artifacts", "names"]
  const statesOf = (dir: string, kind: string) => {
    const home = join(dir, ".isofact/records", kind)
    const numbers = (name: string) => Number(name.slice(name.lastIndexOf("/") + 1))
    return filesBelow(home)
      .sort((a, b) => numbers(b) - numbers(a))
      .map((name) => join(home, name))
  }
  const hows = Object.keys(damages).filter((how) => how !== "a lost file")

  test.each(kinds.flatMap((kind) => hows.map((how) => [kind, how] as const)))(
    "%s with %s: whoever reads it is told which file it is, and nobody writes over it",
    async (kind, how) => {
      const dir = tempFolder(memoryDisk)
      await logTree(dir)
      const [newest] = statesOf(dir, kind)
      damage(how, newest!)
      const damaged = readFileSync(newest!)
      for (const work of [() => open(dir), () => logTree(dir)]) {
        const error = await failure(work())
        expect(error.code).toBe("STORAGE")
        expect(error.details.path).toBe(newest)
      }
      expect(readFileSync(newest!)).toEqual(damaged)
    },
  )

  test("every single bit of a record counts", async () => {
    const dir = tempFolder(memoryDisk)
    await logTree(dir)
    const [path] = statesOf(dir, "collections")
    const sound = readFileSync(path!)
    for (let at = 0; at < sound.length; at++) {
      const bytes = Buffer.from(sound)
      bytes[at]! ^= 1 << (at % 8)
      writeFileSync(path!, bytes)
      expect((await failure(open(dir))).details.path).toBe(path)
    }
    writeFileSync(path!, sound)
    expect(await readTree(await open(dir))).toEqual(Object.fromEntries(tree))
  })

  test.each(kinds)("%s lost with all its states is told as something that is not there", async (kind) => {
    const dir = tempFolder(memoryDisk)
    await logTree(dir)
    for (const path of statesOf(dir, kind)) rmSync(path)
    expect((await failure(open(dir))).code).toBe("ENTRY_NOT_FOUND")
  })
})
