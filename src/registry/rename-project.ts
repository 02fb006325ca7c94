import { collect } from "../bytes/ahead.ts"
import type { Json } from "../core/json.ts"
import { ConflictError, EntryNotFoundError, UnsupportedError } from "../errors.ts"
import type { CallOptions, ProjectRef } from "../ports.ts"
import { changeCollection, readCollection } from "./collections.ts"
import { type Context, timestamp } from "./context.ts"
import { checkProject } from "./inputs.ts"
import { nameKey, namePrefix, projectKey, runPrefix, typePrefix } from "./keys.ts"
import { changeRecord, createRecord, listRecords, readRecord, removeRecord } from "./records.ts"
import type { CollectionRow, NameRow, ProjectRow } from "./rows.ts"

/**
 * Another name for a project in which nothing was logged, such as a registry: versions and runs that are at home in one keep its name in
 * their addresses. Portfolios go over one by one, each found at any time, for a moment under both names; the old project's record goes last, so
 * that one that was cut off is gone on with by asking for the same again.
 *
 * @throws UnsupportedError when runs or sequences are in it; ConflictError when there is another project of that name
 */
export async function renameProject(context: Context, ref: ProjectRef, name: string, options: CallOptions): Promise<ProjectRef> {
  const to = checkProject({ entity: ref.entity, project: name })
  const found = await readRecord<ProjectRow>(context.records, projectKey(ref), options)
  if (found === undefined) {
    const path = `${ref.entity}/${ref.project}`
    throw new EntryNotFoundError(`There is no project ${path} to rename; check the spelling.`, { path })
  }
  await refuseLogged(context, ref, options)
  await claim(context, found, to, options)
  for (;;) {
    const rows = await listMembers(context, ref, options)
    if (rows.length === 0) break
    for (const row of rows) await movePortfolio(context, row, ref, to, options)
  }
  await moveTypes(context, ref, to, options)
  await removeRecord(context.records, projectKey(ref), () => true, options)
  await changeRecord<ProjectRow, undefined>(context.records, projectKey(to), withoutOrigin, options)
  return to
}

async function refuseLogged(context: Context, ref: ProjectRef, options: CallOptions): Promise<void> {
  const rows = await listMembers(context, ref, options)
  const isHome = rows.some(({ kind }) => kind === "sequence")
  if (!isHome && (await isEmpty(listRecords(context.records, runPrefix(ref), options)))) return
  throw new UnsupportedError(
    `${ref.entity}/${ref.project} has runs or versions of its own, whose addresses hold its name, so it cannot be renamed; link the versions into a registry of the new name, or log to it.`,
  )
}

async function isEmpty(items: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of items) return false
  return true
}

/** The new project, with all that is known of the old one; one that is there stays what it is. */
async function claim(context: Context, found: ProjectRow, to: ProjectRef, options: CallOptions): Promise<void> {
  const row: ProjectRow = { ...found, project: to.project, updatedAt: timestamp(context), renamedFrom: found.project }
  if (await createRecord(context.records, projectKey(to), row, options)) return
  const there = await readRecord<ProjectRow>(context.records, projectKey(to), options)
  if (there?.renamedFrom === found.project) return
  throw new ConflictError(`There is a project ${to.entity}/${to.project} already; choose another name.`)
}

function withoutOrigin(current: ProjectRow | undefined) {
  if (current === undefined) return { result: undefined }
  const { renamedFrom: _, ...next } = current
  return { next, result: undefined }
}

/** Whatever a name of the project leads to, also when it has been moved and its old name was left behind. */
async function listMembers(context: Context, ref: ProjectRef, options: CallOptions): Promise<CollectionRow[]> {
  const pointers = await collect(listRecords(context.records, namePrefix(ref), options))
  const rows: CollectionRow[] = []
  for (const { key, value } of pointers) {
    const row = await readCollection(context, (value as unknown as NameRow).token, options)
    if (row !== undefined && nameKey({ ...ref, collection: row.name }) === key) rows.push(row)
    else await removeRecord(context.records, key, () => true, options)
  }
  return rows
}

async function movePortfolio(context: Context, row: CollectionRow, ref: ProjectRef, to: ProjectRef, options: CallOptions) {
  const { token, name: collection } = row
  const point = (current: NameRow | undefined) => {
    if (current !== undefined && current.token !== token)
      throw new ConflictError(`${to.entity}/${to.project} has a collection "${collection}" already; delete or rename it first.`)
    return { next: current === undefined ? { token } : undefined, result: undefined }
  }
  await changeRecord<NameRow, undefined>(context.records, nameKey({ ...to, collection }), point, options)
  const move = (current: CollectionRow) => ({ row: { ...current, project: to.project }, result: undefined })
  await changeCollection(context, row, move, options)
  await removeRecord<NameRow>(context.records, nameKey({ ...ref, collection }), (pointer) => pointer.token === token, options)
}

async function moveTypes(context: Context, ref: ProjectRef, to: ProjectRef, options: CallOptions): Promise<void> {
  for (const { key, value } of await collect(listRecords(context.records, typePrefix(ref), options))) {
    await createRecord(context.records, key.replace(typePrefix(ref), typePrefix(to)), value as { [name: string]: Json }, options)
    await removeRecord(context.records, key, () => true, options)
  }
}
