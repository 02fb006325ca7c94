import { type ColumnType, plainType } from "./type.ts"

/** Cells that hold media of one kind, of which the type says no more than the kind. */
export function mediaType(logType: string): ColumnType {
  return plainType(logType, (value) => (value as { logType?: unknown } | null | undefined)?.logType === logType)
}
