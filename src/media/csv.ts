import { InvalidArgumentError } from "../errors.ts"
import { columnPlaces, cutRows } from "./batches.ts"
import { parseCsv } from "./csv-parse.ts"
import type { Columns } from "./table-columns.ts"
import type { OpenedInput } from "./table-input.ts"
import type { ColumnType } from "./types/type.ts"
import { isUnion } from "./types/union.ts"

/** What the texts of a column are read as. */
type Kind = "number" | "boolean" | "date" | "string"

/** As JSON writes numbers: "007" is none, and stays what it is. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const BOOLEAN = /^(true|false)$/i
/** Of what can be read but once, so many rows tell what the columns are. */
const SAMPLE = 1000

/**
 * Rows of a CSV or TSV file with names in its first line. A column of numbers or of true and false is read as such, any other as text; what
 * they are, all rows of a Blob tell, which is gone through for it, and the first 1000 of a stream.
 */
export async function openCsv(source: Blob | ReadableStream<Uint8Array<ArrayBuffer>>): Promise<OpenedInput> {
  if (!(source instanceof Blob)) return openStream(source)
  const read = () => parseCsv(source.stream())
  const header = await headerOf(read())
  return {
    columns: header,
    rows(columns) {
      let kinds: readonly Kind[] | undefined
      return cutRows(undefined, async function* () {
        kinds ??= kindsOf(await lookThrough(read(), header.length), header, columns)
        yield* readRows(read(), header, columns.names, kinds)
      })
    },
  }
}

async function openStream(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<OpenedInput> {
  const batches = parseCsv(stream)
  const first: string[][] = []
  let isDone = false
  while (first.length <= SAMPLE && !isDone) {
    const { done, value } = await batches.next()
    isDone = done === true
    first.push(...(value ?? []))
  }
  const header = headerIn(first)
  let isSpent = false
  return {
    columns: header,
    rows: (columns) =>
      cutRows(undefined, async function* () {
        if (isSpent) {
          throw new InvalidArgumentError(
            "source",
            "The rows of this table were read already and cannot be read again; call load() before reading them, or pass a Blob",
          )
        }
        isSpent = true
        async function* all() {
          yield first
          yield* batches
        }
        const found = emptyKinds(header.length)
        look(first.slice(1), found)
        yield* readRows(all(), header, columns.names, kindsOf(found, header, columns))
      }),
  }
}

async function* readRows(
  batches: AsyncIterable<readonly string[][]>,
  header: readonly string[],
  names: readonly string[],
  kinds: readonly Kind[],
): AsyncGenerator<unknown[][]> {
  const places = columnPlaces(names, header)
  let line = -1
  for await (const batch of batches) {
    const rows: unknown[][] = []
    for (const texts of batch) {
      if (line++ < 0) continue
      if (texts.length !== header.length)
        throw new InvalidArgumentError(
          "source",
          `Row ${line - 1} of the CSV file has ${texts.length} cells for ${header.length} columns`,
        )
      rows.push(places.map((place) => read(texts[place]!, kinds[place]!, `row ${line - 1}, "${header[place]}"`)))
    }
    yield rows
  }
}

function read(text: string, kind: Kind, place: string): unknown {
  if (kind === "string") return text
  if (text === "") return null
  if (kind === "number" && NUMBER.test(text)) return numberOf(text)
  if (kind === "boolean" && BOOLEAN.test(text)) return text.toLowerCase() === "true"
  const date = new Date(kind === "date" ? text : Number.NaN)
  if (!Number.isNaN(date.getTime())) return date
  throw new InvalidArgumentError(
    "source",
    `The CSV file has ${JSON.stringify(text.slice(0, 40))} in ${place}, where a ${kind} should be; declare the column with dtype`,
  )
}

function numberOf(text: string): number | bigint {
  const value = Number(text)
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(text) ? BigInt(text) : value
}

async function lookThrough(batches: AsyncIterable<readonly string[][]>, width: number): Promise<Set<Kind>[]> {
  const found = emptyKinds(width)
  let isFirst = true
  for await (const batch of batches) {
    look(isFirst ? batch.slice(1) : batch, found)
    isFirst = false
  }
  return found
}

const emptyKinds = (width: number): Set<Kind>[] => Array.from({ length: width }, () => new Set<Kind>())

function look(rows: readonly (readonly string[])[], found: readonly Set<Kind>[]): void {
  for (const texts of rows) {
    for (const [at, kinds] of found.entries()) {
      const text = texts[at] ?? ""
      if (text === "" || kinds.has("string")) continue
      kinds.add(NUMBER.test(text) ? "number" : BOOLEAN.test(text) ? "boolean" : "string")
    }
  }
}

/** What a column is declared to be, else what all its texts are. */
function kindsOf(found: readonly ReadonlySet<Kind>[], header: readonly string[], { names, types }: Columns): Kind[] {
  return header.map((name, at) => {
    const declared = names.includes(name) ? declaredKind(types[names.indexOf(name)]!) : undefined
    const [only, other] = found[at]!
    // A column of nothing is one of empty cells, not of empty texts.
    return declared ?? (other === undefined ? (only ?? "number") : "string")
  })
}

function declaredKind(type: ColumnType): Kind | undefined {
  const names = isUnion(type) ? type.allowed.map(({ name }) => name) : [type.name]
  if (names.includes("timestamp")) return "date"
  if (names.some((name) => name === "string" || name === "primaryKey" || name === "foreignKey")) return "string"
  return (["number", "boolean"] as const).find((kind) => names.includes(kind))
}

async function headerOf(batches: AsyncIterable<readonly string[][]>): Promise<string[]> {
  for await (const batch of batches) if (batch.length > 0) return headerIn(batch)
  return headerIn([])
}

function headerIn([header]: readonly string[][]): string[] {
  if (header !== undefined) return header
  throw new InvalidArgumentError("source", "The CSV file is empty: its first line should name the columns")
}
