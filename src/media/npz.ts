import { unzipSync, zipSync } from "fflate"
import { InvalidArgumentError } from "../errors.ts"
import { NdArray, type TypedArray } from "./ndarray.ts"

/** The formats of https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, by numpy's names of their items. */
const kinds = {
  i1: Int8Array,
  u1: Uint8Array,
  b1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const

const MAGIC = "\x93NUMPY"
/** Zip dates begin here; a fixed one makes equal arrays equal files. */
const EPOCH = new Date(1980, 0, 1)
/** More than this out of one file is made to fill the memory. */
const MAX_BYTES = 2 * 1024 ** 3 - 1

/** Arrays by their names, compressed, as numpy's `savez_compressed` keeps them. */
export function writeNpz(arrays: Readonly<Record<string, NdArray>>): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)] as const)
  return zipSync(Object.fromEntries(files), { mtime: EPOCH, level: 6 })
}

/** @throws InvalidArgumentError when the file is none of numpy's or has no such array */
export function readNpz(bytes: Uint8Array, key: string, path: string): NdArray {
  const fail = (problem: string): never => {
    throw new InvalidArgumentError("table", `"${path}" of the table ${problem}`, { path })
  }
  const wanted = `${key}.npy`
  let files: Record<string, Uint8Array> = {}
  try {
    files = unzipSync(bytes, { filter: ({ name, originalSize }) => name === wanted && originalSize <= MAX_BYTES })
  } catch {
    fail("is no npz file")
  }
  const file = files[wanted] ?? fail(`holds no array "${key}", or one too large to read`)
  return readNpy(file) ?? fail(`holds an array "${key}" of a kind that is not read here`)
}

function writeNpy({ data, shape }: NdArray): Uint8Array {
  const [name] = Object.entries(kinds).find(([, Kind]) => data instanceof Kind) ?? ["u1"]
  const order = data.BYTES_PER_ELEMENT === 1 ? "|" : "<"
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`
  const header = `{'descr': '${order}${name}', 'fortran_order': False, 'shape': ${tuple}, }`
  const length = Math.ceil((MAGIC.length + 4 + header.length + 1) / 64) * 64
  const file = new Uint8Array(length + data.byteLength)
  const text = `${MAGIC}\x01\x00\x00\x00${header}`.padEnd(length - 1, " ")
  for (let at = 0; at < text.length; at++) file[at] = text.charCodeAt(at)
  file[length - 1] = 10
  new DataView(file.buffer).setUint16(MAGIC.length + 2, length - MAGIC.length - 4, true)
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length)
  return file
}

function readNpy(file: Uint8Array): NdArray | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.byteLength < 12 || view.getUint8(0) !== 0x93) return undefined
  const isLong = view.getUint8(MAGIC.length) > 1
  const start = MAGIC.length + (isLong ? 6 : 4)
  const length = isLong ? view.getUint32(MAGIC.length + 2, true) : view.getUint16(MAGIC.length + 2, true)
  const header = new TextDecoder().decode(file.subarray(start, start + length))
  const [, order, name = ""] = /'descr': '([<>|=])([a-z]\d)'/.exec(header) ?? []
  const shape = /'shape': \(([\d, ]*)\)/
    .exec(header)?.[1]
    ?.split(",")
    .filter((size) => size.trim() !== "")
    .map(Number)
  const Kind = kinds[name as keyof typeof kinds]
  if (Kind === undefined || shape === undefined) return undefined
  const bytes = file.slice(start + length)
  const items = shape.reduce((all, size) => all * size, 1)
  if (bytes.byteLength !== items * Kind.BYTES_PER_ELEMENT) return undefined
  if (order === ">") swap(bytes, Kind.BYTES_PER_ELEMENT)
  const data: TypedArray = new Kind(bytes.buffer)
  return new NdArray(header.includes("'fortran_order': True") ? byRows(data, shape) : data, shape)
}

function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse()
}

/** Of an array whose first dimension varies fastest. */
function byRows(data: TypedArray, shape: readonly number[]): TypedArray {
  const result = data.slice()
  const index = shape.map(() => 0)
  for (let to = 0; to < data.length; to++) {
    const from = index.reduceRight((all, at, dimension) => all * shape[dimension]! + at, 0)
    result[to] = data[from]!
    for (let dimension = shape.length - 1; dimension >= 0 && ++index[dimension]! === shape[dimension]; dimension--)
      index[dimension] = 0
  }
  return result
}

/** Arrays of one shape as one array of one more dimension. */
export function stack(arrays: readonly NdArray[], shape: readonly number[]): NdArray {
  const items = shape.reduce((all, size) => all * size, 1)
  const first = arrays[0]?.data ?? new Float64Array(0)
  const isSame = arrays.every(({ data }) => data.constructor === first.constructor)
  const Kind = (isSame ? first.constructor : Float64Array) as new (length: number) => Float64Array
  const all = new Kind(items * arrays.length)
  for (const [at, { data }] of arrays.entries()) {
    all.set(isSame ? (data as Float64Array) : Float64Array.from(data as Iterable<number>, Number), at * items)
  }
  return new NdArray(all, [arrays.length, ...shape])
}
