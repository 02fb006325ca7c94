import { checkCollectionName, checkTags } from "../core/names.ts"
import { ConflictError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionChanges, CollectionRecord, CollectionRef } from "../ports.ts"
import { changeCollection, ensureType, ownerOf, requireCollection, toCollectionRecord } from "./collections.ts"
import { type Context, timestamp } from "./context.ts"
import { checkDescription, checkType } from "./inputs.ts"
import { nameKey } from "./keys.ts"
import { changeRecord, removeRecord } from "./records.ts"
import type { CollectionRow, NameRow } from "./rows.ts"

/** Description, type, tags and name; all that was asked for or, when a check fails or the name is taken, nothing. */
export async function updateCollection(
  context: Context,
  ref: CollectionRef,
  changes: CollectionChanges,
  options: CallOptions = {},
): Promise<CollectionRecord> {
  const row = await requireCollection(context, ref, options)
  const edit = checkChanges(context, row, changes)
  const name = changes.name === undefined ? undefined : checkCollectionName(changes.name)
  if (changes.type !== undefined) await ensureType(context, ref, changes.type, options)
  const changed =
    name === undefined || name === row.name
      ? await changeCollection(context, row, (current) => both(edit(current)), options)
      : await renameCollection(context, row, name, edit, options)
  return toCollectionRecord(changed)
}

type Edit = (current: CollectionRow) => CollectionRow

const both = (row: CollectionRow) => ({ row, result: row })

function checkChanges(context: Context, row: CollectionRow, changes: CollectionChanges): Edit {
  const addTags = checkTags(changes.addTags ?? [])
  const removeTags = new Set(changes.removeTags ?? [])
  const description = changes.description === undefined ? undefined : checkDescription(changes.description)
  if (changes.type !== undefined) checkRetype(row, changes.type)
  return (current) => ({
    ...current,
    description: description === undefined ? current.description : description,
    type: changes.type ?? current.type,
    tags: [...new Set([...current.tags, ...addTags])].filter((tag) => !removeTags.has(tag)),
    updatedAt: timestamp(context),
  })
}

function checkRetype(row: CollectionRow, type: string): void {
  if (row.kind !== "sequence") {
    throw new InvalidArgumentError("type", `"${row.name}" is a portfolio; only a sequence can change its type.`)
  }
  checkType(row.type, row.name)
  checkType(type, row.name)
}

/**
 * Announce the new name in the collection, take the name, then change name in the collection: that swap is the rename. Killed before
 * it, the old name stands; after it, the new one; and the announcement keeps others from taking the name in between.
 */
async function renameCollection(
  context: Context,
  row: CollectionRow,
  name: string,
  edit: Edit,
  options: CallOptions,
): Promise<CollectionRow> {
  const ref = { entity: row.entity, project: row.project, collection: name }
  await changeCollection(context, row, (current) => both({ ...current, renamingTo: name }), options)
  const take = async (current: NameRow | undefined) => {
    const owner = current === undefined || current.token === row.token ? undefined : await ownerOf(context, current, ref, options)
    // Written even when it points here already: whoever judged it stale before the announcement must lose their race.
    return owner === undefined ? { next: { token: row.token }, result: true } : { result: false }
  }
  if (!(await changeRecord<NameRow, boolean>(context.records, nameKey(ref), take, options))) {
    await changeCollection(context, row, (current) => both(withoutAnnouncement(current)), options)
    throw new ConflictError(`There is a collection "${name}" in ${row.entity}/${row.project} already; choose another name.`)
  }
  const changed = await settleRename(context, row, name, edit, options)
  // What is left behind here points to a collection of another name and counts as absent.
  await removeRecord<NameRow>(
    context.records,
    nameKey({ ...ref, collection: row.name }),
    ({ token }) => token === row.token,
    options,
  )
  return changed
}

export function settleRename(
  context: Context,
  row: CollectionRow,
  name: string,
  edit: Edit,
  options: CallOptions,
): Promise<CollectionRow> {
  const settle = (current: CollectionRow) => {
    if (current.name === name) return both(edit(current))
    if (current.renamingTo === name) return both({ ...edit(withoutAnnouncement(current)), name })
    throw new ConflictError(`"${row.name}" is being renamed to something else at the same time; look again before you retry.`)
  }
  return changeCollection(context, row, settle, options)
}

function withoutAnnouncement({ renamingTo: _, ...row }: CollectionRow): CollectionRow {
  return row
}
