import { appendFileSync, chmodSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { DigestMismatchError, StorageError } from "../../src/errors.ts"
import type { Content } from "../../src/ports.ts"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { openNodeFile } from "../../src/storage/node-fs-open.ts"
import { createNodeStage } from "../../src/storage/node-fs-stage.ts"
import { bytesOf, digestOf, expectBytes, readBytes, sampleBytes, streamOf } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"

const SIZES = [0, 5000, 3 * 1024 * 1024]

async function setUp(size = 5000) {
  const root = await temporaryDirectory()
  const transfer = newTransfer()
  const blobs = createNodeBlobStore(join(root, "blobs"), { transfer })
  const stage = createNodeStage(join(root, "stage"), { transfer, hasher, known: [blobs] })
  const path = join(root, "source.bin")
  const bytes = sampleBytes(size)
  writeFileSync(path, bytes)
  const content = await openNodeFile(path, { slices: transfer.slices })
  return { root, blobs, stage, path, bytes, content, owner: {} }
}

describe.each(SIZES)("a file of %i bytes", (size) => {
  test("kept: a snapshot, which later changes do not reach", async () => {
    const { root, stage, path, bytes, content, owner } = await setUp(size)
    const staged = await stage.take(content, { owner, keep: true })
    writeFileSync(path, "changed")
    expect(staged).toMatchObject({ digest: digestOf(bytes), size })
    expectBytes(await readBytes(staged.content.stream()), bytes)
    expect(staged.content).toMatchObject({ stability: "frozen", name: "source.bin" })
    expect(filesBelow(join(root, "stage"))).toHaveLength(1)
    await stage.release(owner)
    expect(filesBelow(join(root, "stage"))).toEqual([])
  })

  test("not kept: read where it is, and nothing is copied", async () => {
    const { root, blobs, stage, path, bytes, content, owner } = await setUp(size)
    const staged = await stage.take(content, { owner, keep: false })
    expect(staged).toMatchObject({ digest: digestOf(bytes), size, content: { path } })
    expect(filesBelow(join(root, "stage"))).toEqual([])
    expectBytes(await readBytes(staged.content.stream()), bytes)
    expectBytes(await staged.content.bytes!(), bytes)
    expect(await blobs.put(staged.digest, staged.content)).toBe("stored")
  })

  test("that a known store has: not copied, whatever it is", async () => {
    const { root, blobs, stage, bytes, content, owner } = await setUp(size)
    await blobs.put(digestOf(bytes), bytesOf(bytes))
    const sources: Content[] = [content, bytesOf(bytes), streamOf([bytes])]
    for (const source of sources) {
      const staged = await stage.take(source, { owner, keep: true })
      expect(staged.content.path).toBe((await blobs.get(digestOf(bytes)))!.path)
      expect(staged.content.name).toBe(source.name ?? staged.content.path)
      expect(filesBelow(join(root, "stage"))).toEqual([])
    }
    await stage.release(owner)
    expectBytes(await readBytes((await blobs.get(digestOf(bytes)))!.stream()), bytes)
  })
})

describe("what a known store has may be rotten, so there is another way to the bytes", () => {
  test.each(SIZES.slice(1))("a file of %i bytes, as long as it does not change", async (size) => {
    const { blobs, stage, path, bytes, content, owner } = await setUp(size)
    await blobs.put(digestOf(bytes), bytesOf(bytes))
    const { alternative } = await stage.take(content, { owner, keep: true })
    expect(alternative).toMatchObject({ path, name: "source.bin", size })
    expectBytes(await readBytes(alternative!.stream()), bytes)
    const rotten = (await blobs.get(digestOf(bytes)))!.path!
    chmodSync(rotten, 0o644)
    writeFileSync(
      rotten,
      bytes.map((byte) => byte ^ 1),
    )
    expect(await blobs.put(digestOf(bytes), alternative!, { replace: true })).toBe("stored")
    expectBytes(readFileSync((await blobs.get(digestOf(bytes)))!.path!), bytes)
    appendFileSync(path, "more")
    await expect(readBytes(alternative!.stream())).rejects.toThrow(DigestMismatchError)
    await expect(blobs.put(digestOf(bytes), alternative!, { replace: true })).rejects.toThrow(DigestMismatchError)
  })

  test("not of what can be read once, and not of a snapshot", async () => {
    const { blobs, stage, bytes, content, owner } = await setUp()
    expect((await stage.take(content, { owner, keep: true })).alternative).toBeUndefined()
    await blobs.put(digestOf(bytes), bytesOf(bytes))
    expect((await stage.take(streamOf([bytes]), { owner, keep: true })).alternative).toBeUndefined()
  })
})

test("a known store is freshened, so that a collection does not take what a draft counts on", async () => {
  const { blobs, stage, bytes, content, owner } = await setUp()
  await blobs.put(digestOf(bytes), bytesOf(bytes))
  const file = (await blobs.get(digestOf(bytes)))!.path!
  utimesSync(file, new Date(1e9), new Date(1e9))
  await stage.take(content, { owner, keep: true })
  expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 60_000)
})

