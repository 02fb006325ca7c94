import type { MediaObject } from "../../ports.ts"
import { TableIndex } from "../table-index.ts"
import { isNumber } from "./simple.ts"
import { type ColumnType, invalidType, type Need, plainType } from "./type.ts"

/** The column by whose text the rows of this table are known. */
export const primaryKeyType = /* @__PURE__ */ plainType(
  "primaryKey",
  (value) => typeof value === "string",
  ({ name }) => name === "string" || name === "primaryKey",
)

export interface ForeignType extends ColumnType {
  readonly table: MediaObject
}

/** Text that is in a column of another table, by which it names that table's rows. */
export function foreignKeyType(table: MediaObject, column: string): ForeignType {
  return foreignType("foreignKey", table, { col_name: column }, (value) => typeof value === "string")
}

/** Numbers of rows of another table, from 0. */
export function foreignIndexType(table: MediaObject): ForeignType {
  return foreignType("foreignIndex", table, {}, (value) => (value instanceof TableIndex ? value.table === table : isNumber(value)))
}

function foreignType(name: string, table: MediaObject, params: object, takes: (value: unknown) => boolean): ForeignType {
  const need: Need = { object: table, name: "media/tables/t" }
  const plain = plainType(name, takes)
  const self: ForeignType = {
    ...plain,
    table,
    needs: [need],
    toJson: (entryOf) => ({ wb_type: name, params: { ...params, table: entryOf(table).path } }),
    assign: (value) => (takes(value) ? self : invalidType),
    assignType: (type) => (type === self || (type.name === name && (type as ForeignType).table === table) ? self : invalidType),
  }
  return self
}

export const isForeign = (type: ColumnType): type is ForeignType => type.name === "foreignKey" || type.name === "foreignIndex"

/** Keys and indexes name a row in every row. */
export const isKey = (type: ColumnType): boolean => type.name === "primaryKey" || isForeign(type)
