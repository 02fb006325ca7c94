import { isList } from "./list.ts"
import { anyType } from "./simple.ts"
import type { ColumnType } from "./type.ts"
import { isTypedDict } from "./typed-dict.ts"
import { isUnion, optionalType } from "./union.ts"

/** What stands in lists and objects of a file as it was. */
const plain = new Set(["any", "artifactVersion", "boolean", "const", "ndarray", "none", "number", "string", "unknown"])

/**
 * The type itself, or that of anything where Python would write it and then not open the table: lists of this and that, and dates or media in
 * lists and objects, which come out of the file as numbers and objects.
 */
export function readableType(type: ColumnType): ColumnType {
  if (!isUnion(type)) return isReadable(type) ? type : anyType
  return type.allowed.every(isReadable) ? type : optionalType(anyType)
}

function isReadable(type: ColumnType): boolean {
  if (isList(type)) return isPlain(type.element)
  return isTypedDict(type) ? [...type.members.values()].every(isPlain) : true
}

function isPlain(type: ColumnType): boolean {
  if (isUnion(type)) return type.allowed.every(isPlain)
  return isList(type) || isTypedDict(type) ? isReadable(type) : plain.has(type.name)
}
