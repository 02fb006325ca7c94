import { posix, win32 } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { baseName, comparePaths, entryPath, joinEntryPath } from "../../src/core/path.ts"
import { InvalidArgumentError } from "../../src/errors.ts"
import { troublesomeText, validPath } from "./arbitraries.ts"

describe("entryPath", () => {
  test.each([
    ["a", "a"],
    ["./a", "a"],
    ["a//b/", "a/b"],
    ["a/./b", "a/b"],
    ["./x//y/./z.txt", "x/y/z.txt"],
    ["..a", "..a"],
    ["...", "..."],
    [".hidden", ".hidden"],
    ["a\\b", "a\\b"],
    ["x/\\y", "x/\\y"],
    ["ab:c", "ab:c"],
    ["a/C:x", "a/C:x"],
    ["é:b", "é:b"],
    ["1:x", "1:x"],
    [":x", ":x"],
    ["🎈:b", "🎈:b"],
    [" ", " "],
    ["~", "~"],
    ["a\nb", "a\nb"],
    ["e\u0301", "e\u0301"],
    ["CON", "CON"],
    ["__proto__", "__proto__"],
  ])("%j is %j, as in Python", (text, path) => expect(entryPath(text)).toBe(path))

  const refused = [
    "",
    ".",
    "./",
    "/x",
    "//x",
    "///x",
    "//?/C:/x",
    "..",
    "a/..",
    "a/../b",
    "\\a",
    "\\\\a\\b\\c",
    "\\\\?\\C:\\x",
    "a\\..\\b",
  ]
  test.each([...refused, "a\\..", "..\\a", "a/\\..\\b", "x\\../y", "C:x", "C:", "a:b", "./C:x", ".//a:b", "./\\x"])(
    "%j is refused, as in Python",
    (text) => expect(() => entryPath(text)).toThrow(InvalidArgumentError),
  )

  test.each(["a\0b", "\ud800", "a\udc00b", "\ud83c/\udf88", undefined, null, 1, {}, ["a"]])("%j is refused, here only", (text) => {
    expect(() => entryPath(text, "options.name")).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", details: { argument: "options.name" } }),
    )
  })

  test("the message names the argument and the value, and cannot repaint a terminal", () => {
    expect(() => entryPath("../\u001b[2J\u202e", "options.name")).toThrow(
      'options.name has a ".." component: "../\\u001b[2J\\u{202e}". An artifact has nothing above its root.',
    )
    expect(() => entryPath(`/${"x".repeat(500)}`)).toThrow(/^.{80,220}$/)
  })

  test("property: what it returns stays inside a root, under both systems' rules", () => {
    const check = (text: string) => {
      const path = entryPath(text)
      for (const found of [posix.resolve("/some/root", path), posix.join("/some/root", path)]) {
        expect(`${found}/`.startsWith("/some/root/")).toBe(true)
      }
      // To Windows a name such as `.\\` is the root itself, which no file can replace.
      for (const found of [win32.resolve("Q:\\some\\root", path), win32.join("Q:\\some\\root", path)]) {
        expect(`${found}\\`.startsWith("Q:\\some\\root\\")).toBe(true)
      }
    }
    fc.assert(
      fc.property(troublesomeText, (text) => {
        try {
          check(text)
        } catch (error) {
          if (!(error instanceof InvalidArgumentError)) throw error
        }
      }),
      { numRuns: 3000 },
    )
  })

  test("property: what it returns, it returns again, and a tidy path is returned as it is", () => {
    fc.assert(
      fc.property(validPath, (path) => {
        expect(entryPath(path)).toBe(path)
      }),
    )
    fc.assert(
      fc.property(validPath, (path) => {
        expect(entryPath(`./${path.replaceAll("/", "/.//")}/`)).toBe(path)
      }),
    )
  })
})

describe("comparePaths", () => {
  test("property: the order of UTF-8 bytes", () => {
    const bytes = (a: string, b: string) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    fc.assert(
      fc.property(validPath, validPath, (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(bytes(a, b))
      }),
      { numRuns: 2000 },
    )
  })

  test("differs from the engine's where it must", () => {
    const paths = ["\u{1f600}", "\uff5e", "a"]
    expect(paths.toSorted(comparePaths)).toEqual(["a", "\uff5e", "\u{1f600}"])
    expect(paths.toSorted()).toEqual(["a", "\u{1f600}", "\uff5e"])
  })
})

test("baseName", () => {
  expect(["a/b.txt", "b.txt", "a\\b"].map(baseName)).toEqual(["b.txt", "b.txt", "a\\b"])
})

test("joinEntryPath", () => {
  expect(joinEntryPath("", "a")).toBe("a")
  expect(joinEntryPath(".", "a/b")).toBe("a/b")
  expect(joinEntryPath("x/./y/", "a")).toBe("x/y/a")
  for (const [directory, path] of [
    ["..", "a"],
    ["x", "../a"],
    ["x", "/a"],
    ["/x", "a"],
    ["x", ""],
  ] as const) {
    expect(() => joinEntryPath(directory, path)).toThrow(InvalidArgumentError)
  }
  expect(() => joinEntryPath(undefined as never, "a")).toThrow(InvalidArgumentError)
})
