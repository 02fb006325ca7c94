import { noneType } from "./simple.ts"
import { type ColumnType, invalidType, needsOf, sortTypes } from "./type.ts"

export interface UnionType extends ColumnType {
  readonly allowed: readonly ColumnType[]
}

/** Any of several types, sorted; a union within is taken apart. */
export function unionType(types: readonly ColumnType[]): UnionType {
  const allowed = sortTypes(flatten(types))
  const self: UnionType = {
    name: "union",
    allowed,
    needs: needsOf(allowed),
    toJson: (entryOf) => ({ wb_type: "union", params: { allowed_types: allowed.map((type) => type.toJson(entryOf)) } }),
    assign(value) {
      const next = assignTo(allowed, (type) => type.assign(value))
      return next === allowed ? self : next === undefined ? invalidType : unionType(next)
    },
    assignType(type) {
      let next: readonly ColumnType[] | undefined = allowed
      for (const one of isUnion(type) ? type.allowed : [type]) next = next && assignTo(next, (member) => member.assignType(one))
      return next === allowed ? self : next === undefined ? invalidType : unionType(next)
    },
    toString: () => allowed.join(" or "),
  }
  return self
}

/** `type` or nothing at all. */
export function optionalType(type: ColumnType): UnionType {
  return unionType([type, noneType])
}

export function isUnion(type: ColumnType): type is UnionType {
  return type.name === "union"
}

function flatten(types: readonly ColumnType[]): ColumnType[] {
  return types.flatMap((type) => (isUnion(type) ? flatten(type.allowed) : [type]))
}

/** The members after the first that takes it did so: an unknown one comes last. The same array when nothing has changed. */
function assignTo(allowed: readonly ColumnType[], assign: (type: ColumnType) => ColumnType): readonly ColumnType[] | undefined {
  let unknown = -1
  for (let at = 0; at < allowed.length; at++) {
    const type = allowed[at]!
    if (type.name === "unknown") {
      unknown = at
      continue
    }
    const next = assign(type)
    if (next === invalidType) continue
    if (next === type) return allowed
    return sortTypes(flatten(allowed.with(at, next)))
  }
  if (unknown < 0) return undefined
  const next = assign(allowed[unknown]!)
  return next === invalidType ? undefined : sortTypes(flatten(allowed.with(unknown, next)))
}