const OLD_TIME = "changed with its old time set again"

describe("a file that was added as it is and then changed", () => {
  const changes: [string, (path: string, bytes: Uint8Array) => void][] = [
    [
      "overwritten, same size",
      (path, bytes) =>
        writeFileSync(
          path,
          bytes.map((byte) => byte ^ 1),
        ),
    ],
    ["appended to", (path) => appendFileSync(path, "more")],
    ["cut short", (path) => truncateSync(path, 10)],
    [
      "replaced",
      (path, bytes) => {
        rmSync(path)
        writeFileSync(
          path,
          bytes.map((byte) => byte ^ 1),
        )
      },
    ],
    [
      OLD_TIME,
      (path, bytes) => {
        const { atime, mtime } = statSync(path)
        writeFileSync(
          path,
          bytes.map((byte) => byte ^ 1),
        )
        utimesSync(path, atime, mtime)
      },
    ],
  ]

  // Deno tells the time of the last change in whole seconds; such a change is then noticed only by its digest, when it is stored.
  const noticed = changes.filter(([name]) => name !== OLD_TIME || !("Deno" in globalThis))
  test.each(noticed)("%s: reading and storing it fail and say what to do", async (_, change) => {
    const { blobs, stage, path, bytes, content, owner } = await setUp()
    // A whole millisecond, which is what utimes can set again.
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    const staged = await stage.take(content, { owner, keep: false })
    change(path, bytes)
    for (const use of [
      () => readBytes(staged.content.stream()),
      () => staged.content.bytes!(),
      () => blobs.put(staged.digest, staged.content),
    ]) {
      const error = await use().catch((reason) => reason)
      expect(error).toBeInstanceOf(DigestMismatchError)
      expect(error.message).toContain(path)
      expect(error.message).toContain('policy: "mutable"')
    }
    expect(await blobs.get(staged.digest)).toBeUndefined()
  })

  test("its mode or links alone are no change", async () => {
    const { blobs, stage, path, bytes, content, owner } = await setUp()
    const staged = await stage.take(content, { owner, keep: false })
    chmodSync(path, 0o600)
    expectBytes(await readBytes(staged.content.stream()), bytes)
    expectBytes(await staged.content.bytes!(), bytes)
    expect(await blobs.put(staged.digest, staged.content)).toBe("stored")
  })

  test("removed: a StorageError that names it", async () => {
    const { blobs, stage, path, content, owner } = await setUp()
    const staged = await stage.take(content, { owner, keep: false })
    rmSync(path)
    for (const use of [
      () => readBytes(staged.content.stream()),
      () => staged.content.bytes!(),
      () => blobs.put(staged.digest, staged.content),
    ]) {
      const error = await use().catch((reason) => reason)
      expect(error).toBeInstanceOf(StorageError)
      expect(error.message).toContain(path)
    }
  })
})

test("500 files at once, some the same, released together", async () => {
  const { root, stage, blobs, owner } = await setUp()
  const all = Array.from({ length: 500 }, (_, seed) => sampleBytes(2000, seed % 400))
  const staged = await Promise.all(all.map((bytes) => stage.take(bytesOf(bytes), { owner, keep: true })))
  await Promise.all(staged.map(({ digest, content }) => blobs.put(digest, content)))
  for (const [at, { digest }] of staged.entries()) {
    expect(digest).toBe(digestOf(all[at]!))
    expect(readFileSync((await blobs.get(digest))!.path!).equals(all[at]!)).toBe(true)
  }
  await stage.release(owner)
  expect(filesBelow(join(root, "stage"))).toEqual([])
})
