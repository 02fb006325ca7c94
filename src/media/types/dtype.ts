import { constType } from "./const.ts"
import { unknownType } from "./infer.ts"
import { isDictionary, listType } from "./list.ts"
import { booleanType, noneType, numberType, stringType, timestampType } from "./simple.ts"
import type { ColumnType } from "./type.ts"
import { typedDictType } from "./typed-dict.ts"
import { unionType } from "./union.ts"

/**
 * What a column takes: a constructor (`Number`, `String`, `Boolean`, `Date`, `Array`, `Object`, a class of media), a type (`anyType`), an
 * example of media, a list (`[Number]` of one type, `[Number, String]` either), an object of those, null, or one constant value.
 */
export type Dtype = unknown

const builtins: ReadonlyMap<unknown, ColumnType> = /* @__PURE__ */ new Map<unknown, ColumnType>([
  [Number, numberType],
  [BigInt, numberType],
  [String, stringType],
  [Boolean, booleanType],
  [Date, timestampType],
  [Array, /* @__PURE__ */ listType(unknownType)],
  [Object, /* @__PURE__ */ typedDictType(/* @__PURE__ */ new Map())],
])

/** The type that a column is declared to be of. */
export function toType(dtype: Dtype): ColumnType {
  const builtin = builtins.get(dtype)
  if (builtin !== undefined) return builtin
  if (dtype === null || dtype === undefined) return dtype === null ? noneType : unknownType
  if (isType(dtype)) return dtype
  if (typeof dtype === "function" && "dtype" in dtype) return dtype.dtype as ColumnType
  const { columnType } = dtype as { columnType?: () => ColumnType }
  if (typeof columnType === "function") return columnType.call(dtype)
  if (Array.isArray(dtype)) return typeOfList(dtype)
  if (isDictionary(dtype)) return typedDictType(new Map(Object.entries(dtype).map(([key, inner]) => [key, toType(inner)])))
  return constType(dtype)
}

function typeOfList(types: readonly Dtype[]): ColumnType {
  if (types.length < 2) return listType(types.length === 0 ? unknownType : toType(types[0]))
  return unionType(types.map(toType))
}

function isType(value: unknown): value is ColumnType {
  const { assign, assignType } = value as Partial<ColumnType>
  return typeof assign === "function" && typeof assignType === "function"
}
