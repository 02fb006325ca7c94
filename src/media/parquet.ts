import type { Compressors, FileMetaData } from "hyparquet/src/index.js"
import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import { columnPlaces, cutRows, plainNumber } from "./batches.ts"
import type { RowRange } from "./rows.ts"
import type { OpenedInput } from "./table-input.ts"

/** Decompressors that hyparquet brings itself. */
const builtin: readonly string[] = ["UNCOMPRESSED", "SNAPPY"]

/** Rows of a Parquet file, of which one group of rows is in memory at a time, and of that the columns asked for. */
export async function openParquet(blob: Blob): Promise<OpenedInput> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet/src/index.js")
  const file = { byteLength: blob.size, slice: (start: number, end?: number) => blob.slice(start, end).arrayBuffer() }
  const metadata = await refusing(() => parquetMetadataAsync(file))
  const header = parquetSchema(metadata).children.map(({ element }) => element.name)
  const compressors = await compressorsFor(metadata)
  return {
    columns: header,
    rows({ names }) {
      columnPlaces(names, header)
      const read = (rowStart: number, rowEnd: number) =>
        refusing(() => parquetReadObjects({ file, metadata, compressors, columns: [...names], rowStart, rowEnd }))
      async function* open({ signal }: RowRange) {
        let at = 0
        for (const { num_rows: count } of metadata.row_groups) {
          signal?.throwIfAborted()
          const rows = await read(at, at + Number(count))
          at += Number(count)
          yield rows.map((row) => names.map((name) => plain(row[name])))
        }
      }
      return cutRows(Number(metadata.num_rows), open)
    },
  }
}

/** What unpacks the pages of this file, loaded when it is needed. */
async function compressorsFor({ row_groups: groups }: FileMetaData): Promise<Compressors> {
  const codecs = groups.flatMap(({ columns }) => columns.map(({ meta_data: column }) => column?.codec ?? "UNCOMPRESSED"))
  const compressors: Compressors = {}
  for (const codec of new Set(codecs)) {
    if (codec === "GZIP") compressors[codec] = (await import("fflate")).gunzipSync
    else if (codec === "ZSTD") compressors[codec] = zstd(await import("fzstd"))
    else if (!builtin.includes(codec)) {
      throw new UnsupportedError(
        `This Parquet file is packed by ${codec}, which nothing here unpacks; write it with compression "snappy", "gzip" or "zstd"`,
      )
    }
  }
  return compressors
}

const zstd =
  ({ decompress }: typeof import("fzstd")) =>
  (page: Uint8Array, size: number) =>
    decompress(page, new Uint8Array(size))

async function refusing<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidArgumentError("source", `The Parquet file cannot be read: ${problem}`, {}, { cause })
  }
}

function plain(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === "bigint") return plainNumber(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
