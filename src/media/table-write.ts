import { joinChunks } from "../bytes/hash-stream.ts"
import { pullStream } from "../bytes/streams.ts"
import { createUtf8Writer } from "../core/utf8-writer.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Content, MediaDraft, MediaObject } from "../ports.ts"
import { bytesContent, textContent } from "./bytes-content.ts"
import { cellJson } from "./cells.ts"
import { pythonJson, writePythonJson } from "./python-json.ts"
import { ArrayColumns } from "./table-arrays.ts"
import type { Columns } from "./table-columns.ts"
import type { EntryOf } from "./types/type.ts"
import { typedDictType } from "./types/typed-dict.ts"

export interface TableParts {
  readonly columns: Columns
  readonly batches: AsyncIterable<readonly (readonly unknown[])[]>
  /** Whether the types have taken the rows already. */
  readonly isTyped: boolean
  readonly maxRows: number
  /** The members of its file besides. */
  readonly more: Readonly<Record<string, unknown>>
}

/** More bytes of rows than this are kept outside of memory. */
const MAX_HELD = 8 * 1024 * 1024

/**
 * The file of a table as Python writes it. Its rows come behind the types of its columns, which only the last row decides: so rows are
 * written first, to memory or to what the draft keeps, and the file is put together of the three.
 */
export async function writeTable(parts: TableParts, draft: MediaDraft): Promise<{ content: Content; length: number }> {
  const { columns } = parts
  const encoder = new RowEncoder(parts, draft)
  const rows = await hold(encoder.encode(), draft)
  const types = await encoder.types()
  const entries = new Map<MediaObject, Awaited<ReturnType<MediaDraft["add"]>>>()
  const columnTypes = typedDictType(new Map(columns.names.map((name, at) => [name, types[at]!])))
  for (const { object, name } of columnTypes.needs ?? []) {
    if (!entries.has(object)) entries.set(object, await draft.add(object, name))
  }
  const entryOf: EntryOf = (object) => entries.get(object)!
  const { length } = encoder
  const whole = pythonJson(
    {
      ...parts.more,
      _type: "table",
      column_types: columnTypes.toJson(entryOf),
      columns: columns.names,
      data: [],
      ncols: columns.names.length,
      nrows: length,
    },
    "table",
  )
  // Nothing a caller names comes behind the rows, so that the last of these is theirs.
  const at = whole.lastIndexOf('"data": [') + '"data": ['.length
  const content = join([textContent(whole.slice(0, at)), rows, textContent(whole.slice(at))])
  return { content, length }
}

class RowEncoder {
  length = 0
  readonly #parts: TableParts
  readonly #draft: MediaDraft
  readonly #arrays: ArrayColumns

  constructor(parts: TableParts, draft: MediaDraft) {
    this.#parts = parts
    this.#draft = draft
    this.#arrays = new ArrayColumns(parts.columns)
  }

  /** The text of all rows, some at a time. */
  async *encode(): AsyncGenerator<Uint8Array> {
    const { columns, batches, isTyped, maxRows } = this.#parts
    const full: Uint8Array[] = []
    const write = createUtf8Writer((bytes) => full.push(bytes.slice()))
    for await (const batch of batches) {
      this.#draft.signal?.throwIfAborted()
      for (const row of batch) {
        if (!isTyped) columns.take(row, this.length)
        if (this.length >= maxRows) refuseRows(maxRows)
        const cells = this.#row(row)
        if (this.length++ > 0) write(", ")
        writePythonJson(cells instanceof Promise ? await cells : cells, "table", write)
      }
      if (full.length > 0) yield* full.splice(0)
    }
    write()
    yield* full
  }

  /** What its columns are written as, after the last row. */
  async types() {
    return this.#arrays.write(this.#draft)
  }

  #row(row: readonly unknown[]): unknown[] | Promise<unknown[]> {
    const { names } = this.#parts.columns
    let isLate = false
    const cells = row.map((cell, at) => {
      if (typeof cell === "string" || typeof cell === "boolean") return cell
      if (this.#arrays.takes(at, cell)) return null
      const json = cellJson(cell, this.#draft, names[at]!)
      isLate ||= json instanceof Promise
      return json
    })
    return isLate ? Promise.all(cells) : cells
  }
}

function refuseRows(maxRows: number): never {
  throw new InvalidArgumentError(
    "table",
    `The table has more than ${maxRows} rows, which is what W&B shows of one. Pass maxRows to the table to write more, or log a PartitionedTable of several`,
  )
}

/** Bytes in memory as long as they are few. */
async function hold(chunks: AsyncGenerator<Uint8Array>, draft: MediaDraft): Promise<Content> {
  const held: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await chunks.next()
    if (done) return bytesContent(joinChunks(held, size))
    held.push(value)
    size += value.byteLength
    if (size > MAX_HELD) break
  }
  const pull = async () => held.shift() ?? (await chunks.next()).value
  const stream = () => pullStream({ pull, cancel: async () => void (await chunks.return(undefined)) })
  return draft.keep({ stability: "once", stream })
}

/** One content behind the other. */
function join(contents: readonly Content[]): Content {
  const size = contents.reduce((all, one) => all + one.size!, 0)
  return {
    stability: "frozen",
    size,
    stream({ signal } = {}) {
      const left = [...contents]
      let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
      const pull = async (): Promise<Uint8Array | undefined> => {
        for (;;) {
          reader ??= left.shift()?.stream({ signal }).getReader()
          const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
          if (!done && value !== undefined) return value
          if (left.length === 0) return undefined
          reader = undefined
        }
      }
      return pullStream({ pull, cancel: (reason) => reader?.cancel(reason) }, signal)
    },
  }
}
