/** Where the tree has another shape than an entry path needs, the error says so as data. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { StorageError } from "../../src/errors.ts"
import type { Directory } from "../../src/ports.ts"
import { createMemoryDirectory } from "../../src/storage/memory.ts"
import { createNodeDirectory } from "../../src/storage/node-fs-directory.ts"
import { bytesOf, sampleBytes } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"

const BYTES = sampleBytes(100)

async function expectRefused<T>(work: Promise<T>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  )
  expect(error).toBeInstanceOf(StorageError)
  expect(error.details.operation).toBe("structure")
}

const kinds: [string, () => Promise<Directory>][] = [
  ["on a disk", async () => createNodeDirectory(await temporaryDirectory(), { transfer: newTransfer() })],
  ["in memory", async () => createMemoryDirectory({ hasher })],
]

describe.each(kinds)("%s", (kind, create) => {
  test("a file where a folder is needed, and a folder where a file belongs", async () => {
    const directory = await create()
    await directory.put("folder/file", bytesOf(BYTES))
    await expectRefused(directory.put("folder/file/below", bytesOf(BYTES)))
    await expectRefused(directory.put("folder", bytesOf(BYTES)))
    await expectRefused(directory.open("folder"))
    await expectRefused(directory.digest("folder"))
    if (kind === "on a disk") await expectRefused(directory.digest("folder/file/below"))
    expect(await (await directory.open("folder/file"))!.bytes!()).toEqual(BYTES)
  })
})

describe("on a disk", () => {
  async function setUp() {
    const root = await temporaryDirectory()
    return { root, directory: createNodeDirectory(root, { transfer: newTransfer() }) }
  }

  test("a symbolic link on the way", async () => {
    const { root, directory } = await setUp()
    symlinkSync(await temporaryDirectory(), join(root, "link"))
    await expectRefused(directory.digest("link/file"))
    await expectRefused(directory.put("link/file", bytesOf(BYTES)))
  })

  test("an empty folder gives way to a file", async () => {
    const { root, directory } = await setUp()
    mkdirSync(join(root, "empty"))
    await directory.put("empty", bytesOf(BYTES))
    expect(readFileSync(join(root, "empty")).equals(BYTES)).toBe(true)
  })

  test("one that holds anything does not, and nothing is left beside it", async () => {
    const { root, directory } = await setUp()
    mkdirSync(join(root, "full", "below"), { recursive: true })
    await expectRefused(directory.put("full", bytesOf(BYTES)))
    writeFileSync(join(root, "full", "below", "file"), "x")
    await expectRefused(directory.put("full", bytesOf(BYTES)))
    expect(filesBelow(root)).toEqual([join("full", "below", "file")])
  })

  test("a failure of the disk is not one of shape", async () => {
    const { directory } = await setUp()
    const error = await directory.put(`${"x".repeat(300)}`, bytesOf(BYTES)).catch((reason) => reason)
    expect(error).toBeInstanceOf(StorageError)
    expect(error.details.operation).not.toBe("structure")
  })
})
