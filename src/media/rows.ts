import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"

/** A row: its cells in the order of the columns, or by their names. */
export type RowInput = readonly unknown[] | Readonly<Record<string, unknown>>

export interface RowRange extends CallOptions {
  /** The first row, from 0. Default 0. */
  readonly start?: number | undefined
  /** Behind the last row. Default: to the end. */
  readonly end?: number | undefined
}

/** Where the rows of a table come from. */
export interface RowSource {
  /** Unknown before the last row has come. */
  readonly length?: number | undefined
  /** Rows some at a time: asking for each by itself would cost more than reading it. */
  open(range: RowRange): AsyncIterable<readonly (readonly unknown[])[]>
}

/** Rows that are in memory; those that are added later count too. */
export function memoryRows(rows: readonly (readonly unknown[])[]): RowSource {
  return {
    get length() {
      return rows.length
    },
    async *open({ start = 0, end, signal }) {
      signal?.throwIfAborted()
      yield rows.slice(start, end)
    },
  }
}

/** The cells in the order of the columns. @throws InvalidArgumentError when it has too many, too few or others */
export function cellsOf(row: RowInput, columns: readonly string[], number: number): unknown[] {
  if (Array.isArray(row)) {
    if (row.length === columns.length) return row
    fail(number, columns, `found ${row.length}`)
  }
  if (typeof row !== "object" || row === null) fail(number, columns, "found what is neither a list nor an object")
  const named = row as Readonly<Record<string, unknown>>
  const other = Object.keys(named).find((name) => !columns.includes(name))
  if (other !== undefined) fail(number, columns, `found "${other}"`)
  return columns.map((name) => (Object.hasOwn(named, name) ? named[name] : undefined))
}

function fail(number: number, columns: readonly string[], found: string): never {
  const place = `row ${number}`
  const names = columns.slice(0, 20).map((name) => JSON.stringify(name))
  if (columns.length > names.length) names.push("…")
  throw new InvalidArgumentError(place, `This table expects ${columns.length} columns: ${names.join(", ")}; ${place} ${found}`)
}

const BATCH = 128

/** Rows of any iterable, of which the first has been read already, as often as that can be gone through. */
export function iterableRows(rows: Iterable<RowInput> | AsyncIterable<RowInput>, columns: readonly string[]): RowSource {
  let isSpent = false
  // What goes through itself, as generators and streams do, cannot be gone through twice.
  const isOnce = "next" in rows || rows instanceof ReadableStream
  let length: number | undefined
  return {
    get length() {
      return length
    },
    async *open({ start = 0, end = Number.POSITIVE_INFINITY, signal }) {
      if (isSpent) {
        throw new InvalidArgumentError(
          "source",
          "The rows of this table were read already and cannot be read again; call load() before reading them",
        )
      }
      isSpent = isOnce
      let batch: unknown[][] = []
      let at = 0
      for await (const row of rows) {
        signal?.throwIfAborted()
        if (at >= end) return
        if (at++ < start) continue
        if (batch.push(cellsOf(row, columns, at - 1)) < BATCH) continue
        yield batch
        batch = []
      }
      length = at
      yield batch
    },
  }
}
