import type { RowInput, RowSource } from "./rows.ts"
import type { ColumnOptions, Columns } from "./table-columns.ts"

export type LogMode = "IMMUTABLE" | "MUTABLE" | "INCREMENTAL"

export interface TableOptions extends ColumnOptions {
  /** Their names. Default: those of the first row, if that is an object; else `Input`, `Output` and `Expected`, as in Python. */
  readonly columns?: readonly string[] | undefined
  readonly data?: readonly RowInput[] | undefined
  /** What Python does when the table is logged again. Default `"IMMUTABLE"`. */
  readonly logMode?: LogMode | undefined
  /** More rows than this are refused when it is written. Default 200,000: so many W&B keeps of a table, and drops the others. */
  readonly maxRows?: number | undefined
}

/** What a table is made of, where it is not made by its constructor. */
export interface TableState {
  readonly columns: Columns
  readonly source: RowSource
  /** Whether the types are those of all rows. */
  readonly isTyped: boolean
  readonly more?: Readonly<Record<string, unknown>> | undefined
  readonly maxRows?: number | undefined
}

export const MAX_ARTIFACT_ROWS = 200_000
export const logModes: readonly string[] = ["IMMUTABLE", "MUTABLE", "INCREMENTAL"]

/** What the file of a table says that is logged in increments. */
export const incrementsOf = (logMode: LogMode) =>
  logMode === "INCREMENTAL" ? { increment_num: 0, previous_increments_paths: [] } : {}
