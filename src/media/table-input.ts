import { InvalidArgumentError } from "../errors.ts"
import { type ArrowTable, isArrowTable } from "./arrow-table.ts"
import { iterableRows, type RowInput, type RowSource } from "./rows.ts"
import type { Columns } from "./table-columns.ts"

const defaultColumns = ["Input", "Output", "Expected"]

export type TableFormat = "csv" | "parquet"
/** A file of rows. What can be read but once, a stream or `Response`, needs `format`, and of Parquet is held in memory. */
export type TableFile = Blob | ArrayBuffer | ArrayBufferView | Response | ReadableStream<Uint8Array>
/** Where `Table.from` reads rows. */
export type TableInput = Iterable<RowInput> | AsyncIterable<RowInput> | ArrowTable | TableFile

export interface InputOptions {
  /** Of objects, Arrow and files: which of their columns. Default: all. */
  readonly columns?: readonly string[] | undefined
  /** What a file is. Default: what its name or type says. */
  readonly format?: TableFormat | undefined
}

export interface OpenedInput {
  readonly columns: readonly string[]
  /** Rows of these columns, read as what they are declared to be. */
  rows(columns: Columns): RowSource
}

const endings: readonly (readonly [TableFormat, RegExp])[] = [
  ["csv", /\.(csv|tsv)$|^text\/(csv|tab-separated-values)\b/i],
  ["parquet", /\.parquet$|^application\/vnd\.apache\.parquet\b/i],
]

/** @throws InvalidArgumentError when it is no such source */
export async function openInput(source: TableInput, { columns, format }: InputOptions): Promise<OpenedInput> {
  if (format !== undefined || isFile(source)) return openFile(source as TableFile, format ?? formatOf(source as TableFile))
  if (isArrowTable(source)) return (await import("./arrow.ts")).openArrow(source)
  const isRows = typeof source === "object" && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source)
  if (!isRows)
    throw new InvalidArgumentError("source", "Table.from takes an iterable of rows, an Arrow table, or a CSV or Parquet file")
  const rows = source as Iterable<RowInput> | AsyncIterable<RowInput>
  if (columns !== undefined) return { columns, rows: ({ names }) => iterableRows(rows, names) }
  const { first, all } = await peek(rows)
  return { columns: namesOf(first), rows: ({ names }) => iterableRows(all, names) }
}

async function openFile(file: TableFile, format: TableFormat | undefined): Promise<OpenedInput> {
  if (!isFile(file) && !(file instanceof ReadableStream)) {
    throw new InvalidArgumentError("source", "With options.format, Table.from takes a Blob or File, bytes, a Response or a stream")
  }
  const isWhole = file instanceof ArrayBuffer || ArrayBuffer.isView(file)
  const source = isWhole ? new Blob([file as Uint8Array<ArrayBuffer>]) : file
  switch (format) {
    case "csv":
      return (await import("./csv.ts")).openCsv(source instanceof Blob ? source : streamOf(source))
    case "parquet":
      return (await import("./parquet.ts")).openParquet(
        source instanceof Blob ? source : await new Response(streamOf(source)).blob(),
      )
    default:
      throw new InvalidArgumentError("format", 'What this file is, its name does not tell; pass options.format: "csv" or "parquet"')
  }
}

function streamOf(source: Response | ReadableStream<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (!(source instanceof Response)) return source as ReadableStream<Uint8Array<ArrayBuffer>>
  if (source.ok && source.body !== null) return source.body
  throw new InvalidArgumentError("source", `The Response for a table has ${source.ok ? "no body" : `status ${source.status}`}`)
}

const isFile = (source: unknown): source is Exclude<TableFile, ReadableStream> =>
  source instanceof Blob || source instanceof ArrayBuffer || ArrayBuffer.isView(source) || source instanceof Response

function formatOf(file: TableFile): TableFormat | undefined {
  const { name, type } = file as { name?: unknown; type?: unknown }
  const header = file instanceof Response ? file.headers.get("content-type") : undefined
  const words = [name, type, header].filter((word) => typeof word === "string")
  return endings.find(([, pattern]) => words.some((word) => pattern.test(word)))?.[0]
}

/** The first of the rows, and all of them with it. */
async function peek(
  rows: Iterable<RowInput> | AsyncIterable<RowInput>,
): Promise<{ first: RowInput | undefined; all: Iterable<RowInput> | AsyncIterable<RowInput> }> {
  if (Array.isArray(rows)) return { first: rows[0], all: rows }
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]()
  const { done, value } = await iterator.next()
  if (done) return { first: undefined, all: [] }
  async function* rest() {
    yield value as RowInput
    for (;;) {
      const next = await iterator.next()
      if (next.done) return
      yield next.value
    }
  }
  return { first: value, all: rest() }
}

/** The columns that the first row tells of. */
export function namesOf(row: RowInput | undefined): readonly string[] {
  return row === undefined || row === null || typeof row !== "object" || Array.isArray(row) ? defaultColumns : Object.keys(row)
}
