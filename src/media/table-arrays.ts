import { InvalidArgumentError } from "../errors.ts"
import type { MediaDraft } from "../ports.ts"
import { bytesContent } from "./bytes-content.ts"
import { NdArray, type TypedArray } from "./ndarray.ts"
import type { Columns } from "./table-columns.ts"
import { listType } from "./types/list.ts"
import { isNdArray, type NdArrayType, ndarrayType } from "./types/ndarray.ts"
import { numberType } from "./types/simple.ts"
import { type ColumnType, isNone } from "./types/type.ts"
import { isUnion, optionalType, unionType } from "./types/union.ts"

/** What W&B calls an embedding: arrays of one dimension and not more numbers than this stand in the rows themselves. */
const MAX_EMBEDDING = 150

/** The arrays that a column takes, if it takes arrays. */
export function arrayTypeOf(type: ColumnType): NdArrayType | undefined {
  if (isNdArray(type)) return type
  return isUnion(type) ? type.allowed.find(isNdArray) : undefined
}

const isEmbedding = ({ shape }: NdArrayType) => shape.length === 1 && shape[0]! <= MAX_EMBEDDING

/** What comes of the columns that hold arrays while their table is written. */
export class ArrayColumns {
  readonly #columns: Columns
  readonly #kept = new Map<number, unknown[]>()
  /** Embeddings of which a row has none, or none of its numbers. */
  readonly #empty = new Set<number>()
  readonly #holed = new Set<number>()

  constructor(columns: Columns) {
    this.#columns = columns
  }

  /** Whether a cell is kept in a file beside the table's. */
  takes(at: number, cell: unknown): boolean {
    const type = this.#columns.types[at]!
    const arrays = type.name === "union" || type.name === "ndarray" ? arrayTypeOf(type) : undefined
    if (arrays === undefined) return false
    if (isEmbedding(arrays)) {
      if (isNone(cell)) this.#empty.add(at)
      else if (!this.#holed.has(at) && hasHole(cell)) this.#holed.add(at)
      return false
    }
    const kept = this.#kept.get(at)
    if (kept === undefined) this.#kept.set(at, [cell])
    else kept.push(cell)
    return true
  }

  /** Writes the arrays that are kept apart, and tells as what each column is written. */
  async write(draft: MediaDraft): Promise<ColumnType[]> {
    const types = [...this.#columns.types]
    for (const [at, type] of types.entries()) {
      const arrays = arrayTypeOf(type)
      if (arrays === undefined) continue
      if (isEmbedding(arrays)) types[at] = this.#embeddingType(at, arrays)
      else types[at] = await writeColumn(this.#columns.names[at]!, type, arrays, this.#kept.get(at) ?? [], draft)
    }
    return types
  }

  /** A list of numbers, as in Python, which cannot read its own where numbers are missing unless the type says that they may. */
  #embeddingType(at: number, { shape }: NdArrayType): ColumnType {
    const list = listType(this.#holed.has(at) ? optionalType(numberType) : numberType, shape[0]!)
    return this.#empty.has(at) ? optionalType(list) : list
  }
}

function hasHole(cell: unknown): boolean {
  const items = cell instanceof NdArray ? cell.data : (cell as ArrayLike<unknown>)
  return Array.prototype.some.call(items, isNone)
}

async function writeColumn(
  name: string,
  type: ColumnType,
  arrays: NdArrayType,
  cells: readonly unknown[],
  draft: MediaDraft,
): Promise<ColumnType> {
  const missing = cells.findIndex(isNone)
  if (missing >= 0) {
    throw new InvalidArgumentError(
      "table",
      `Row ${missing} has no array in "${name}"; a column of arrays of this size needs one in every row`,
    )
  }
  const { stack, writeNpz } = await import("./npz.ts")
  const bytes = writeNpz({ [name]: stack(cells.map(toNdArray), arrays.shape) })
  // What stands before the first dot becomes the digest, so a name without one keeps nothing of the column's.
  const { path } = await draft.addFile(bytesContent(bytes), { name: "media/serialized_data/column.npz", isTmp: true })
  const written = ndarrayType(arrays.shape, { path, key: name })
  return isUnion(type) ? unionType(type.allowed.map((one) => (one === arrays ? written : one))) : written
}

function toNdArray(cell: unknown): NdArray {
  if (cell instanceof NdArray) return cell
  if (ArrayBuffer.isView(cell)) return new NdArray(cell as TypedArray)
  const shape: number[] = []
  for (let at = cell; Array.isArray(at); at = at[0]) shape.push(at.length)
  return new NdArray(Float64Array.from((cell as unknown[]).flat(Number.POSITIVE_INFINITY) as number[]), shape)
}
