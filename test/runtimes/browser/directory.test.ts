/** Downloads into a folder that was picked: permission, names, and files that a platform takes for one. */
import { afterEach, describe, expect, test } from "vitest"
import { createBrowserPlatform } from "../../../src/doors/browser.ts"
import { StorageError } from "../../../src/errors.ts"
import { createHandleDirectory } from "../../../src/storage/handle-directory.ts"
import { bytesOf, digestOf, sampleBytes, stalled, toArray } from "../../contracts/content.ts"
import { filesBelow, hashBlob, hasher, newFolder, removePlaces, writeFile } from "./places.ts"

const BYTES = sampleBytes(2000, 41)

afterEach(removePlaces)

const failure = (work: Promise<unknown>) => work.then(() => undefined).catch((error: Error) => error)

/** A real folder whose answers to some questions are other than they were. */
function altered(folder: FileSystemDirectoryHandle, changes: Record<string, unknown>): FileSystemDirectoryHandle {
  return new Proxy(folder, {
    get(target, key) {
      const value = key in changes ? changes[key as string] : Reflect.get(target, key)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}

describe("permission", () => {
  test.each([
    ["denied", "denied"],
    ["prompt", "denied"],
  ])("%s, then %s: a StorageError with the way out, and nothing is written", async (known, answer) => {
    const folder = await newFolder()
    const handle = altered(folder, { queryPermission: async () => known, requestPermission: async () => answer })
    const directory = createHandleDirectory(handle, { hasher, name: "Pictures" })
    for (const error of [await failure(directory.put("a", bytesOf(BYTES))), await failure(directory.remove("a"))]) {
      expect(error).toBeInstanceOf(StorageError)
      expect(error!.message).toContain('"Pictures"')
      expect(error!.message).toContain("requestPermission")
    }
    expect(await filesBelow(folder)).toEqual([])
  })

  test("asked for outside of a click", async () => {
    const refuse = async () => {
      throw new DOMException("User activation is required", "SecurityError")
    }
    const handle = altered(await newFolder(), { queryPermission: async () => "prompt", requestPermission: refuse })
    const error = await failure(createHandleDirectory(handle, { hasher }).put("a", bytesOf(BYTES)))
    expect(error).toBeInstanceOf(StorageError)
    expect(error!.message).toContain("in a click")
  })

  test("granted when asked: once for all files, and again after a refusal", async () => {
    const answers = ["denied", "granted"]
    let asked = 0
    const handle = altered(await newFolder(), {
      queryPermission: async () => "prompt",
      requestPermission: async () => answers[asked++],
    })
    const directory = createHandleDirectory(handle, { hasher })
    await failure(directory.put("a", bytesOf(BYTES)))
    for (const path of ["a", "b", "c"]) await directory.put(path, bytesOf(BYTES))
    expect(asked).toBe(2)
  })
})

describe("the home of a registry", () => {
  test.each([".isofact", "deep/.isofact"])("%s: nothing in it is written or removed", async (home) => {
    const folder = await newFolder()
    await writeFile(folder, `${home}/records/x`, "record")
    const directory = createHandleDirectory(folder, { hasher })
    for (const act of [
      () => directory.put(`${home}/records/x`, bytesOf(BYTES)),
      () => directory.put(`${home}/new`, bytesOf(BYTES)),
      () => directory.remove(`${home}/records/x`),
    ]) {
      const error = await failure(act())
      expect(error).toBeInstanceOf(StorageError)
      expect(error!.message).toContain(`"${home}/`)
    }
    expect(await filesBelow(folder)).toEqual([`${home}/records/x`])
    await directory.put("a", bytesOf(BYTES))
    expect(await toArray(directory.list())).toEqual([{ path: "a", size: 2000 }])
  })

  test("is no folder to download into", async () => {
    const home = await (await newFolder()).getDirectoryHandle(".isofact", { create: true })
    await writeFile(home, "x", "record")
    const directory = createHandleDirectory(home, { hasher })
    for (const act of [() => directory.put("new", bytesOf(BYTES)), () => directory.remove("x")]) {
      expect((await failure(act()))?.message).toContain("choose another")
    }
    expect(await filesBelow(home)).toEqual(["x"])
  })

  test("is none where there was none: a version that holds such a folder is written whole", async () => {
    const folder = await newFolder()
    const directory = createHandleDirectory(folder, { hasher })
    await Promise.all([".isofact/a", ".isofact/b/c"].map((path) => directory.put(path, bytesOf(BYTES))))
    await directory.put(".isofact/d", bytesOf(BYTES))
    await directory.remove(".isofact/a")
    expect(await filesBelow(folder)).toEqual([".isofact/b/c", ".isofact/d"])
  })
})

test.each(["../up", "a/../../b", "a/./b", "a//b"])("%s: the platform's refusal is a StorageError that names it", async (path) => {
  const folder = await newFolder()
  const directory = createHandleDirectory(folder, { hasher })
  for (const error of [await failure(directory.put(path, bytesOf(BYTES))), await failure(directory.open(path))]) {
    expect(error).toBeInstanceOf(StorageError)
    expect(error!.message).toContain(path)
  }
  expect(await filesBelow(folder)).toEqual([])
})

test("paths that are one file to the platform do not overwrite each other", async () => {
  const folder = await newFolder()
  const lower = (name: string) => name.toLowerCase()
  const folding = altered(folder, {
    getFileHandle: (name: string, options: object) => folder.getFileHandle(lower(name), options),
    getDirectoryHandle: (name: string, options: object) => folder.getDirectoryHandle(lower(name), options),
  })
  const directory = createHandleDirectory(folding, { hasher })
  const [first, second] = await Promise.all([
    failure(directory.put("a.txt", bytesOf(BYTES))),
    failure(directory.put("A.txt", bytesOf(BYTES.slice(1)))),
  ])
  expect(first).toBeUndefined()
  expect(second).toBeInstanceOf(StorageError)
  expect(second!.message).toContain("one file")
  expect(await directory.digest("a.txt")).toMatchObject({ digest: digestOf(BYTES) })
  await directory.put("d/x", bytesOf(BYTES))
  expect(await failure(directory.put("D/x", bytesOf(BYTES)))).toBeInstanceOf(StorageError)
  await directory.remove("a.txt")
  expect(await failure(directory.put("A.txt", bytesOf(BYTES)))).toBeUndefined()
})

test("where they are two files both are written", async () => {
  const directory = createHandleDirectory(await newFolder(), { hasher })
  await directory.put("a/x.txt", bytesOf(BYTES))
  await directory.put("A/x.txt", bytesOf(BYTES.slice(1)))
  expect(await directory.digest("a/x.txt")).toMatchObject({ size: 2000 })
  expect(await directory.digest("A/x.txt")).toMatchObject({ size: 1999 })
})

test("folders made for a file that never came are gone", async () => {
  const folder = await newFolder()
  const directory = createHandleDirectory(folder, { hasher })
  const controller = new AbortController()
  setTimeout(() => controller.abort("enough"), 50)
  await expect(directory.put("a/b/c", stalled(BYTES), { signal: controller.signal })).rejects.toBe("enough")
  expect(await toArray(folder.keys())).toEqual([])
})

test("bytes on their way are not listed as a file of another name", async () => {
  const folder = await newFolder()
  const directory = createHandleDirectory(folder, { hasher, hashBlob })
  await directory.put("there", bytesOf(BYTES))
  const controller = new AbortController()
  const writing = failure(directory.put("coming", stalled(BYTES), { signal: controller.signal }))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const listed = await toArray(directory.list())
  expect(listed.map(({ path }) => path).filter((path) => path !== "coming")).toEqual(["there"])
  controller.abort()
  await writing
  expect(await directory.digest("there")).toEqual({ digest: digestOf(BYTES), size: BYTES.byteLength })
})

test("the platform opens a path in OPFS, or a handle", async () => {
  const platform = createBrowserPlatform()
  const folder = await newFolder()
  const root = await navigator.storage.getDirectory()
  const path = (await root.resolve(folder))!.join("/")
  for (const place of [`./${path}/sub`, `/${path}/sub`]) {
    const directory = await platform.directory(place)
    await directory.put("birds:v3/a", bytesOf(BYTES), { expect: digestOf(BYTES) })
    expect(directory.name).toBe(`${path}/sub`)
  }
  await (await platform.directory(folder)).put("b", bytesOf(BYTES))
  expect(await filesBelow(folder)).toEqual(["b", "sub/birds:v3/a"])
  await expect(platform.directory("../up")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" })
  await expect(platform.openFile("a.txt")).rejects.toMatchObject({ code: "UNSUPPORTED" })
})
