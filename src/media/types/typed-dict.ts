import { pythonRepr } from "../python-repr.ts"
import { isDictionary } from "./list.ts"
import { type ColumnType, invalidType, needsOf } from "./type.ts"

export interface TypedDictType extends ColumnType {
  readonly members: ReadonlyMap<string, ColumnType>
}

/** An object with these keys and no other; one that is not there counts as nothing. */
export function typedDictType(members: ReadonlyMap<string, ColumnType>): TypedDictType {
  const assignAll = (assign: (type: ColumnType, key: string) => ColumnType): ColumnType => {
    const next = new Map<string, ColumnType>()
    let isSame = true
    for (const [key, type] of members) {
      const assigned = assign(type, key)
      if (assigned === invalidType) return invalidType
      isSame &&= assigned === type
      next.set(key, assigned)
    }
    return isSame ? self : typedDictType(next)
  }
  const hasOthers = (found: ReadonlyMap<string, unknown>) => [...found.keys()].some((key) => !members.has(key))
  const self: TypedDictType = {
    name: "typedDict",
    members,
    needs: needsOf(members.values()),
    toJson(entryOf) {
      const types = Array.from(members, ([key, type]) => [key, type.toJson(entryOf)] as const)
      return { wb_type: "typedDict", params: { type_map: new Map(types) } }
    },
    assign(value) {
      const found = dictionaryOf(value)
      if (found === undefined || hasOthers(found)) return invalidType
      return assignAll((type, key) => type.assign(found.get(key)))
    },
    assignType(type) {
      if (!isTypedDict(type) || hasOthers(type.members)) return invalidType
      return assignAll((own, key) => own.assignType(type.members.get(key) ?? unknown))
    },
    toString: () => `{${Array.from(members, ([key, type]) => `${pythonRepr(key)}: ${type}`).join(", ")}}`,
  }
  return self
}

/** Stands for a key that the other type does not have. */
const unknown = { name: "unknown" } as ColumnType

export const isTypedDict = (type: ColumnType): type is TypedDictType => type.name === "typedDict"

export function dictionaryOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (value instanceof Map) return value
  return isDictionary(value) ? new Map(Object.entries(value)) : undefined
}
