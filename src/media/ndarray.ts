import { InvalidArgumentError } from "../errors.ts"

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/**
 * Numbers in rows, columns and further dimensions, the last one varying fastest: what Python calls an `ndarray`.
 *
 * @example new NdArray(new Float32Array(6), [2, 3])
 */
export class NdArray<T extends TypedArray = TypedArray> {
  readonly data: T
  /** Items in each dimension. */
  readonly shape: readonly number[]

  /** @throws InvalidArgumentError when the shape holds more or fewer items than there are */
  constructor(data: T, shape: readonly number[] = [data.length]) {
    const isShape = shape.every((size) => Number.isSafeInteger(size) && size >= 0)
    if (!isShape || shape.reduce((all, size) => all * size, 1) !== data.length) {
      throw new InvalidArgumentError("shape", `The shape [${shape}] does not hold ${data.length} items`)
    }
    this.data = data
    this.shape = shape
  }

  /** The item at `index` of the first dimension: of rows and columns, a row. */
  at(index: number): NdArray {
    const [, ...rest] = this.shape
    const items = rest.reduce((all, size) => all * size, 1)
    return new NdArray(this.data.slice(index * items, (index + 1) * items), rest)
  }

  /** Arrays of arrays of numbers. */
  toArray(): unknown[] {
    const cut = (depth: number, start: number, end: number): unknown[] => {
      if (depth === this.shape.length - 1) return [...(this.data.subarray(start, end) as Iterable<number | bigint>)]
      const size = this.shape[depth]!
      const step = size === 0 ? 0 : (end - start) / size
      return Array.from({ length: size }, (_, at) => cut(depth + 1, start + at * step, start + (at + 1) * step))
    }
    return cut(0, 0, this.data.length)
  }
}
