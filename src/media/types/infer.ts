import { NdArray } from "../ndarray.ts"
import { listType } from "./list.ts"
import { ndarrayType, shapeOf } from "./ndarray.ts"
import {
  anyType,
  artifactVersionType,
  booleanType,
  isArtifact,
  isNumber,
  noneType,
  numberType,
  stringType,
  timestampType,
} from "./simple.ts"
import { type ColumnType, invalidType, isNone, plainType } from "./type.ts"
import { dictionaryOf, typedDictType } from "./typed-dict.ts"
import { optionalType } from "./union.ts"

/** What a column is before its first value: it becomes that value's type. */
export const unknownType: ColumnType = {
  name: "unknown",
  toJson: () => ({ wb_type: "unknown" }),
  assign: (value) => (isNone(value) ? invalidType : inferType(value)),
  assignType: (type) => (type.name === "none" ? invalidType : type),
  toString: () => "Unknown",
}

/** Anything that Python has no type for, by the name of its class. */
export function pythonObjectType(className: string): ColumnType {
  const self: ColumnType = {
    ...plainType("pythonObject", () => false),
    toJson: () => ({ wb_type: "pythonObject", params: { class_name: className } }),
    assign: (value) => self.assignType(inferType(value)),
    assignType: (type) => (String(type) === String(self) ? self : invalidType),
    toString: () => `Pythonobject(class_name:${className})`,
  }
  return self
}

/** An object that knows the type of a cell that holds it. */
interface Typed {
  columnType(): ColumnType
}

/** The type of one value, as Python finds it. */
export function inferType(value: unknown): ColumnType {
  if (isNone(value)) return noneType
  if (isArtifact(value)) return artifactVersionType
  if (typeof value === "string") return stringType
  if (typeof value === "boolean") return booleanType
  if (isNumber(value)) return numberType
  if (value instanceof Date) return timestampType
  if (typeof (value as Partial<Typed>).columnType === "function") return (value as Typed).columnType()
  if (value instanceof NdArray || ArrayBuffer.isView(value)) return ndarrayType(shapeOf(value)!)
  if (Array.isArray(value) || value instanceof Set) return inferList([...value])
  const members = dictionaryOf(value)
  if (members !== undefined) return typedDictType(new Map(Array.from(members, ([key, item]) => [key, inferType(item)])))
  return pythonObjectType((value as object).constructor?.name ?? typeof value)
}

/** One that is not of a single type stays a list, of nothing. */
function inferList(items: readonly unknown[]): ColumnType {
  const hasNone = items.some((item) => item === null || item === undefined)
  let element: ColumnType = hasNone ? optionalType(unknownType) : unknownType
  for (const item of items) element = element.assign(item)
  return listType(element, items.length)
}

export { anyType }
