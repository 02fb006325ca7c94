import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, MediaDraft, MediaSource } from "../ports.ts"
import { Media } from "./media.ts"
import { PartitionedTable } from "./partitioned-table.ts"
import { Table } from "./table.ts"
import { isDictionary } from "./types/list.ts"
import { mediaType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"

/** A table, or the path of one that is in the artifact already. */
export type JoinedPart = Table | PartitionedTable | string
/** The column that both have, or that of the first and that of the second. */
export type JoinKey = string | readonly [string, string]

/** Two tables side by side: where the key is the same, W&B shows their rows as one. */
export class JoinedTable extends Media {
  static readonly dtype: ColumnType = /* @__PURE__ */ mediaType("joined-table")
  readonly logType = "joined-table"
  readonly table1: JoinedPart
  readonly table2: JoinedPart
  readonly joinKey: JoinKey

  /** @throws InvalidArgumentError when a part is no table, or the key is no column or pair of columns */
  constructor(table1: JoinedPart, table2: JoinedPart, joinKey: JoinKey) {
    super()
    for (const [name, part] of Object.entries({ table1, table2 })) {
      if (part instanceof Table || part instanceof PartitionedTable || typeof part === "string") continue
      throw new InvalidArgumentError(name, `${name} must be a Table, a PartitionedTable or the path of one in the artifact`)
    }
    const keys: readonly unknown[] = Array.isArray(joinKey) ? joinKey : [joinKey]
    if (!keys.every((key) => typeof key === "string") || (Array.isArray(joinKey) && keys.length !== 2)) {
      throw new InvalidArgumentError("joinKey", "joinKey must be a column of both tables, or two columns")
    }
    this.table1 = table1
    this.table2 = table2
    this.joinKey = joinKey
  }

  static async read(json: unknown, source: MediaSource, options: CallOptions = {}): Promise<JoinedTable> {
    const { table1, table2, join_key: key } = isDictionary(json) ? json : {}
    const part = async (path: unknown): Promise<JoinedPart> => {
      if (typeof path !== "string" || path.endsWith(".joined-table.json")) fail("names a table that is none")
      const found = await source.get(path, options)
      return found instanceof Table || found instanceof PartitionedTable ? found : path
    }
    const tables = [await part(table1), await part(table2)] as const
    return new JoinedTable(...tables, key as JoinKey)
  }

  async toJson(draft: MediaDraft): Promise<unknown> {
    const place = async (part: JoinedPart) =>
      typeof part === "string" ? this.#added(draft, part) : (await draft.add(part, "media/tables/t")).path
    return { _type: this.logType, table1: await place(this.table1), table2: await place(this.table2), join_key: this.joinKey }
  }

  #added(draft: MediaDraft, path: string): string {
    if (path.endsWith("table.json") && draft.entry(path) !== undefined) return path
    throw new InvalidArgumentError("table", `"${path}" is no table of the artifact; add it first, or join the Table itself`)
  }
}

function fail(problem: string): never {
  throw new InvalidArgumentError("joined-table", `A joined table ${problem}`)
}
