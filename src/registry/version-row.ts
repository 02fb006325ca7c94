import { EntryNotFoundError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import { type Context, timestamp } from "./context.ts"
import { versionKey, versionToken } from "./keys.ts"
import { changeRecord, readRecord } from "./records.ts"
import type { VersionRow } from "./rows.ts"

export async function readVersionRow(context: Context, id: string, options: CallOptions): Promise<VersionRow | undefined> {
  const token = versionToken(id)
  return token === undefined ? undefined : readRecord<VersionRow>(context.records, versionKey(token), options)
}

export function refuseUnknownId(id: string): never {
  throw new EntryNotFoundError(`There is no version with the id ${String(id)} (any more); look it up by name.`, {
    path: String(id),
  })
}

/** Changes a version's record and returns it as it is then. `change` returns the same row for no change. */
export async function changeVersion(
  context: Context,
  id: string,
  change: (row: VersionRow) => VersionRow,
  options: CallOptions,
): Promise<VersionRow> {
  const token = versionToken(id)
  const apply = (current: VersionRow | undefined) => {
    if (current === undefined) return refuseUnknownId(id)
    const next = change(current)
    return { next: next === current ? undefined : next, result: next }
  }
  return token === undefined
    ? apply(undefined).result
    : changeRecord<VersionRow, VersionRow>(context.records, versionKey(token), apply, options)
}

/** To those it has. */
export async function addTags(context: Context, id: string, added: readonly string[], options: CallOptions): Promise<void> {
  if (added.length === 0) return
  const add = (row: VersionRow): VersionRow => {
    const tags = [...new Set([...row.tags, ...added])]
    return tags.length === row.tags.length ? row : { ...row, tags, updatedAt: timestamp(context) }
  }
  await changeVersion(context, id, add, options)
}
