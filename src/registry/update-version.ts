import { readMetadata } from "../core/exact-json.ts"
import { checkTags } from "../core/names.ts"
import type { CallOptions, VersionChanges, VersionRecord } from "../ports.ts"
import { withTtl } from "./collection-state.ts"
import { changeCollection } from "./collections.ts"
import { type Context, timestamp } from "./context.ts"
import { checkDescription, checkTtl } from "./inputs.ts"
import type { VersionRow } from "./rows.ts"
import { changeVersion } from "./version-row.ts"
import { loadVersion, requireVersion, toVersionRecord } from "./versions.ts"

/** Changes what may change after the commit. Everything is checked first; the ttl of a committed version is set by a swap of its own. */
export async function updateVersion(
  context: Context,
  id: string,
  changes: VersionChanges,
  options: CallOptions = {},
): Promise<VersionRecord> {
  const edit = checkEdit(context, changes)
  const { row, source, member } = await requireVersion(context, id, options)
  await changeVersion(context, row.id, edit, options)
  const ttl = changes.ttl === undefined ? undefined : checkTtl(changes.ttl)
  if (ttl !== undefined && source !== undefined && member !== undefined) {
    await changeCollection(context, source, (current) => ({ row: withTtl(current, row.id, ttl), result: undefined }), options)
  }
  // Read again; a ttl that has just ended makes the answer a deleted version, not an error.
  return toVersionRecord(context, (await loadVersion(context, row.id, options))!)
}

function checkEdit(context: Context, changes: VersionChanges): (row: VersionRow) => VersionRow {
  const addTags = checkTags(changes.addTags ?? [])
  const removeTags = new Set(changes.removeTags ?? [])
  const exact = changes.metadata === undefined ? undefined : readMetadata(changes.metadata)
  const description = changes.description === undefined ? undefined : checkDescription(changes.description)
  const ttl = changes.ttl === undefined ? undefined : checkTtl(changes.ttl)
  return (row) => ({
    ...row,
    ...exact,
    description: description === undefined ? row.description : description,
    tags: [...new Set([...row.tags, ...addTags])].filter((tag) => !removeTags.has(tag)),
    ttl: ttl === undefined ? row.ttl : ttl,
    updatedAt: timestamp(context),
  })
}
