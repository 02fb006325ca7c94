/** What the disk and its owner can do to a store: no room, no permission, read-only, no hard links, leftovers of the dead. */
import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { isArtifactError, StorageError } from "../../src/errors.ts"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { createNodeDirectory } from "../../src/storage/node-fs-directory.ts"
import { createNodeRecordStore } from "../../src/storage/node-fs-record-store.ts"
import { createNodeStage } from "../../src/storage/node-fs-stage.ts"
import { temporaryName } from "../../src/storage/node-fs-temporary.ts"
import { bytesOf, digestOf, sampleBytes, streamOf, toArray } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"
import { startChild } from "./spawn.ts"

const SMALL = sampleBytes(3000, 1)
const LARGE = sampleBytes(3 * 1024 * 1024, 2)

const mounts: string[] = []
/** A file system of `bytes` bytes, or undefined where this user may not mount one. */
async function smallDisk(bytes: number): Promise<string | undefined> {
  const path = await temporaryDirectory()
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path]).status !== 0) return undefined
  mounts.push(path)
  return path
}
afterAll(() => {
  for (const path of mounts) execFileSync("umount", [path])
})

async function failure(work: Promise<unknown>): Promise<StorageError> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  )
  expect(error).toBeInstanceOf(StorageError)
  return error
}

describe("a full disk", () => {
  test("is a StorageError that names the place, and what did not fit leaves no trace", async (context) => {
    const disk = await smallDisk(2 * 1024 * 1024)
    if (disk === undefined) return context.skip("mounting a small file system needs root")
    const transfer = newTransfer()
    const attempts: [string, () => Promise<unknown>][] = [
      ["blobs", () => createNodeBlobStore(join(disk, "blobs"), { transfer }).put(digestOf(LARGE), streamOf([LARGE]))],
      ["blobs", () => createNodeBlobStore(join(disk, "blobs"), { transfer }).put(digestOf(LARGE), bytesOf(LARGE))],
      ["directory", () => createNodeDirectory(join(disk, "directory"), { transfer }).put("a/b", streamOf([LARGE]))],
      [
        "stage",
        () => createNodeStage(join(disk, "stage"), { transfer, hasher }).take(streamOf([LARGE]), { owner: {}, keep: true }),
      ],
    ]
    for (const [place, attempt] of attempts) {
      const error = await failure(attempt())
      expect(error.message).toContain("the disk is full")
      expect(error.message).toContain(join(disk, place))
      expect((error.cause as { code: string }).code).toBe("ENOSPC")
      expect(filesBelow(disk)).toEqual([])
    }
    const blobs = createNodeBlobStore(join(disk, "blobs"), { transfer })
    expect(await blobs.put(digestOf(SMALL), bytesOf(SMALL))).toBe("stored")
  })

  test("small files and records too", async (context) => {
    const disk = await smallDisk(64 * 1024)
    if (disk === undefined) return context.skip("mounting a small file system needs root")
    const blobs = createNodeBlobStore(join(disk, "blobs"), { transfer: newTransfer(), durable: false })
    const fill = async () => {
      for (let seed = 0; ; seed++) await blobs.put(digestOf(sampleBytes(5000, seed)), bytesOf(sampleBytes(5000, seed)))
    }
    expect((await failure(fill())).message).toContain("the disk is full")
    const records = createNodeRecordStore(join(disk, "records"))
    await failure(records.put("a/b", "x".repeat(30_000), null))
    expect(await records.get("a/b")).toBeUndefined()
    const listed = await toArray(blobs.list())
    expect(listed.length).toBeGreaterThan(3)
    expect(filesBelow(join(disk, "blobs", "tmp"))).toEqual([])
    await blobs.delete(listed[0]!.digest)
    await blobs.delete(listed[1]!.digest)
    expect(await records.put("a/b", "fits", null)).toBeDefined()
  })
})

