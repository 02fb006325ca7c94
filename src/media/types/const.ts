import { compareCodePoints } from "../python-json.ts"
import { pythonRepr } from "../python-repr.ts"
import { type ColumnType, invalidType } from "./type.ts"

export interface ConstType extends ColumnType {
  readonly value: unknown
  readonly isSet: boolean
}

/** One value and no other, plain data. A `Set` is written as a sorted list: Python's own order changes with every process. */
export function constType(value: unknown, isSet = value instanceof Set): ConstType {
  const kept = isSet ? sorted(value as Iterable<unknown>) : value
  const self: ConstType = {
    name: "const",
    value: kept,
    isSet,
    toJson: () => ({ wb_type: "const", params: { val: kept, is_set: isSet } }),
    assign: (other) => self.assignType(constType(other)),
    assignType: (type) => (isConst(type) && type.isSet === isSet && isSame(type.value, kept) ? self : invalidType),
    toString: () => (typeof kept === "string" ? kept : pythonRepr(kept)),
  }
  return self
}

export const isConst = (type: ColumnType): type is ConstType => type.name === "const"

/** Numbers by size, and after them text by code point. */
export function sorted(values: Iterable<unknown>): unknown[] {
  return [...new Set(values)].sort((a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b
    if (typeof a === "number" || typeof b === "number") return typeof a === "number" ? -1 : 1
    return compareCodePoints(String(a), String(b))
  })
}

function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (typeof a === typeof b && pythonRepr(a) === pythonRepr(b))
}
