import type { RowRange } from "./rows.ts"

/** A table of `apache-arrow`, or of any library that is like it. */
export interface ArrowTable {
  readonly numRows: number
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: unknown }[] }
  getChildAt(index: number): Iterable<unknown> | null | undefined
}

/** What such a library makes tables with. */
export interface ArrowLibrary {
  tableFromArrays(columns: never): unknown
}

export interface ToArrowOptions extends RowRange {
  /** Default: all. */
  readonly columns?: readonly string[] | undefined
}

export function isArrowTable(source: unknown): source is ArrowTable {
  const { schema, getChildAt } = (source ?? {}) as Partial<ArrowTable>
  return typeof getChildAt === "function" && Array.isArray(schema?.fields)
}
