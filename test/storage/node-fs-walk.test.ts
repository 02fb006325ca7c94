import { execFileSync } from "node:child_process"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, test } from "vitest"
import { InvalidArgumentError, StorageError } from "../../src/errors.ts"
import type { WalkOptions } from "../../src/ports.ts"
import { localPath, openNodeFile } from "../../src/storage/node-fs-open.ts"
import { createSlices } from "../../src/storage/node-fs-slices.ts"
import { walkNodeDirectory } from "../../src/storage/node-fs-walk.ts"
import { fired, readBytes, toArray } from "../contracts/content.ts"
import { temporaryDirectory } from "./helpers.ts"

const slices = createSlices()
const walk = async (root: string | URL, options: WalkOptions = {}): Promise<string[]> =>
  (await toArray(walkNodeDirectory(root, { ...options, slices }))).map(([path]) => path).sort()

async function tree(...paths: string[]): Promise<string> {
  const root = await temporaryDirectory()
  for (const path of paths) {
    mkdirSync(join(root, path, ".."), { recursive: true })
    writeFileSync(join(root, path), path)
  }
  return root
}

describe("walk", () => {
  test("every file, as entry path and content that can be read", async () => {
    const paths = ["a", "b/c", "b/d/e.txt", "ü/😀", ".hidden/.x", "b/\ufffd"]
    const root = await tree(...paths)
    mkdirSync(join(root, "empty", "too"), { recursive: true })
    expect(await walk(root)).toEqual([...paths].sort())
    expect(await walk(pathToFileURL(root))).toEqual([...paths].sort())
    for await (const [path, content] of walkNodeDirectory(root, { slices })) {
      expect(content).toMatchObject({ stability: "volatile", path: join(root, path) })
      expect(new TextDecoder().decode(await readBytes(content.stream()))).toBe(path)
    }
  })

  test("what registries keep is left out, at any depth; a file of that name is only a file", async () => {
    const root = await tree("a", ".isofact/api-key", "b/.isofact/records/x", "c/.isofact")
    mkdirSync(join(root, "d"))
    symlinkSync("../.isofact", join(root, "d", ".isofact"))
    expect(await walk(root)).toEqual(["a", "c/.isofact"])
  })

  test("nor does a link of another name lead there", async () => {
    const root = await tree("a", "tree/b", "tree/.isofact/api-key", "tree/.isofact/records/x", "c/.isofact")
    const links = { home: ".isofact", deep: ".isofact/records", key: ".isofact/api-key", chain: "key", file: "../c/.isofact" }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, "tree", name))
    symlinkSync("tree", join(root, "d"))
    const found = ["a", "c/.isofact", "d/b", "d/file", "tree/b", "tree/file"]
    expect(await walk(root)).toEqual(found)
    expect(await walk(root, { links: "files" })).toEqual(["a", "c/.isofact", "tree/b", "tree/file"])
  })

  test("nor in another case, which many file systems take for the same", async () => {
    const root = await tree("a", ".ISOFACT/api-key", "b/.Isofact/x")
    expect(await walk(root)).toEqual(["a"])
  })

  test("a folder in such a home, given as such, is walked with its links; those to the rest of that home, or into another, lead nowhere", async () => {
    const root = await tree(".isofact/api-key", ".isofact/data/a", ".isofact/data/.isofact/key")
    const data = join(root, ".isofact", "data")
    for (const [name, target] of Object.entries({ b: "a", key: "../api-key", own: ".isofact/key" }))
      symlinkSync(target, join(data, name))
    expect(await walk(data)).toEqual(["a", "b"])
  })

  test("what `ignore` leaves out may be anything", async () => {
    const root = await tree("a", "b/c", "b/d")
    symlinkSync("nowhere", join(root, "broken"))
    execFileSync("mkfifo", [join(root, "pipe")])
    expect(await walk(root, { ignore: (path) => ["b/d", "broken", "pipe"].includes(path) })).toEqual(["a", "b/c"])
  })

  describe("links", () => {
    const linked = async () => {
      const root = await tree("real/x", "real/deep/y", "z")
      symlinkSync("../z", join(root, "real", "file-link"))
      symlinkSync("real", join(root, "dir-link"))
      return root
    }
    const real = ["real/deep/y", "real/x", "z"]

    test("are followed", async () => {
      const all = ["dir-link/deep/y", "dir-link/file-link", "dir-link/x", ...real, "real/file-link"]
      expect(await walk(await linked())).toEqual([...all].sort())
      expect(await walk(await linked(), { links: "follow" })).toEqual([...all].sort())
    })

    test("to files only, skipped, or refused", async () => {
      expect(await walk(await linked(), { links: "files" })).toEqual([...real, "real/file-link"].sort())
      expect(await walk(await linked(), { links: "skip" })).toEqual(real)
      await expect(walk(await linked(), { links: "error" })).rejects.toThrow(InvalidArgumentError)
    })

    test.each([
      ["up", "..", "a/b/up"],
      ["to the root", "../..", "a/b/up"],
      ["to themselves", ".", "a/b/up"],
    ])("in a circle (%s) are an error that names the link", async (_, target, at) => {
      const root = await tree("a/b/c")
      symlinkSync(target, join(root, at))
      await expect(walk(root)).rejects.toThrow(StorageError)
      await expect(walk(root)).rejects.toThrow(join(root, at))
      expect(await walk(root, { links: "skip" })).toEqual(["a/b/c"])
    })

    test("that lead into each other in turn are an error too", async () => {
      const root = await tree("a/x", "b/x")
      symlinkSync("../b", join(root, "a", "to-b"))
      symlinkSync("../a", join(root, "b", "to-a"))
      await expect(walk(root)).rejects.toThrow(/circle/)
    })

    test("to the same place twice are no circle", async () => {
      const root = await tree("real/x")
      symlinkSync("real", join(root, "one"))
      symlinkSync("real", join(root, "two"))
      expect(await walk(root)).toEqual(["one/x", "real/x", "two/x"])
    })

    test("to nowhere", async () => {
      const root = await tree("a")
      symlinkSync("nowhere", join(root, "broken"))
      await expect(walk(root)).rejects.toThrow(/does not exist/)
      symlinkSync("loop", join(root, "loop"))
      await expect(walk(root, { ignore: (path) => path === "broken" })).rejects.toThrow(/circle/)
    })
  })

  test("a pipe is an error", async () => {
    const root = await tree("a")
    execFileSync("mkfifo", [join(root, "pipe")])
    await expect(walk(root)).rejects.toThrow(/pipe, socket or device/)
  })

  // Deno gives such names as text only, whatever is asked for.
  test.skipIf("Deno" in globalThis)("a name that is not UTF-8 is an error (Deno does not show them)", async () => {
    const root = await tree("a")
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.of(0xff)]), "x")
    await expect(walk(root)).rejects.toThrow(/not UTF-8/)
  })

  test("what is no directory", async () => {
    const root = await tree("a")
    await expect(walk(join(root, "a"))).rejects.toThrow(/use addFile/)
    await expect(walk(join(root, "absent"))).rejects.toThrow(InvalidArgumentError)
    await expect(walk("")).rejects.toThrow(InvalidArgumentError)
    await expect(walk("a\0b")).rejects.toThrow(InvalidArgumentError)
    await expect(walk(new URL("https://host/dir?token=secret"))).rejects.toThrow(InvalidArgumentError)
  })

  test("abort", async () => {
    const { signal, reason } = fired()
    await expect(walk(await tree("a"), { signal })).rejects.toBe(reason)
    const controller = new AbortController()
    const files = walkNodeDirectory(await tree("a", "b", "c"), { slices, signal: controller.signal })
    await files.next()
    controller.abort("enough")
    await expect(files.next()).rejects.toBe("enough")
  })
})