describe("no permission", () => {
  test("is a StorageError that names the place", async () => {
    const directory = await temporaryDirectory()
    chmodSync(directory, 0o555)
    // Root may write everywhere.
    const child = startChild(["forbidden", join(directory, "below")], process.getuid?.() === 0 ? { uid: 65534 } : {})
    await child.ended
    expect(child.lines).toHaveLength(3)
    for (const line of child.lines) {
      expect(line).toMatch(/^STORAGE .*no permission/)
      expect(line).toContain(directory)
    }
  })

  test("a read-only file system", async (context) => {
    const disk = await smallDisk(1024 * 1024)
    if (disk === undefined) return context.skip("mounting a file system needs root")
    const blobs = createNodeBlobStore(disk, { transfer: newTransfer() })
    await blobs.put(digestOf(SMALL), bytesOf(SMALL))
    execFileSync("mount", ["-o", "remount,ro", disk])
    const error = await failure(blobs.put(digestOf(LARGE), bytesOf(LARGE)))
    expect(error.message).toContain("read-only")
    expect(error.message).toContain(disk)
    expect(await (await blobs.get(digestOf(SMALL)))!.bytes!()).toEqual(SMALL)
  })
})

test("a place below which nothing can be made is an error, and does not keep this program busy for ever", async (context) => {
  if (!existsSync("/proc/self")) return context.skip("this system has no /proc")
  const child = startChild(["forbidden", "/proc/isofact/below"])
  const killer = setTimeout(() => child.process.kill("SIGKILL"), 20_000)
  await child.ended
  clearTimeout(killer)
  expect(child.lines).toHaveLength(3)
  for (const line of child.lines) expect(line).toMatch(/^STORAGE cannot .*"\/proc\/isofact.*no such file or directory/)
})

test("a place that is not a directory is an error, not an empty store", async () => {
  const file = join(await temporaryDirectory(), "file")
  writeFileSync(file, "x")
  const transfer = newTransfer()
  await failure(createNodeBlobStore(file, { transfer }).put(digestOf(SMALL), bytesOf(SMALL)))
  await failure(createNodeRecordStore(file).put("k", 1, null))
  await failure(createNodeDirectory(file, { transfer }).put("a", bytesOf(SMALL)))
})

describe("leftovers", () => {
  // One whose process is dead for certain, and one of this process, which is not.
  const dead = () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""])
    return temporaryName().replace(/-\d+-/, `-${pid}-`)
  }

  test("of dead processes are swept, and old ones that tell nothing; not of the living, however old", async () => {
    const root = await temporaryDirectory()
    const blobs = createNodeBlobStore(root, { transfer: newTransfer() })
    await blobs.put(digestOf(SMALL), bytesOf(SMALL))
    const living = [temporaryName(), `01234567-${process.pid}-abc`, "no-name-of-ours"]
    for (const name of [dead(), ...living]) writeFileSync(join(root, "tmp", name), SMALL)
    expect(await blobs.sweep!()).toBe(SMALL.byteLength)
    expect(filesBelow(join(root, "tmp")).sort()).toEqual([...living].sort())
    const longAgo = new Date(Date.now() - 61 * 60 * 1000)
    for (const name of living) utimesSync(join(root, "tmp", name), longAgo, longAgo)
    expect(await blobs.sweep!()).toBe(2 * SMALL.byteLength)
    expect(filesBelow(join(root, "tmp"))).toEqual([living[0]])
  })

  test("a stage sweeps the folders of dead processes, and keeps what it holds itself", async () => {
    const root = await temporaryDirectory()
    const stage = createNodeStage(root, { transfer: newTransfer(), hasher })
    const staged = await stage.take(bytesOf(SMALL), { owner: {}, keep: true })
    mkdirSync(join(root, dead()))
    const folder = dead()
    mkdirSync(join(root, folder))
    writeFileSync(join(root, folder, "1"), LARGE)
    expect(await stage.sweep()).toBe(LARGE.byteLength)
    expect(filesBelow(root)).toHaveLength(1)
    expect(await staged.content.bytes!()).toEqual(SMALL)
  })

  test("names of other machines mean nothing here", () => {
    expect(temporaryName()).not.toBe(temporaryName())
    expect(hostname().length === 0 || !temporaryName().includes(hostname())).toBe(true)
  })
})

