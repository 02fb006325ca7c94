import { readAll } from "../bytes/hash-stream.ts"
import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { CallOptions, Content, MediaDraft } from "../ports.ts"
import type { ArrowLibrary, ToArrowOptions } from "./arrow-table.ts"
import { Media } from "./media.ts"
import { cellsOf, memoryRows, type RowInput, type RowRange, type RowSource } from "./rows.ts"
import { Columns, checkNames } from "./table-columns.ts"
import { TableIndex } from "./table-index.ts"
import { type InputOptions, namesOf, openInput, type TableInput } from "./table-input.ts"
import { incrementsOf, type LogMode, logModes, MAX_ARTIFACT_ROWS, type TableOptions, type TableState } from "./table-options.ts"
import { type Dtype, toType } from "./types/dtype.ts"
import { unknownType } from "./types/infer.ts"
import { foreignKeyType, isForeign, primaryKeyType } from "./types/keys.ts"
import { tableType } from "./types/table.ts"
import type { ColumnType } from "./types/type.ts"
import { typedDictType } from "./types/typed-dict.ts"

/**
 * Rows of typed cells: numbers, text, dates, lists, media. What a column takes is found from its cells as in Python, unless it is told.
 *
 * @example
 * const table = new Table({ columns: ["id", "photo"] })
 * table.addData(1, new Image(file))
 * await artifact.add(table, "photos")
 */
export class Table extends Media {
  static readonly dtype: ColumnType = /* @__PURE__ */ tableType(/* @__PURE__ */ typedDictType(/* @__PURE__ */ new Map()))
  readonly logType = "table"
  #revision = 0
  #rows: unknown[][] | undefined
  #columns: Columns
  #source: RowSource
  #isTyped = true
  readonly #maxRows: number
  readonly #more: Readonly<Record<string, unknown>>

  /** @throws InvalidArgumentError when a row does not fit, naming the row and the column */
  constructor(options: TableOptions = {}, state?: TableState) {
    super()
    const { data = [], logMode = "IMMUTABLE", maxRows = MAX_ARTIFACT_ROWS } = options
    if (!logModes.includes(logMode)) throw new InvalidArgumentError("logMode", `logMode must be one of ${logModes.join(", ")}`)
    this.#maxRows = state?.maxRows ?? maxRows
    this.#more = { log_mode: logMode, ...incrementsOf(logMode), ...state?.more }
    if (state !== undefined) {
      this.#columns = state.columns
      this.#source = state.source
      this.#isTyped = state.isTyped
      return
    }
    if (!Array.isArray(data))
      throw new InvalidArgumentError("data", "data must be a list of rows; for anything else there is Table.from")
    const first: RowInput | undefined = data[0]
    this.#columns = Columns.of(options.columns ?? namesOf(first), options)
    this.#rows = []
    this.#source = memoryRows(this.#rows)
    for (const row of data) this.#append(row)
  }

  /**
   * A table whose rows are read when it is written or gone through, so that it never has to be in memory: of any iterable of rows, an Arrow
   * table, or a CSV or Parquet file.
   *
   * @throws InvalidArgumentError when the source is none of those
   */
  static async from(source: TableInput, options: Omit<TableOptions, "data"> & InputOptions = {}): Promise<Table> {
    const opened = await openInput(source, options)
    const columns = Columns.of(options.columns ?? opened.columns, options)
    return new Table(options, {
      columns,
      source: opened.rows(columns),
      isTyped: false,
      maxRows: options.maxRows,
    })
  }

  /** Grows with each change. */
  get revision(): number {
    return this.#revision
  }

  get columns(): readonly string[] {
    return this.#columns.names
  }

  /** What each column takes; of rows that were not read yet, what was declared. */
  get columnTypes(): ReadonlyMap<string, ColumnType> {
    const { names, types } = this.#columns
    return new Map(names.map((name, at) => [name, types[at]!]))
  }

  /** Rows; undefined as long as not all of them were read. */
  get length(): number | undefined {
    return this.#source.length
  }

  get logMode(): LogMode {
    return this.#more.log_mode as LogMode
  }