describe("open", () => {
  test("a path, relative or absolute, and a file: URL as text or object", async () => {
    const root = await tree("a b.txt")
    const path = join(root, "a b.txt")
    for (const given of [path, pathToFileURL(path), String(pathToFileURL(path))]) {
      const content = await openNodeFile(given, { slices })
      expect(content).toMatchObject({ path, size: 7, stability: "volatile" })
      expect(new TextDecoder().decode(await content.bytes!())).toBe("a b.txt")
    }
    expect(localPath("x/../y")).toBe(join(process.cwd(), "y"))
  })

  test("what is no file is an InvalidArgumentError that says what it is", async () => {
    const root = await tree("a")
    execFileSync("mkfifo", [join(root, "pipe")])
    const cases = [
      [root, /use addDir/],
      [join(root, "absent"), /does not exist/],
      [join(root, "a", "b"), /does not exist/],
      [join(root, "pipe"), /not a regular file/],
      ["", /local path/],
    ] as const
    for (const [path, message] of cases) {
      const error = await openNodeFile(path, { slices, argument: "source" }).catch((reason) => reason)
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(error.message).toMatch(message)
      expect(error.details.argument).toBe("source")
    }
    const error = await openNodeFile(new URL("https://host/x?token=secret"), { slices }).catch((reason) => reason)
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error.message).not.toContain("secret")
  })
})
