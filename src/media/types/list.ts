import { type ColumnType, invalidType, needsOf } from "./type.ts"

export interface ListType extends ColumnType {
  readonly element: ColumnType
  readonly length: number | null
}

/** A list whose items are of one type. Its length is that of the last list assigned. */
export function listType(element: ColumnType, length: number | null = null): ListType {
  const self: ListType = {
    name: "list",
    element,
    length,
    needs: needsOf([element]),
    toJson: (entryOf) => ({ wb_type: "list", params: { element_type: element.toJson(entryOf), length } }),
    assign(value) {
      const items = itemsOf(value)
      if (items === undefined) return invalidType
      let next = element
      for (const item of items) {
        next = next.assign(item)
        if (next === invalidType) return invalidType
      }
      return next === element && items.length === length ? self : listType(next, items.length)
    },
    assignType(type) {
      if (!isList(type)) return invalidType
      const next = element.assignType(type.element)
      return next === invalidType ? invalidType : listType(next, type.length === length ? length : null)
    },
    toString: () => `${element}[]`,
  }
  return self
}

export const isList = (type: ColumnType): type is ListType => type.name === "list"

/** Whatever Python can go through: text gives its characters, an object its keys. */
function itemsOf(value: unknown): unknown[] | undefined {
  if (typeof value === "string") return Array.from(value)
  if (typeof value !== "object" || value === null) return undefined
  if (value instanceof Map) return [...value.keys()]
  if (Symbol.iterator in value) return Array.isArray(value) ? value : Array.from(value as Iterable<unknown>)
  return isDictionary(value) ? Object.keys(value) : undefined
}

/** A plain object. */
export function isDictionary(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
