import { InvalidArgumentError } from "../../errors.ts"
import { constType } from "./const.ts"
import { pythonObjectType, unknownType } from "./infer.ts"
import { isDictionary, listType } from "./list.ts"
import { ndarrayType, type SerializationPath } from "./ndarray.ts"
import { anyType, artifactVersionType, booleanType, noneType, numberType, stringType, timestampType } from "./simple.ts"
import { type ColumnType, invalidType } from "./type.ts"
import { typedDictType } from "./typed-dict.ts"
import { unionType } from "./union.ts"

type Params = Readonly<Record<string, unknown>>
/** Reads the parameters of one type; `read` those of the types within. */
export type TypeReader = (params: Params, read: (json: unknown) => ColumnType) => ColumnType

/** More than any table needs; deeper ones are made to exhaust the stack. */
const MAX_DEPTH = 100

const plain = [
  anyType,
  artifactVersionType,
  booleanType,
  invalidType,
  noneType,
  numberType,
  stringType,
  timestampType,
  unknownType,
].map((type): [string, TypeReader] => [type.name, () => type])

const readDictionary: TypeReader = ({ type_map: members = {} }, read) =>
  typedDictType(new Map(Object.entries(object(members, "type_map")).map(([key, json]) => [key, read(json)])))
const readObject: TypeReader = ({ class_name: name }) => pythonObjectType(String(name))

const readers: ReadonlyMap<string, TypeReader> = new Map<string, TypeReader>([
  ...plain,
  ["const", ({ val, is_set: isSet }) => constType(val, isSet === true)],
  ["dictionary", readDictionary],
  [
    "list",
    ({ element_type: element, length }, read) => listType(element === undefined ? unknownType : read(element), lengthOf(length)),
  ],
  ["ndarray", ({ shape, serialization_path: path }) => ndarrayType(list(shape, "shape").map(Number), pathOf(path))],
  ["object", readObject],
  ["pythonObject", readObject],
  ["typedDict", readDictionary],
  ["union", ({ allowed_types: allowed }, read) => unionType(list(allowed, "allowed_types").map(read))],
])

/**
 * The type that `json` describes. `more` reads the types of media, by their `wb_type`.
 *
 * @throws InvalidArgumentError for a name that W&B does not have, and for parameters that are none
 */
export function decodeType(json: unknown, more: ReadonlyMap<string, TypeReader>, argument = "column_types"): ColumnType {
  const at =
    (depth: number) =>
    (inner: unknown): ColumnType => {
      const { wb_type: name, params = {} } = object(inner, argument)
      const reader = readers.get(name as string) ?? more.get(name as string)
      if (reader === undefined || depth > MAX_DEPTH) {
        throw new InvalidArgumentError(
          argument,
          `${argument} has ${reader === undefined ? `no known type: ${String(name).slice(0, 50)}` : "types within types without end"}`,
        )
      }
      return reader(object(params, `${argument}.params`), at(depth + 1))
    }
  return at(0)(json)
}

function object(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (isDictionary(value)) return value
  throw new InvalidArgumentError(name, `${name} of the table's column types must be an object`)
}

function list(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new InvalidArgumentError(name, `${name} of the table's column types must be a list`)
}

const lengthOf = (value: unknown) => (typeof value === "number" ? value : null)

function pathOf(value: unknown): SerializationPath | null {
  const { path, key } = isDictionary(value) ? value : {}
  return typeof path === "string" && typeof key === "string" ? { path, key } : null
}
