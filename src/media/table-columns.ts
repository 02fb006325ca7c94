import { InvalidArgumentError } from "../errors.ts"
import { TableIndex } from "./table-index.ts"
import { type Dtype, toType } from "./types/dtype.ts"
import { inferType, unknownType } from "./types/infer.ts"
import { isKey } from "./types/keys.ts"
import { readableType } from "./types/readable.ts"
import { anyType } from "./types/simple.ts"
import { type ColumnType, invalidType } from "./types/type.ts"
import { optionalType } from "./types/union.ts"

export interface ColumnOptions {
  /** What the columns take: one for all, or one for each. Default: what their cells turn out to be. */
  readonly dtype?: Dtype
  /** Whether cells may be empty: one for all, or one for each column. Default true. */
  readonly optional?: boolean | readonly boolean[] | undefined
  /** Let every cell be anything. */
  readonly allowMixedTypes?: boolean | undefined
}

/** The columns of a table and what they are known to take, which narrows as rows come. */
export class Columns {
  readonly names: string[]
  types: ColumnType[]

  constructor(names: readonly string[], types: readonly ColumnType[]) {
    this.names = [...names]
    this.types = [...types]
  }

  static of(names: readonly string[], { dtype, optional = true, allowMixedTypes = false }: ColumnOptions): Columns {
    checkNames(names)
    const types = perColumn(allowMixedTypes ? anyType : dtype, names, "dtype")
    const optionals = perColumn(optional, names, "optional")
    return new Columns(
      names,
      types.map((type, at) => declare(names[at]!, toType(type), optionals[at] === true)),
    )
  }

  /** @throws InvalidArgumentError when there is no such column */
  indexOf(name: string): number {
    const index = this.names.indexOf(name)
    if (index >= 0) return index
    throw new InvalidArgumentError(
      "column",
      `There is no column "${name}" in this table; it has ${this.names.join(", ") || "none"}`,
    )
  }

  /** Takes the row of that number, all of it or nothing. @throws InvalidArgumentError naming the column whose type does not take its cell */
  take(row: readonly unknown[], number: number): void {
    let changed: ColumnType[] | undefined
    for (let at = 0; at < row.length; at++) {
      const type = this.types[at]!
      const cell = row[at]
      const next = (cell instanceof TableIndex && type.name !== "foreignIndex" ? unknownType : type).assign(cell)
      if (next === type) continue
      if (next === invalidType)
        throw new InvalidArgumentError(`row ${number}`, refusal(`row ${number}`, this.names[at]!, type, cell))
      changed ??= [...this.types]
      changed[at] = readableType(next)
    }
    if (changed !== undefined) this.types = changed
  }

  /** The type of a column after all of `cells` were taken by it. */
  cast(name: string, type: ColumnType, optional: boolean, cells: Iterable<unknown>): ColumnType {
    let next = declare(name, type, optional)
    for (const cell of cells) {
      const before = next
      next = next.assign(cell)
      if (next === invalidType) throw new InvalidArgumentError(`column "${name}"`, refusal("data", name, before, cell))
    }
    const other = this.names.find((each, at) => each !== name && this.types[at]!.name === "primaryKey")
    if (next.name === "primaryKey" && other !== undefined) {
      throw new InvalidArgumentError("column", `"${other}" is the primary key of this table already, and it can have only one`)
    }
    return readableType(next)
  }
}

function declare(name: string, type: ColumnType, optional: boolean): ColumnType {
  if (!optional) return type
  if (!isKey(type)) return optionalType(type)
  throw new InvalidArgumentError("optional", `"${name}" is a key, and keys are never empty; pass optional: false for it`)
}

export function checkNames(names: readonly string[]): void {
  const wrong = names.find((name) => typeof name !== "string")
  if (wrong !== undefined) throw new InvalidArgumentError("columns", "columns must be a list of names, each of them a string")
  const twice = names.length === new Set(names).size ? undefined : names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new InvalidArgumentError("columns", `The column "${twice}" comes twice`)
}

function perColumn<T>(value: T | readonly T[], names: readonly string[], argument: string): readonly T[] {
  if (!Array.isArray(value)) return names.map(() => value as T)
  if (value.length === names.length) return value
  throw new InvalidArgumentError(
    argument,
    `${argument} has ${value.length} items for ${names.length} columns; give one for all, or a list with one for each`,
  )
}

function refusal(place: string, name: string, type: ColumnType, cell: unknown): string {
  return (
    `${place} has a cell in "${name}" that is of type ${inferType(cell)}, but the column takes ${type}. ` +
    "Make it of one type, or pass allowMixedTypes: true"
  )
}
