import type { MediaObject } from "../ports.ts"
import { foreignIndexType } from "./types/keys.ts"
import type { ColumnType } from "./types/type.ts"

/** The number of a row that remembers its table: put into a row of another table, it makes the column an index into this one. */
export class TableIndex {
  readonly table: MediaObject
  /** From 0. */
  readonly index: number

  constructor(table: MediaObject, index: number) {
    this.table = table
    this.index = index
  }

  valueOf(): number {
    return this.index
  }

  columnType(): ColumnType {
    return foreignIndexType(this.table)
  }
}
