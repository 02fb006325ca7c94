import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content } from "../ports.ts"
import { readPythonJson } from "./python-json-read.ts"

/** What a table's file says besides its rows, as far as it was read. */
export interface TableHeader {
  readonly [name: string]: unknown
}

export interface TableReader {
  /** Calls `member` for each of the file's members but `data`, as it comes. */
  readonly header: TableHeader
  /** The next rows, as many as have come; undefined behind the last. */
  next(): Promise<unknown[][] | undefined>
  close(): Promise<void>
}

/** A row or a name of more characters than this is none. */
const MAX_VALUE = 256 * 1024 * 1024
/** What is parsed at once, in characters. */
const BATCH = 32 * 1024
const QUOTE = 34
const BACKSLASH = 92

/**
 * Reads a table's file from its beginning: members in any order, rows as they come, so that no more than a few of them are in memory.
 *
 * @throws InvalidArgumentError when it is no such file, telling the place
 */
export async function openTableFile(content: Content, path: string, options: CallOptions = {}): Promise<TableReader> {
  const reader = content.stream(options).getReader()
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  const header: { [name: string]: unknown } = {}
  let text = ""
  let at = 0
  let passed = 0
  let isOver = false
  let isInData = false

  const fail = (problem: string): never => {
    throw new InvalidArgumentError("table", `"${path}" is no table that can be read: ${problem} at character ${passed + at}`, {
      path,
    })
  }
  /** Adds what comes next to the text, whose part before `at` is let go of. */
  const fill = async (): Promise<boolean> => {
    if (isOver) return false
    const { done, value } = await reader.read()
    isOver = done
    if (text.length - at > MAX_VALUE) fail("one value has no end")
    passed += at
    text = text.slice(at) + (done ? decoder.decode() : decoder.decode(value, { stream: true }))
    at = 0
    return true
  }
  const peek = async (): Promise<string> => {
    for (;;) {
      while (at < text.length && text.charCodeAt(at) <= 32) at++
      if (at < text.length) return text[at]!
      if (!(await fill())) return ""
    }
  }
  const expect = async (character: string) => {
    if ((await peek()) !== character) fail(at < text.length ? `"${character}" is missing` : "it is cut off")
    at++
  }
  /** The text of the value that begins here. */
  const value = async (): Promise<string> => {
    await peek()
    for (;;) {
      const end = endOfValue(text, at, isOver)
      if (end >= 0) {
        const found = text.slice(at, end)
        at = end
        return found
      }
      if (!(await fill())) fail("it is cut off")
    }
  }
  const parse = (found: string): unknown => {
    try {
      return readPythonJson(found, "table")
    } catch {
      return fail("a value is not JSON")
    }
  }
  /** Members up to the rows, or to the end. */
  const members = async (): Promise<void> => {
    while ((await peek()) !== "}") {
      const name = parse(await value())
      if (typeof name !== "string") fail("a member has no name")
      await expect(":")
      if (name === "data" && (await peek()) === "[") {
        at++
        isInData = true
        return
      }
      header[name as string] = parse(await value())
      if ((await peek()) === ",") at++
    }
    at++
    if ((await peek()) !== "") fail("more comes after its end")
  }
  const next = async (): Promise<unknown[][] | undefined> => {
    if (!isInData) return undefined
    const first = await peek()
    if (first === "]") {
      at++
      isInData = false
      if ((await peek()) === ",") at++
      await members()
      return undefined
    }
    const many = first === "[" ? rowsAt(text, at) : undefined
    if (many !== undefined) {
      at = many.end
      return many.rows
    }
    const row = parse(await value())
    if (!Array.isArray(row)) return fail("a row is no list")
    const after = await peek()
    if (after === ",") at++
    else if (after !== "]") fail("a row is not followed by another")
    return [row]
  }
  await expect("{")
  await members()
  return { header, next, close: () => reader.cancel() }
}

/**
 * Rows that the text holds from `start` on, many but not the last, read at once, which is far faster than one by one. Where the text is cut is a
 * guess that proves itself: in the middle of a string, or of a list within a row, the brackets put behind it would not match.
 */
function rowsAt(text: string, start: number): { rows: unknown[][]; end: number } | undefined {
  const end = start + BATCH
  const cut = Math.max(text.lastIndexOf("], [", end), text.lastIndexOf("],[", end))
  if (cut <= start) return undefined
  try {
    const rows = readPythonJson(`[${text.slice(start, cut)}]]`, "table") as unknown[]
    return rows.every(Array.isArray) ? { rows: rows as unknown[][], end: cut + 2 } : undefined
  } catch {
    return undefined
  }
}

/** Behind the value that begins at `start`; -1 when more of the text is needed. */
function endOfValue(text: string, start: number, isOver: boolean): number {
  const first = text[start]
  if (first === '"') return endOfString(text, start)
  if (first === "[" || first === "{") return endOfNested(text, start)
  const end = /[,\]}\s:]/g
  end.lastIndex = start
  const found = end.exec(text)
  return found !== null ? found.index : isOver ? text.length : -1
}

function endOfString(text: string, start: number): number {
  let at = start
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at < 0) return -1
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at + 1
  }
}

function endOfNested(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      const end = endOfString(text, at)
      if (end < 0) return -1
      at = end - 1
    } else if (unit === 91 || unit === 123) depth++
    else if ((unit === 93 || unit === 125) && --depth === 0) return at + 1
  }
  return -1
}
