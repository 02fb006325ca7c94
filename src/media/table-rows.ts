import { readAll } from "../bytes/hash-stream.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { MediaSource } from "../ports.ts"
import type { NdArray } from "./ndarray.ts"
import { readInline } from "./read.ts"
import type { RowRange, RowSource } from "./rows.ts"
import { arrayTypeOf } from "./table-arrays.ts"
import type { ColumnType } from "./types/type.ts"
import { isUnion } from "./types/union.ts"

/** Where a table stands, and what points to it on the way here. */
export interface Place {
  readonly source: MediaSource
  readonly path: string
  readonly within: readonly string[]
}

type Decode = (cell: unknown, row: number) => unknown

/** The rows of a file as they are used: dates, arrays of files beside it, media. */
export function decodeRows(
  open: RowSource["open"],
  columns: readonly string[],
  types: readonly ColumnType[],
  place: Place,
): RowSource {
  let length: number | undefined
  return {
    get length() {
      return length
    },
    async *open(range: RowRange) {
      const decoders = await decodersOf(types, place, range)
      let at = range.start ?? 0
      for await (const batch of open(range)) {
        const rows: unknown[][] = []
        for (const row of batch) {
          if (row.length !== columns.length) fail(place.path, `row ${at} has ${row.length} cells for ${columns.length} columns`)
          const decoded = decodeRow(row, decoders, at++, place, range)
          rows.push(decoded instanceof Promise ? await decoded : decoded)
        }
        yield rows
      }
      if (range.end === undefined || at < range.end) length = at
    },
  }
}

function decodeRow(
  row: readonly unknown[],
  decoders: readonly (Decode | undefined)[],
  at: number,
  place: Place,
  { signal }: RowRange,
) {
  let isLate = false
  const cells = row.map((cell, column) => {
    const decode = decoders[column]
    if (decode !== undefined) return decode(cell, at)
    if (typeof cell !== "object" || cell === null || !("_type" in cell)) return cell
    isLate = true
    return readInline(cell as { _type: unknown }, place, { signal })
  })
  return isLate ? Promise.all(cells) : cells
}

/** How to read the cells of columns that JSON cannot hold. */
async function decodersOf(types: readonly ColumnType[], place: Place, { signal }: RowRange): Promise<(Decode | undefined)[]> {
  const files = new Map<string, Uint8Array>()
  const read = async (path: string) => {
    const bytes = files.get(path) ?? (await bytesOf(place.source, path, signal))
    files.set(path, bytes)
    return bytes
  }
  const decoders: (Decode | undefined)[] = []
  for (const type of types) {
    const kept = arrayTypeOf(type)?.serializationPath
    if (kept) decoders.push(decodeArrays(await readArray(await read(kept.path), kept.key, kept.path), place.path))
    else decoders.push(isTimestamp(type) ? decodeDate : undefined)
  }
  return decoders
}

async function readArray(bytes: Uint8Array, key: string, path: string): Promise<NdArray> {
  const { readNpz } = await import("./npz.ts")
  return readNpz(bytes, key, path)
}

function decodeArrays(array: NdArray, path: string): Decode {
  const [rows = 0] = array.shape
  return (_, row) => (row < rows ? array.at(row) : fail(path, `row ${row} has no array in the file beside it`))
}

const isTimestamp = (type: ColumnType): boolean =>
  type.name === "timestamp" || (isUnion(type) && type.allowed.some(({ name }) => name === "timestamp"))

const decodeDate: Decode = (cell) => (typeof cell === "number" ? new Date(cell) : cell)

async function bytesOf(source: MediaSource, path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return readAll(await source.open(path, { signal }), { signal })
}

function fail(path: string, problem: string): never {
  throw new InvalidArgumentError("table", `"${path}" is no table that can be read: ${problem}`, { path })
}
