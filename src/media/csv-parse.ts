import { InvalidArgumentError } from "../errors.ts"

/** How a file separates cells and rows. */
interface Dialect {
  readonly delimiter: string
  readonly newline: string
}

interface Parsed {
  readonly rows: string[][]
  /** What belongs to a row that goes on. */
  readonly rest: string
}

/** A row that is longer is no row but a quote that never ends. */
const MAX_ROW = 16 * 1024 * 1024
const QUOTE = '"'

/**
 * The rows of a CSV file as RFC 4180 has them, the names of the columns first; the first line shows what separates cells and rows. Written
 * here because the parsers that there are mend what is wrong without a word, or need Node's streams.
 *
 * @throws InvalidArgumentError naming the row whose quotes are wrong
 */
export async function* parseCsv(stream: ReadableStream<Uint8Array>): AsyncGenerator<string[][], void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  const reader = stream.getReader()
  let dialect: Dialect | undefined
  let text = ""
  let count = 0
  // After a part that ends no row, twice as much is read before the next try.
  let enough = 0
  let isNarrow: boolean | undefined
  const parse = (isLast: boolean): string[][] => {
    dialect ??= dialectOf(text, isLast)
    if (dialect === undefined) return []
    const { rows, rest } = parseRows(text, dialect, isLast, count)
    text = rest
    count += rows.length
    enough = rows.length === 0 ? text.length * 2 : 0
    if (text.length > MAX_ROW) fail(count, "is longer than any row: is a quote left open?")
    isNarrow ??= rows[0] && rows[0].length === 1
    // An empty line is a row only where rows have but one cell.
    return isNarrow ? rows : rows.filter((cells) => cells.length !== 1 || cells[0] !== "")
  }
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decode(decoder, part.value)
      if (text.length > enough) yield parse(false)
    }
    text += decode(decoder)
    if (text !== "") yield parse(true)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined })
  } catch (cause) {
    throw new InvalidArgumentError("source", "The CSV file is not text in UTF-8; save it as such", {}, { cause })
  }
}

function parseRows(text: string, dialect: Dialect, isLast: boolean, before: number): Parsed {
  const { delimiter, newline } = dialect
  const rows: string[][] = []
  let start = 0
  let quote = text.indexOf(QUOTE)
  while (start < text.length) {
    const end = text.indexOf(newline, start)
    if (quote >= 0 && quote < start) quote = text.indexOf(QUOTE, start)
    if (quote >= 0 && (end < 0 || quote < end)) {
      const row = quotedRow(text, start, dialect, isLast, before + rows.length)
      if (row === undefined) break
      rows.push(row.cells)
      start = row.end
      continue
    }
    if (end < 0 && !isLast) break
    rows.push(text.slice(start, end < 0 ? undefined : end).split(delimiter))
    start = end < 0 ? text.length : end + newline.length
  }
  return { rows, rest: text.slice(start) }
}

/** A row with quotes in it; undefined when it goes on behind the text. */
function quotedRow(
  text: string,
  start: number,
  { delimiter, newline }: Dialect,
  isLast: boolean,
  number: number,
): { cells: string[]; end: number } | undefined {
  const cells: string[] = []
  for (let at = start; ; ) {
    let end: number
    if (text[at] === QUOTE) {
      end = closingQuote(text, at + 1)
      // The next character tells whether that quote is one of two.
      if (end < 0 || (end === text.length - 1 && !isLast)) {
        if (!isLast) return undefined
        if (end < 0) fail(number, "opens a quote that never ends")
      }
      cells.push(text.slice(at + 1, end).replaceAll('""', QUOTE))
      end++
    } else {
      const ends = [text.indexOf(delimiter, at), text.indexOf(newline, at)].filter((found) => found >= 0)
      if (ends.length === 0 && !isLast) return undefined
      end = ends.length === 0 ? text.length : Math.min(...ends)
      cells.push(text.slice(at, end))
    }
    if (text.startsWith(delimiter, end)) at = end + delimiter.length
    else if (text.startsWith(newline, end)) return { cells, end: end + newline.length }
    else if (end === text.length) return isLast ? { cells, end } : undefined
    else if (!isLast && newline.startsWith(text.slice(end))) return undefined
    else fail(number, "goes on behind a closing quote")
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf(QUOTE, at)
    if (at < 0 || text[at + 1] !== QUOTE) return at
  }
}

const delimiters: readonly string[] = [",", "\t", ";", "|"]

/** Undefined before the first line is whole. */
function dialectOf(text: string, isLast: boolean): Dialect | undefined {
  const counts = new Map(delimiters.map((delimiter) => [delimiter, 0]))
  let isQuoted = false
  let at = 0
  for (; at < text.length; at++) {
    const character = text[at]!
    if (character === QUOTE) isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (character === "\n" || character === "\r") break
    else if (counts.has(character)) counts.set(character, counts.get(character)! + 1)
  }
  // A line end of one character may be half of one of two.
  if (at >= text.length - 1 && !isLast) return undefined
  const [delimiter] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))
  return { delimiter, newline: text[at] !== "\r" ? "\n" : text[at + 1] === "\n" ? "\r\n" : "\r" }
}

function fail(row: number, problem: string): never {
  throw new InvalidArgumentError("source", `Line ${row + 1} of the CSV file ${problem}`)
}
