import type { Entry } from "../../core/entry.ts"
import type { MediaObject } from "../../ports.ts"
import { compareCodePoints } from "../python-json.ts"

/**
 * What a table column takes, as W&B writes it into tables: `{ wb_type, params }`. A column's type is found by assigning its values one by
 * one. The rules are those of Python's `wandb.sdk.data_types._dtypes`, surprises included, since Python checks every row of a table by them
 * when it opens it.
 */
export interface ColumnType {
  /** The `wb_type`. */
  readonly name: string
  /** What its JSON names besides: added to the artifact first, under the name given unless they are in it already. */
  readonly needs?: readonly Need[]
  /** @param entryOf the entries of what it needs */
  toJson(entryOf: EntryOf): TypeJson
  /** The type of a column of this type that has taken `value` too; `invalidType` when it does not take it. */
  assign(value: unknown): ColumnType
  /** The same for whatever `type` takes. */
  assignType(type: ColumnType): ColumnType
  /** Python's `str()` of it, by which unions are sorted. */
  toString(): string
}

export interface Need {
  readonly object: MediaObject
  readonly name: string
}

export type EntryOf = (object: MediaObject) => Pick<Entry, "path" | "digest">

export interface TypeJson {
  readonly wb_type: string
  readonly params?: { readonly [name: string]: unknown } | undefined
}

/** What no value can be assigned to: the outcome of an assignment that was refused. */
export const invalidType: ColumnType = {
  name: "invalid",
  toJson: () => ({ wb_type: "invalid" }),
  assign: () => invalidType,
  assignType: () => invalidType,
  toString: () => "Invalid",
}

/** A type without parameters. */
export function plainType(
  name: string,
  takes: (value: unknown) => boolean,
  takesType: (type: ColumnType) => boolean = (type) => type.name === name,
): ColumnType {
  const self: ColumnType = {
    name,
    toJson: () => ({ wb_type: name }),
    assign: (value) => (takes(value) ? self : invalidType),
    assignType: (type) => (takesType(type) ? self : invalidType),
    toString: () => capitalize(name),
  }
  return self
}

/** Python's `str.capitalize`. */
export const capitalize = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).toLowerCase()

/** What a type that is made of others needs. */
export const needsOf = (types: Iterable<ColumnType>): Need[] => Array.from(types, ({ needs = [] }) => needs).flat()

/** The order in which unions keep their members. */
export function sortTypes(types: readonly ColumnType[]): ColumnType[] {
  const named = types.map((type) => [String(type), type] as const)
  return named.sort(([a], [b]) => compareCodePoints(a, b)).map(([, type]) => type)
}

export const isNone = (value: unknown): boolean => value === null || value === undefined || Number.isNaN(value)