  /** The rows of a table in memory: made by its constructor, or after `load`. */
  get data(): readonly (readonly unknown[])[] {
    return this.#loaded("data")
  }

  /** The primary key, if there is one. */
  get primaryKey(): string | undefined {
    return this.#columns.names.find((_, at) => this.#columns.types[at]!.name === "primaryKey")
  }

  /** The table that a column of keys or indexes points into. */
  foreignTable(column: string): Table | undefined {
    const type = this.#columns.types[this.#columns.indexOf(column)]!
    return isForeign(type) ? (type.table as Table) : undefined
  }

  /** Reads all rows into memory, so that they can be changed. */
  async load(options: CallOptions = {}): Promise<this> {
    if (this.#rows !== undefined) return this
    const rows: unknown[][] = []
    const { columns } = this
    for await (const batch of this.#source.open(options)) {
      for (const row of batch) {
        if (!this.#isTyped) this.#columns.take(row, rows.length)
        rows.push(row.length === columns.length ? [...row] : cellsOf(row, columns, rows.length))
      }
    }
    this.#rows = rows
    this.#source = memoryRows(rows)
    this.#isTyped = true
    return this
  }

  /** Adds a row. @throws InvalidArgumentError when it has other columns, or a cell that its column does not take */
  addData(...row: readonly unknown[]): void {
    this.#append(row)
    this.#revision++
  }

  /** Adds a column. @throws InvalidArgumentError when its name is taken, or there are more or fewer cells than rows */
  addColumn(name: string, data: Iterable<unknown>, { optional = false }: { readonly optional?: boolean | undefined } = {}): void {
    const rows = this.#loaded("addColumn")
    this.#refuseIncrements("addColumn")
    checkNames([...this.#columns.names, name])
    const cells = [...data]
    const isFirst = this.#columns.names.length === 0 && rows.length === 0
    if (!isFirst && cells.length !== rows.length) {
      throw new InvalidArgumentError("data", `Expected ${rows.length} cells for the column "${name}", found ${cells.length}`)
    }
    const type = this.#columns.cast(name, unknownType, optional, cells)
    if (isFirst) for (const cell of cells) rows.push([cell])
    else for (const [at, cell] of cells.entries()) rows[at]!.push(cell)
    this.#columns.names.push(name)
    this.#columns.types.push(type)
    this.#revision++
  }

  /** Adds the columns that `compute` makes of each row. */
  async addComputedColumns(
    compute: (
      index: number,
      row: Readonly<Record<string, unknown>>,
    ) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>,
  ): Promise<void> {
    const rows = this.#loaded("addComputedColumns")
    this.#refuseIncrements("addComputedColumns")
    const computed = new Map<string, unknown[]>()
    for (const [index, row] of rows.entries()) {
      const cells = await compute(index, this.#record(row))
      for (const name of Object.keys(cells)) if (!computed.has(name)) computed.set(name, Array(rows.length).fill(null))
      for (const [name, column] of computed) column[index] = cells[name]
    }
    for (const [name, column] of computed) this.addColumn(name, column)
  }

  /** Declares what a column takes. @throws InvalidArgumentError when a cell is something else */
  cast(column: string, dtype: Dtype, { optional = false }: { readonly optional?: boolean | undefined } = {}): ColumnType {
    const index = this.#columns.indexOf(column)
    const type = toType(dtype)
    if (isForeign(type) && type.table === this) throw new InvalidArgumentError("dtype", "A table cannot point into itself")
    const next = this.#columns.cast(
      column,
      type,
      optional,
      this.#loaded("cast").map((row) => row[index]),
    )
    this.#columns.types = this.#columns.types.with(index, next)
    this.#revision++
    return next
  }

  /** Makes a column of text the one by which other tables name the rows of this. */
  setPk(column: string): void {
    this.cast(column, primaryKeyType)
  }

  /** Makes a column of text name the rows of `table`, by what they have in `tableColumn`. */
  setFk(column: string, table: Table, tableColumn: string): void {
    if (!(table instanceof Table)) throw new InvalidArgumentError("table", "setFk takes a Table to point into")
    if (!table.columns.includes(tableColumn))
      throw new InvalidArgumentError("tableColumn", `That table has no column "${tableColumn}"`)
    this.cast(column, foreignKeyType(table, tableColumn))
  }

  /** The cells of a column, in the order of the rows. */
  async getColumn(name: string, options: RowRange = {}): Promise<unknown[]> {
    const index = this.#columns.indexOf(name)
    const cells: unknown[] = []
    for await (const batch of this.#source.open(options)) for (const row of batch) cells.push(row[index])
    return cells
  }

  /** The numbers of all rows, each remembering this table. */
  async getIndex(options: CallOptions = {}): Promise<TableIndex[]> {
    const indexes: TableIndex[] = []
    for await (const [index] of this.iterrows(options)) indexes.push(index)
    return indexes
  }

  /** The number of a row that remembers this table: in a row of another one it points here. */
  indexRef(index: number): TableIndex {
    const { length } = this
    if (Number.isSafeInteger(index) && index >= 0 && (length === undefined || index < length)) return new TableIndex(this, index)
    throw new InvalidArgumentError(
      "index",
      `There is no row ${index} in this table${length === undefined ? "" : ` of ${length} rows`}`,
    )
  }

  /** Rows one after the other, with their number; no more than a few of them are in memory. */
  async *iterrows(options: RowRange = {}): AsyncGenerator<[TableIndex, readonly unknown[]], void, undefined> {
    let at = options.start ?? 0
    for await (const batch of this.#source.open(options)) for (const row of batch) yield [new TableIndex(this, at++), row]
  }

  /** Rows as objects. */
  async toObjects(options: RowRange = {}): Promise<Record<string, unknown>[]> {
    const objects: Record<string, unknown>[] = []
    for await (const batch of this.#source.open(options)) for (const row of batch) objects.push(this.#record(row))
    return objects
  }

  /** As Arrow holds it: `await table.toArrow(arrow)`, where `arrow` is the module `apache-arrow`. @throws InvalidArgumentError for a column of media or of several types */
  async toArrow<L extends ArrowLibrary>(library: L, options: ToArrowOptions = {}): Promise<ReturnType<L["tableFromArrays"]>> {
    const { makeArrow } = await import("./arrow.ts")
    return (await makeArrow(library, this, options)) as ReturnType<L["tableFromArrays"]>
  }

  override columnType(): ColumnType {
    return tableType(typedDictType(this.columnTypes))
  }

  override async toContent(draft: MediaDraft): Promise<Content> {
    const { writeTable } = await import("./table-write.ts")
    const { content, length } = await writeTable(
      {
        columns: this.#columns,
        batches: this.#source.open(draft),
        isTyped: this.#isTyped,
        maxRows: this.#maxRows,
        more: this.#more,
      },
      draft,
    )
    if (this.length === undefined) this.#source = { ...this.#source, length }
    return content
  }

  /** A table in a cell of another stands there as a whole. */
  async toJson(draft: MediaDraft): Promise<unknown> {
    const { readPythonJson } = await import("./python-json-read.ts")
    const bytes = await readAll(await this.toContent(draft), { signal: draft.signal })
    return readPythonJson(new TextDecoder().decode(bytes), "table")
  }

  #append(row: RowInput): void {
    const rows = this.#loaded("addData")
    const cells = [...cellsOf(row, this.#columns.names, rows.length)]
    this.#columns.take(cells, rows.length)
    rows.push(cells)
  }

  #record(row: readonly unknown[]): Record<string, unknown> {
    return Object.fromEntries(this.#columns.names.map((name, at) => [name, row[at]]))
  }

  #loaded(operation: string): unknown[][] {
    if (this.#rows !== undefined) return this.#rows
    throw new UnsupportedError(`The rows of this table are not in memory, as ${operation} needs; await table.load() before`)
  }

  #refuseIncrements(operation: string): void {
    if (this.logMode === "INCREMENTAL")
      throw new UnsupportedError(`${operation} changes rows that an incremental table has logged; it only takes further rows`)
  }
}
