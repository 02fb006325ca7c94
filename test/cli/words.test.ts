import { expect, test } from "vitest"
import { printable } from "../../src/cli/answer.ts"
import { createBar } from "../../src/cli/bar.ts"
import { describeFailure, Interrupted } from "../../src/cli/failure.ts"
import { formatBytes, parseBytes, parseSeconds, table } from "../../src/cli/units.ts"
import {
  ConflictError,
  DigestMismatchError,
  EntryNotFoundError,
  InvalidArgumentError,
  type ProgressEvent,
  RegistryError,
} from "../../src/index.ts"

test("sizes and times are read and written as people do", () => {
  expect([0, 999, 1000, 999_950, 1_234_567, 5e15].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.0 MB",
    "1.2 MB",
    "5.0 PB",
  ])
  expect(["1000", "5GB", "512MiB", "1.5 k", "0"].map((text) => parseBytes("--size", text))).toEqual([1000, 5e9, 2 ** 29, 1500, 0])
  expect(["45s", "90m", "12h", "30d", "1w"].map((text) => parseSeconds("--ttl", text))).toEqual([
    45, 5400, 43_200, 2_592_000, 604_800,
  ])
  for (const text of ["", "5 bananas", "-1", "1e3"]) expect(() => parseBytes("--size", text)).toThrow("--size")
  for (const text of ["", "30", "d", "-1d"]) expect(() => parseSeconds("--ttl", text)).toThrow("--ttl")
  expect(
    table([
      ["a", "b"],
      ["long", "c"],
    ]),
  ).toEqual(["a     b", "long  c"])
  expect(printable("ok ünïcode\n\u001b[0m\u2028")).toBe("ok ünïcode\\u{a}\\u{1b}[0m\\u{2028}")
})

test("every kind of failure has its exit code, and no secret in it", () => {
  const codes = [
    [new RegistryError("m"), 1],
    [new ConflictError("m"), 1],
    [new InvalidArgumentError("a", "m"), 2],
    [new EntryNotFoundError("m"), 3],
    [new DigestMismatchError("m"), 4],
    [new Interrupted("m"), 130],
    [new Error("m"), 1],
    ["text", 1],
  ] as const
  for (const [error, code] of codes) expect(describeFailure(error, []).exitCode, String(error)).toBe(code)
  const key = "abc123".repeat(4)
  const failure = describeFailure(new RegistryError(`key ${key} was refused`, { operation: `POST ${key}`, path: "p" }), [
    key,
    undefined,
  ])
  expect(JSON.stringify(failure)).not.toContain(key)
  expect(failure.json).toEqual({
    error: { code: "REGISTRY", message: "key *** was refused", details: { operation: "POST ***", path: "p" } },
  })
})

test("the bar takes what is skipped for no measure of the rest", () => {
  const drawn: string[] = []
  let time = 1000
  const bar = createBar({ columns: 200, write: (text) => drawn.push(text) }, () => time)
  const event = (bytesDone: number) => ({
    path: "a",
    fileDone: true,
    filesDone: 1,
    filesTotal: 4,
    bytesDone,
    bytesTotal: 100_000_000,
  })
  for (const bytesDone of [0, 40_000_000, 80_000_000]) {
    bar.onProgress({ type: "skip", reason: "unchanged", ...event(bytesDone) })
    time += 1000
  }
  expect(drawn.join()).not.toContain("left")
  bar.onProgress({ type: "download", ...event(82_000_000) })
  time += 1000
  bar.onProgress({ type: "download", ...event(84_000_000) })
  expect(drawn.at(-1)).toContain("1.0 MB/s  0:16 left")
})

test("what is too short for a key is no secret, and mangles no word", () => {
  expect(describeFailure(new RegistryError("too short"), ["short", "o"]).message).toBe("too short")
})

test("the bar tells files, bytes, speed and time left, on one line that it clears", () => {
  const drawn: string[] = []
  let time = 1000
  const bar = createBar({ columns: 200, write: (text) => drawn.push(text) }, () => time)
  const event = (bytesDone: number): ProgressEvent => ({
    type: "store",
    path: "a\u001b[2J",
    fileDone: false,
    filesDone: 1,
    filesTotal: 4,
    bytesDone,
    bytesTotal: 10_000_000,
  })
  bar.onProgress(event(0))
  bar.onProgress(event(1))
  expect(drawn).toHaveLength(1)
  time += 2000
  bar.onProgress(event(4_000_000))
  expect(drawn.at(-1)).toBe("\r\u001b[Kstore     1 of 4 files  4.0 MB of 10.0 MB  2.0 MB/s  0:03 left  a\\u{1b}[2J")
  bar.end()
  expect(drawn.at(-1)).toBe("\r\u001b[K")
  bar.onProgress(event(5))
  bar.end()
  expect(drawn).toHaveLength(3)
  const narrow: string[] = []
  createBar({ columns: 20, write: (text) => narrow.push(text) }).onProgress(event(0))
  expect(narrow[0]!.length).toBeLessThanOrEqual("\r\u001b[K".length + 19)
  createBar(undefined).onProgress(event(0))
})
