import { entryPath } from "../core/path.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, MediaDraft, MediaSource } from "../ports.ts"
import { Media } from "./media.ts"
import type { RowRange } from "./rows.ts"
import { Table } from "./table.ts"
import { TableIndex } from "./table-index.ts"
import { isDictionary } from "./types/list.ts"
import { mediaType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"

/** One table of many: all that an artifact holds below a folder, in the order of their paths. */
export class PartitionedTable extends Media {
  static readonly dtype: ColumnType = /* @__PURE__ */ mediaType("partitioned-table")
  readonly logType = "partitioned-table"
  /** The folder of the parts, which holds nothing else. */
  readonly partsPath: string
  readonly #source: MediaSource | undefined

  constructor(partsPath: string, source?: MediaSource) {
    super()
    this.partsPath = entryPath(partsPath, "partsPath")
    this.#source = source
  }

  static async read(json: unknown, source: MediaSource): Promise<PartitionedTable> {
    const { parts_path: path } = isDictionary(json) ? json : {}
    if (typeof path !== "string")
      throw new InvalidArgumentError("partitioned-table", "A partitioned table does not tell its parts_path")
    return new PartitionedTable(path, source)
  }

  async toJson(_: MediaDraft): Promise<unknown> {
    return { _type: this.logType, parts_path: this.partsPath }
  }

  /** Its parts, of one that was read from an artifact. */
  async *parts(options: CallOptions = {}): AsyncGenerator<Table, void, undefined> {
    for (const { path } of this.#read().list(this.partsPath)) {
      const part = await this.#read().get(path, options)
      if (!(part instanceof Table))
        throw new InvalidArgumentError("partitioned-table", `"${path}" among the parts of a table is no table`, { path })
      yield part
    }
  }

  /**
   * The rows of all parts, numbered on from one to the next.
   *
   * @throws InvalidArgumentError when a part has other columns than the first
   */
  async *iterrows({
    start = 0,
    end = Number.POSITIVE_INFINITY,
    signal,
  }: RowRange = {}): AsyncGenerator<[TableIndex, readonly unknown[]], void, undefined> {
    let columns: readonly string[] | undefined
    let at = 0
    for await (const part of this.parts({ signal })) {
      columns ??= part.columns
      if (part.columns.join("\0") !== columns.join("\0")) {
        throw new InvalidArgumentError("partitioned-table", `The parts below "${this.partsPath}" do not have the same columns`)
      }
      for await (const [, row] of part.iterrows({ signal })) {
        if (at >= end) return
        if (at++ >= start) yield [new TableIndex(this, at - 1), row]
      }
    }
  }

  #read(): MediaSource {
    if (this.#source !== undefined) return this.#source
    throw new InvalidArgumentError(
      "partitioned-table",
      "This partitioned table has no parts to read before it was logged; get it from the logged artifact",
    )
  }
}
