import { type ColumnType, invalidType, needsOf } from "./type.ts"
import { isTypedDict, type TypedDictType } from "./typed-dict.ts"

interface TableType extends ColumnType {
  readonly columnTypes: TypedDictType
}

/** Cells that hold tables whose columns are of these types. */
export function tableType(columnTypes: TypedDictType): TableType {
  const self: TableType = {
    name: "table",
    columnTypes,
    needs: needsOf([columnTypes]),
    toJson: (entryOf) => ({ wb_type: "table", params: { column_types: columnTypes.toJson(entryOf) } }),
    assign(value) {
      const { logType, columnType } = (value ?? {}) as { logType?: string; columnType?: () => ColumnType }
      return logType === "table" && columnType !== undefined ? self.assignType(columnType.call(value)) : invalidType
    },
    assignType(type) {
      if (type.name !== "table") return invalidType
      const next = columnTypes.assignType((type as TableType).columnTypes)
      return isTypedDict(next) ? (next === columnTypes ? self : tableType(next)) : invalidType
    },
    toString: () => `Table(column_types:${columnTypes})`,
  }
  return self
}