describe("files on disk", () => {
  test("a staged file is linked into the blob store, not copied, and both are read-only", async () => {
    const root = await temporaryDirectory()
    const transfer = newTransfer()
    const blobs = createNodeBlobStore(join(root, "blobs"), { transfer })
    const stage = createNodeStage(join(root, "stage"), { transfer, hasher })
    const owner = {}
    for (const bytes of [SMALL, LARGE]) {
      const { digest, content } = await stage.take(streamOf([bytes]), { owner, keep: true })
      expect(await blobs.put(digest, content)).toBe("stored")
      const stored = (await blobs.get(digest))!.path!
      expect(statSync(stored).ino).toBe(statSync(content.path!).ino)
      expect(statSync(stored).mode & 0o222).toBe(0)
    }
    await stage.release(owner)
    expect(readFileSync((await blobs.get(digestOf(LARGE)))!.path!).equals(LARGE)).toBe(true)
    expect(filesBelow(join(root, "stage"))).toEqual([])
  })

  test("the caller's own file is never linked", async () => {
    const root = await temporaryDirectory()
    const transfer = newTransfer()
    writeFileSync(join(root, "mine"), SMALL)
    const stage = createNodeStage(join(root, "stage"), { transfer, hasher })
    const blobs = createNodeBlobStore(join(root, "blobs"), { transfer })
    const file = { ...bytesOf(SMALL), path: join(root, "mine") }
    for (const keep of [true, false]) {
      const { digest, content } = await stage.take(file, { owner: {}, keep })
      await blobs.put(digest, content, { replace: true })
      expect(statSync((await blobs.get(digest))!.path!).ino).not.toBe(statSync(file.path).ino)
    }
  })

  test("layout: md5/ab/cdef… and tmp/, nothing else", async () => {
    const root = await temporaryDirectory()
    const blobs = createNodeBlobStore(root, { transfer: newTransfer() })
    await blobs.put(digestOf(new Uint8Array(0)), bytesOf(new Uint8Array(0)))
    expect(filesBelow(root)).toEqual(["md5/d4/1d8cd98f00b204e9800998ecf8427e"])
    writeFileSync(join(root, "md5", "d4", "README"), "not a blob")
    mkdirSync(join(root, "md5", "zz"))
    expect(await toArray(blobs.list())).toHaveLength(1)
  })

  test("a blob that is replaced while linked elsewhere keeps the other file whole", async () => {
    const root = await temporaryDirectory()
    const transfer = newTransfer()
    const blobs = createNodeBlobStore(join(root, "blobs"), { transfer })
    const stage = createNodeStage(join(root, "stage"), { transfer, hasher })
    const { digest, content } = await stage.take(bytesOf(SMALL), { owner: {}, keep: true })
    await blobs.put(digest, content)
    expect(await blobs.put(digest, content, { replace: true })).toBe("stored")
    expect(await content.bytes!()).toEqual(SMALL)
    expect(filesBelow(join(root, "blobs", "tmp"))).toEqual([])
  })

  test("directories that somebody removed are made again", async () => {
    const root = await temporaryDirectory()
    const blobs = createNodeBlobStore(join(root, "blobs"), { transfer: newTransfer() })
    await blobs.put(digestOf(SMALL), bytesOf(SMALL))
    execFileSync("rm", ["-rf", join(root, "blobs", "md5")])
    expect(await blobs.get(digestOf(SMALL))).toBeUndefined()
    expect(await blobs.put(digestOf(SMALL), bytesOf(SMALL))).toBe("stored")
  })

  test("flush resolves, also for blobs removed in the meantime and many at once", async () => {
    const root = await temporaryDirectory()
    const blobs = createNodeBlobStore(root, { transfer: newTransfer() })
    await blobs.flush()
    const all = Array.from({ length: 600 }, (_, seed) => sampleBytes(10, seed))
    await Promise.all(all.map((bytes) => blobs.put(digestOf(bytes), bytesOf(bytes))))
    await blobs.delete(digestOf(all[0]!))
    await Promise.all([blobs.flush(), blobs.flush()])
  })
})

test("a source that is no regular file is refused at once", async () => {
  const root = await temporaryDirectory()
  const pipe = join(root, "pipe")
  execFileSync("mkfifo", [pipe])
  const transfer = newTransfer()
  for (const path of [pipe, root, join(root, "absent"), tmpdir()]) {
    const error = await transfer.transfer({ from: path }).catch((reason) => reason)
    expect(isArtifactError(error) && error.code).toBe("STORAGE")
    expect(error.message).toContain(path)
  }
  expect(existsSync(pipe)).toBe(true)
  symlinkSync("absent", join(root, "dangling"))
  await failure(transfer.transfer({ from: join(root, "dangling") }))
  linkSync(pipe, join(root, "other-name"))
})
