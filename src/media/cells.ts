import { InvalidArgumentError } from "../errors.ts"
import type { MediaDraft } from "../ports.ts"
import { Media } from "./media.ts"
import { NdArray } from "./ndarray.ts"
import { PyFloat } from "./python-number.ts"
import { TableIndex } from "./table-index.ts"
import { isDictionary } from "./types/list.ts"

/**
 * What stands in a table for a cell: media as its JSON, dates as milliseconds, sets and typed arrays as lists, NaN as nothing. A promise only
 * where media is in it, which adds its files to `draft`: a table of plain values is written without waiting.
 */
export function cellJson(value: unknown, draft: MediaDraft, place: string): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return value
    case "number":
      return Number.isNaN(value) ? null : value
    case "undefined":
      return null
    case "object":
      return value === null ? null : objectJson(value, draft, place)
    default:
      return refuse(place)
  }
}

function objectJson(value: object, draft: MediaDraft, place: string): unknown {
  if (value instanceof Media) return value.toJson(draft)
  if (value instanceof Date) return dateJson(value, place)
  if (value instanceof PyFloat) return Number.isNaN(value.value) ? null : value
  if (value instanceof TableIndex) return value.index
  if (value instanceof NdArray) return listJson(value.toArray(), draft, place)
  if (Array.isArray(value)) return listJson(value, draft, place)
  if (value instanceof Set || (ArrayBuffer.isView(value) && Symbol.iterator in value)) {
    return listJson([...(value as Iterable<unknown>)], draft, place)
  }
  if (value instanceof Map)
    return dictionaryJson(
      Array.from(value, ([key, item]) => [String(key), item]),
      draft,
      place,
    )
  if (isDictionary(value)) return dictionaryJson(Object.entries(value), draft, place)
  return refuse(place)
}

function dateJson(value: Date, place: string): number {
  const time = value.getTime()
  if (Number.isNaN(time)) throw new InvalidArgumentError(place, `${place} is an invalid Date`)
  return time
}

function listJson(items: readonly unknown[], draft: MediaDraft, place: string): unknown {
  return together(items.map((item, at) => cellJson(item, draft, `${place}[${at}]`)))
}

function dictionaryJson(entries: readonly (readonly [string, unknown])[], draft: MediaDraft, place: string): unknown {
  const values = together(entries.map(([key, item]) => cellJson(item, draft, `${place}.${key}`)))
  const join = (found: readonly unknown[]) => new Map(entries.map(([key], at) => [key, found[at]]))
  return values instanceof Promise ? values.then(join) : join(values)
}

/** One after the other would be slow, and all of many at once too much: what needs waiting for is waited for in turn. */
function together(values: unknown[]): unknown[] | Promise<unknown[]> {
  if (!values.some((value) => value instanceof Promise)) return values
  return Promise.all(values)
}

function refuse(place: string): never {
  throw new InvalidArgumentError(
    place,
    `${place} holds what a table cannot keep; use a string, a number, or one of the media classes`,
  )
}
