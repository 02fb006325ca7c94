import { InvalidArgumentError } from "../errors.ts"
import { iterableRows, type RowInput, type RowSource } from "./rows.ts"

const defaultColumns = ["Input", "Output", "Expected"]

/** Where `Table.from` reads rows. */
export type TableInput = Iterable<RowInput> | AsyncIterable<RowInput>

interface OpenedInput {
  readonly columns: readonly string[]
  rows(columns: readonly string[]): RowSource
}

/** @throws InvalidArgumentError when it is no such source */
export async function openInput(source: TableInput, columns: readonly string[] | undefined): Promise<OpenedInput> {
  const isRows = typeof source === "object" && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source)
  if (!isRows) throw new InvalidArgumentError("source", "Table.from takes an iterable of rows")
  if (columns !== undefined) return { columns, rows: (names) => iterableRows(source, names) }
  const { first, all } = await peek(source)
  return { columns: namesOf(first), rows: (names) => iterableRows(all, names) }
}

/** The first of the rows, and all of them with it. */
async function peek(rows: TableInput): Promise<{ first: RowInput | undefined; all: TableInput }> {
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
