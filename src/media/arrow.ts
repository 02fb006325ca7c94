import { InvalidArgumentError } from "../errors.ts"
import type { ArrowLibrary, ArrowTable, ToArrowOptions } from "./arrow-table.ts"
import { columnPlaces, cutRows, plainNumber } from "./batches.ts"
import { Media } from "./media.ts"
import { NdArray } from "./ndarray.ts"
import { PyFloat } from "./python-number.ts"
import type { Table } from "./table.ts"
import { TableIndex } from "./table-index.ts"
import type { OpenedInput } from "./table-input.ts"

const BATCH = 512
// Arrow's own numbers of types.
const DECIMAL = 7
const DATE = 8
const TIMESTAMP = 10

export function openArrow(table: ArrowTable): OpenedInput {
  const { fields } = table.schema
  const header = fields.map(({ name }) => name)
  return {
    columns: header,
    rows: ({ names }) => {
      const places = columnPlaces(names, header)
      return cutRows(table.numRows, async function* () {
        const columns = places.map((place) => ({
          cells: table.getChildAt(place)![Symbol.iterator](),
          convert: converterOf(fields[place]!.type as { typeId?: number; scale?: number }),
        }))
        for (let at = 0; at < table.numRows; at += BATCH) {
          const count = Math.min(BATCH, table.numRows - at)
          yield Array.from({ length: count }, () => columns.map(({ cells, convert }) => convert(cells.next().value)))
        }
      })
    },
  }
}

function converterOf({ typeId, scale = 0 }: { typeId?: number; scale?: number }): (value: unknown) => unknown {
  if (typeId === DATE || typeId === TIMESTAMP)
    return (value) => (value === null || value === undefined ? null : value instanceof Date ? value : new Date(Number(value)))
  if (typeId === DECIMAL) return (value) => (ArrayBuffer.isView(value) ? decimal(value as Uint32Array, scale) : plain(value))
  return plain
}

/** 128 or 256 bits in words, the lowest first. */
function decimal(words: Uint32Array, scale: number): number {
  const value = [...words].reduceRight((all, word) => (all << 32n) | BigInt(word), 0n)
  return Number(BigInt.asIntN(words.length * 32, value)) / 10 ** scale
}

function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === "bigint") return plainNumber(value)
  if (typeof value !== "object" || value instanceof Date || ArrayBuffer.isView(value)) return value
  if ("toJSON" in value && typeof value.toJSON === "function" && !("get" in value && "length" in value))
    return plain(value.toJSON())
  if (Symbol.iterator in value) return Array.from(value as Iterable<unknown>, plain)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

/** @throws InvalidArgumentError naming a column that Arrow has no one type for */
export async function makeArrow(
  library: ArrowLibrary,
  table: Table,
  { columns = table.columns, ...range }: ToArrowOptions,
): Promise<unknown> {
  const places = columnPlaces(columns, table.columns)
  const found = columns.map((): unknown[] => [])
  for await (const [, row] of table.iterrows(range)) for (const [at, place] of places.entries()) found[at]!.push(row[place])
  return library.tableFromArrays(Object.fromEntries(columns.map((name, at) => [name, arrowColumn(name, found[at]!)])) as never)
}

function arrowColumn(name: string, cells: readonly unknown[]): unknown[] {
  const values = cells.map((cell) => arrowValue(name, cell))
  const kinds = new Set(values.filter((value) => value !== null).map(kindOf))
  if (kinds.size === 1 && kinds.has("object")) return values.map((value) => value ?? nothingLike(values))
  if (kinds.size < 2) return values
  if (kinds.size === 2 && kinds.has("number") && kinds.has("bigint")) {
    const isWhole = values.every((value) => value === null || typeof value === "bigint" || Number.isInteger(value))
    return values.map((value) => (value === null ? null : isWhole ? BigInt(value as number) : Number(value)))
  }
  throw new InvalidArgumentError("columns", `Arrow has no type for the column "${name}", which holds ${[...kinds].join(" and ")}`)
}

/** Of objects with nothing between them, Arrow's own library finds no type. */
function nothingLike(values: readonly unknown[]): Record<string, null> {
  return Object.fromEntries(Object.keys(values.find((value) => value !== null) as object).map((key) => [key, null]))
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? "list" : value instanceof Date ? "date" : typeof value)

function arrowValue(name: string, cell: unknown): unknown {
  if (cell === undefined || cell === null) return null
  if (cell instanceof PyFloat) return cell.value
  if (cell instanceof TableIndex) return cell.index
  if (cell instanceof NdArray) return cell.toArray()
  if (cell instanceof Set || ArrayBuffer.isView(cell))
    return Array.from(cell as Iterable<unknown>, (item) => arrowValue(name, item))
  if (cell instanceof Map) return Object.fromEntries(Array.from(cell, ([key, item]) => [key, arrowValue(name, item)]))
  if (Array.isArray(cell)) return cell.map((item) => arrowValue(name, item))
  if (!(cell instanceof Media)) return cell
  throw new InvalidArgumentError(
    "columns",
    `Arrow has no type for the media in column "${name}"; leave it out with options.columns`,
  )
}
