import { NdArray } from "../ndarray.ts"
import { isList } from "./list.ts"
import { type ColumnType, invalidType } from "./type.ts"

export interface NdArrayType extends ColumnType {
  readonly shape: readonly number[]
  readonly serializationPath: SerializationPath | null
}

/** Where the arrays of a column are kept: a file of the artifact, and the name of the array in it. */
export interface SerializationPath {
  readonly path: string
  readonly key: string
}

/** Arrays of one shape. */
export function ndarrayType(shape: readonly number[], serializationPath: SerializationPath | null = null): NdArrayType {
  const self: NdArrayType = {
    name: "ndarray",
    shape,
    serializationPath,
    toJson: () => ({ wb_type: "ndarray", params: { shape, serialization_path: serializationPath } }),
    assign(value) {
      const found = shapeOf(value)
      return found !== undefined && isSameShape(found, shape) ? self : invalidType
    },
    assignType: (type) => (isList(type) || (isNdArray(type) && isSameShape(type.shape, shape)) ? self : invalidType),
    toString: () => `Ndarray(shape:[${shape.join(", ")}])`,
  }
  return self
}

export const isNdArray = (type: ColumnType): type is NdArrayType => type.name === "ndarray"

/** Of an array of arrays it is the first that tells, as in Python. */
export function shapeOf(value: unknown): readonly number[] | undefined {
  if (value instanceof NdArray) return value.shape
  if (ArrayBuffer.isView(value)) return [(value as Uint8Array).length]
  if (!Array.isArray(value)) return undefined
  const shape: number[] = []
  for (let at: unknown = value; Array.isArray(at); at = at[0]) {
    shape.push(at.length)
    if (at.length === 0) break
  }
  return shape
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, at) => size === b[at])
}
