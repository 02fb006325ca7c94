import type { Entry } from "../../core/entry.ts"
import type { Membership } from "../../ports.ts"
import { count, visible } from "./format.ts"
import { html, type Piece } from "./html.ts"
import { table } from "./parts.ts"
import type { Preview } from "./preview-text.ts"
import { printJson } from "./print-json.ts"
import type { Visit } from "./visit.ts"

/** Rows and columns of a file; the first row names the columns. */
export interface Grid {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

/** Where a table stands, so that its pictures can be shown. */
interface Place {
  readonly visit: Visit
  readonly member: Membership
  readonly entries: readonly Entry[]
}

const maxRows = 200
const maxColumns = 50
const maxCell = 300
/** Longer ones are broken into lines. */
const longCell = 60

/** W&B's table, media.md 4.1; undefined for what is none. */
export function readTable(value: unknown): Grid | undefined {
  const { columns, data } = (value ?? {}) as { columns?: unknown; data?: unknown }
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every(Array.isArray)) return undefined
  return { columns: columns.map(textOf), rows: data }
}

/** What JSON holds, as much of it as a cell shows. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : printJson(value, maxCell)
}

/** Comma-separated text, RFC 4180, and what is like it: a quote out of place is a quote. One row more is read than is shown. */
export function parseSeparated(text: string, separator: "," | "\t"): Grid {
  const cell = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^${separator}\\r\\n]*))(${separator}|\\r?\\n|\\r|$)`, "y")
  const rows: string[][] = []
  let row: string[] = []
  do {
    // Its second half matches anywhere.
    const [, quoted, plain, end] = cell.exec(text)!
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'))
    if (end === separator) continue
    rows.push(row)
    row = []
  } while ((cell.lastIndex < text.length || row.length > 0) && rows.length <= maxRows + 1)
  const [columns = [], ...rest] = rows
  return { columns, rows: rest }
}

export function showGrid({ columns, rows }: Grid, isWhole: boolean, place?: Place): Preview {
  const shown = rows.slice(0, maxRows)
  const width = Math.min(columns.length, maxColumns)
  const paths = place && new Set(place.entries.map(({ path }) => path))
  const numbers = columns.slice(0, width).map((_, at) => shown.every((row) => isNumber(row[at])))
  const heads = columns
    .slice(0, width)
    .map((label, at) => ({ label: visible(label), style: numbers[at] ? ("number" as const) : undefined }))
  const cells = shown.map((row, number) => [count(number + 1), ...heads.map((_, at) => showCell(row[at], place, paths))])
  return {
    content: table("Rows", [{ label: "#" }, ...heads], cells, "data"),
    shown: `the first ${count(shown.length)} rows${width < columns.length ? ` and ${width} of ${count(columns.length)} columns` : ""} are`,
    isWhole: isWhole && shown.length === rows.length && width === columns.length,
  }
}

/** What is missing does not keep a column from being one of numbers. */
function isNumber(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true
  return typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value))
}

function showCell(value: unknown, place: Place | undefined, paths: ReadonlySet<string> | undefined): Piece {
  if (value === null || value === undefined) return html`<span class="none">–</span>`
  if (typeof value !== "object") return cut(textOf(value))
  const { _type, path } = value as { _type?: unknown; path?: unknown }
  if (place === undefined || typeof path !== "string" || !paths?.has(path)) return html`<code>${cut(textOf(value))}</code>`
  const href = place.visit.links.files(place.member, path)
  const label = visible(path)
  if (_type !== "image-file") return html`<a href="${href}">${label}</a>`
  return html`<a href="${href}"><img class="thumb" src="${href}?raw" alt="${label}" loading="lazy"></a>`
}

function cut(text: string): Piece {
  if (text.length <= longCell) return text
  return html`<span class="long">${text.length > maxCell ? `${text.slice(0, maxCell)}…` : text}</span>`
}
