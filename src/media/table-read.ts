import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, MediaObject, MediaSource } from "../ports.ts"
import type { RowRange, RowSource } from "./rows.ts"
import { Table } from "./table.ts"
import { Columns, checkNames } from "./table-columns.ts"
import { openTableFile, type TableHeader, type TableReader } from "./table-file.ts"
import { decodeRows, type Place } from "./table-rows.ts"
import { decodeType } from "./types/decode.ts"
import { unknownType } from "./types/infer.ts"
import { isDictionary } from "./types/list.ts"
import { mediaTypes } from "./types/media-types.ts"
import type { ColumnType } from "./types/type.ts"
import { isTypedDict } from "./types/typed-dict.ts"

interface ReadTableOptions extends CallOptions {
  /** The tables that point to this one, on the way here. */
  readonly within?: readonly string[]
}

/**
 * The table at `path`: what its columns are is read at once, its rows when they are asked for.
 *
 * @throws InvalidArgumentError when the file is no table, telling what is wrong
 */
export async function readTable(source: MediaSource, path: string, { signal, within = [] }: ReadTableOptions = {}): Promise<Table> {
  if (within.includes(path)) throw new InvalidArgumentError("table", `"${path}" points to itself through other tables`, { path })
  const header = await readHeader(source, path, { signal })
  const place: Place = { source, path, within: [...within, path] }
  const open = (range: RowRange) => readFiles(filesOf(header, place), place, range)
  return tableOf(header, open, place, { signal })
}

/** A table that stands in a cell of another. */
export async function readInlineTable(json: TableHeader, place: Place, { signal }: CallOptions): Promise<Table> {
  const data: unknown = json.data
  if (!Array.isArray(data) || !data.every(Array.isArray)) {
    throw new InvalidArgumentError("table", `"${place.path}" holds a table whose data is no list of rows`, { path: place.path })
  }
  const rows: readonly unknown[][] = data
  async function* open({ start = 0, end }: RowRange) {
    yield rows.slice(start, end)
  }
  return tableOf(json, open, place, { signal })
}

async function tableOf(header: TableHeader, open: RowSource["open"], place: Place, options: CallOptions): Promise<Table> {
  const { path } = place
  const { columns: names, column_types: json, log_mode: logMode = "IMMUTABLE" } = header
  if (header._type !== undefined && header._type !== "table")
    fail(path, `its _type is ${JSON.stringify(header._type).slice(0, 50)}`)
  if (!isNames(names)) fail(path, "it names no columns")
  const columns = names.map(String)
  checkNames(columns)
  const types = await readTypes(json, columns, place, options)
  const source: RowSource = decodeRows(open, columns, types ?? columns.map(() => unknownType), place)
  const { increment_num, previous_increments_paths } = header
  return new Table(
    {},
    {
      columns: new Columns(columns, types ?? columns.map(() => unknownType)),
      source,
      isTyped: types !== undefined,
      maxRows: Number.POSITIVE_INFINITY,
      more: { log_mode: logMode, ...(increment_num !== undefined && { increment_num, previous_increments_paths }) },
    },
  )
}

async function readHeader(source: MediaSource, path: string, options: CallOptions): Promise<TableHeader> {
  const file = await openTableFile(await source.open(path, options), path, options)
  try {
    // Python sorts the members of its files, so that rows come last but for their number; others may not.
    if (file.header.columns === undefined || file.header.column_types === undefined) while ((await file.next()) !== undefined);
    return file.header
  } finally {
    await file.close()
  }
}

/** The files that hold the rows: one, or for what was logged in increments all those beside it, in the order of their names' numbers. */
function filesOf(header: TableHeader, { source, path }: Place): readonly string[] {
  if (header.log_mode !== "INCREMENTAL" || header.increment_num === undefined) return [path]
  const numbered = source.list().filter((entry) => entry.path.endsWith(".table.json"))
  const key = (file: string) => (/^(\d+)-(\d+)\./.exec(file.slice(file.lastIndexOf("/") + 1)) ?? []).slice(1, 3).map(Number)
  const compare = (a: readonly number[], b: readonly number[]) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0)
  return numbered.map((entry) => entry.path).sort((a, b) => compare(key(a), key(b)))
}

async function* readFiles(
  paths: readonly string[],
  { source }: Place,
  { start = 0, end = Number.POSITIVE_INFINITY, signal }: RowRange,
) {
  let at = 0
  for (const path of paths) {
    const file: TableReader = await openTableFile(await source.open(path, { signal }), path, { signal })
    try {
      for (let rows = await file.next(); rows !== undefined; rows = await file.next()) {
        const [from, to] = [Math.max(start - at, 0), Math.min(end - at, rows.length)]
        at += rows.length
        if (from < to) yield rows.slice(from, to)
        if (at >= end) return
      }
    } finally {
      await file.close()
    }
  }
}

async function readTypes(
  json: unknown,
  columns: readonly string[],
  place: Place,
  options: CallOptions,
): Promise<ColumnType[] | undefined> {
  if (json === undefined || json === null) return undefined
  const objects = new Map<string, MediaObject>()
  for (const path of namedObjects(json)) objects.set(path, await readNamed(path, place, options))
  const type = decodeType(json, mediaTypes(objects))
  if (!isTypedDict(type)) return fail(place.path, "its column_types are no typedDict")
  return columns.map((name) => type.members.get(name) ?? unknownType)
}

/** Tables that the columns point into, and files of classes. */
function namedObjects(json: unknown): Set<string> {
  const paths = new Set<string>()
  const left: unknown[] = [json]
  while (left.length > 0) {
    const at = left.pop()
    if (typeof at !== "object" || at === null) continue
    const { params } = at as { params?: { table?: unknown; classes_obj?: unknown } }
    const { table, classes_obj: classes } = isDictionary(params) ? params : {}
    if (typeof table === "string") paths.add(table)
    if (isDictionary(classes) && typeof classes.path === "string") paths.add(classes.path)
    left.push(...Object.values(at))
  }
  return paths
}

/** One table may point into another, and that must not lead back. */
async function readNamed(path: string, { source, within, path: from }: Place, { signal }: CallOptions): Promise<MediaObject> {
  if (path.endsWith(".table.json") && source.entry(path).ref === undefined) return readTable(source, path, { within, signal })
  return (await source.get(path, { signal })) ?? fail(from, `it names "${path}", which is not there`)
}

const isNames = (value: unknown): value is (string | number)[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string" || typeof name === "number")

function fail(path: string, problem: string): never {
  throw new InvalidArgumentError("table", `"${path}" is no table that can be read: ${problem}`, { path })
}
