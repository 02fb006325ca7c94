import { checkCollectionName, checkTags } from "../core/names.ts"
import { ConflictError, EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionChanges, CollectionKind, CollectionRecord, CollectionRef, ProjectRef } from "../ports.ts"
import { mapAhead } from "./ahead.ts"
import { type Context, timestamp } from "./context.ts"
import { checkDescription, checkType } from "./inputs.ts"
import { collectionKey, formatId, nameKey, namePrefix, newToken, projectKey, typeKey, typePrefix } from "./keys.ts"
import { changeRecord, createRecord, listRecords, readRecord, removeRecord } from "./records.ts"
import type { CollectionRow, NameRow, TypeRow } from "./rows.ts"

/**
 * Collections by name. A name record points to the collection's record and only counts while that one says it has this name, so the
 * collection's record alone decides what it is called, and one compare-and-swap on it creates, renames or deletes.
 */
export async function findCollection(
  context: Context,
  ref: CollectionRef,
  options: CallOptions,
): Promise<CollectionRow | undefined> {
  const pointer = await readRecord<NameRow>(context.records, nameKey(ref), options)
  if (pointer === undefined) return undefined
  const row = await readCollection(context, pointer.token, options)
  return row?.name === ref.collection ? row : undefined
}

export async function requireCollection(context: Context, ref: CollectionRef, options: CallOptions): Promise<CollectionRow> {
  return (await findCollection(context, ref, options)) ?? refuseUnknown(ref)
}

function refuseUnknown({ entity, project, collection }: CollectionRef): never {
  const path = `${entity}/${project}/${collection}`
  throw new EntryNotFoundError(`There is no collection ${path}; check the spelling, or log or link something to it first.`, {
    path,
  })
}

/** By token; undefined also when it was deleted. */
export async function readCollection(context: Context, token: string, options: CallOptions): Promise<CollectionRow | undefined> {
  const row = await readRecord<CollectionRow>(context.records, collectionKey(token), options)
  return row?.deleted ? undefined : row
}

/** Changes a collection's record; one that is gone is an `EntryNotFoundError`. `change` returns the same row for no change. */
export function changeCollection<R>(
  context: Context,
  row: Pick<CollectionRow, "token" | "entity" | "project" | "name">,
  change: (
    current: CollectionRow,
  ) => { readonly row: CollectionRow; readonly result: R } | Promise<{ readonly row: CollectionRow; readonly result: R }>,
  options: CallOptions,
): Promise<R> {
  const apply = async (current: CollectionRow | undefined) => {
    if (current === undefined || current.deleted) return refuseUnknown({ ...row, collection: row.name })
    const { row: next, result } = await change(current)
    return { next: next === current ? undefined : next, result }
  }
  return changeRecord<CollectionRow, R>(context.records, collectionKey(row.token), apply, options)
}

/** The collection of that name, created on demand; another kind or type is an `InvalidArgumentError`. */
export async function ensureCollection(
  context: Context,
  ref: CollectionRef,
  kind: CollectionKind,
  type: string,
  options: CallOptions,
): Promise<CollectionRow> {
  for (;;) {
    const found = await findCollection(context, ref, options)
    if (found !== undefined) return checkKind(found, kind, type)
    await ensureProject(context, ref, options)
    await ensureType(context, ref, type, options)
    const row = newCollection(context, ref, kind, type)
    await createRecord(context.records, collectionKey(row.token), row, options)
    const winner = await claimName(context, ref, row.token, options)
    if (winner === row.token) return row
    await removeRecord(context.records, collectionKey(row.token), () => true, options)
  }
}

function newCollection(context: Context, ref: CollectionRef, kind: CollectionKind, type: string): CollectionRow {
  const { entity, project, collection: name } = ref
  const fixed = { token: newToken(), kind, entity, project, name, type, createdAt: timestamp(context) }
  return { ...fixed, description: null, tags: [], updatedAt: null, next: 0, members: [], aliases: [] }
}

function checkKind(row: CollectionRow, kind: CollectionKind, type: string): CollectionRow {
  if (row.kind !== kind) {
    const problem =
      kind === "sequence"
        ? `"${row.name}" is a portfolio: versions are linked to it, not logged. Log under another name and link that.`
        : `"${row.name}" is a sequence: versions are logged to it, not linked. Link to another name.`
    throw new InvalidArgumentError("collection", problem)
  }
  if (row.type === type) return row
  throw new InvalidArgumentError(
    "type",
    `"${row.name}" holds artifacts of type "${row.type}", not "${type}". Use that type, or another name.`,
  )
}

/** Takes a name unless a living collection has it or is about to; returns the token of whoever has it then. */
function claimName(context: Context, ref: CollectionRef, token: string, options: CallOptions): Promise<string> {
  const claim = async (current: NameRow | undefined) => {
    const owner = current === undefined ? undefined : await ownerOf(context, current, ref, options)
    return owner === undefined ? { next: { token }, result: token } : { result: owner }
  }
  return changeRecord<NameRow, string>(context.records, nameKey(ref), claim, options)
}

async function ownerOf(context: Context, pointer: NameRow, ref: CollectionRef, options: CallOptions): Promise<string | undefined> {
  const row = await readCollection(context, pointer.token, options)
  if (row?.name === ref.collection) return row.token
  if (row?.renamingTo !== ref.collection) return undefined
  // Whoever renames it has got as far as taking the name: finish that, or it would never be free nor taken.
  await settleRename(context, row, ref.collection, (current) => current, options)
  return row.token
}

async function ensureProject(context: Context, ref: ProjectRef, options: CallOptions): Promise<void> {
  const key = projectKey(ref)
  if ((await readRecord(context.records, key, options)) !== undefined) return
  await createRecord(context.records, key, { entity: ref.entity, project: ref.project, createdAt: timestamp(context) }, options)
}

async function ensureType(context: Context, ref: ProjectRef, type: string, options: CallOptions): Promise<void> {
  const key = typeKey(ref, type)
  if ((await readRecord(context.records, key, options)) !== undefined) return
  const row: TypeRow = { id: formatId("ArtifactType", newToken()), name: type, createdAt: timestamp(context) }
  await createRecord(context.records, key, row, options)
}

export function toCollectionRecord(row: CollectionRow): CollectionRecord {
  const { entity, project, name, kind, type, description, tags, createdAt, updatedAt } = row
  return {
    id: formatId("ArtifactCollection", row.token),
    entity,
    project,
    collection: name,
    kind,
    type,
    description,
    tags,
    createdAt,
    updatedAt,
  }
}

export async function getCollection(
  context: Context,
  ref: CollectionRef,
  options: CallOptions,
): Promise<CollectionRecord | undefined> {
  const row = await findCollection(context, ref, options)
  return row && toCollectionRecord(row)
}

/** In order of their names. */
export async function* listCollections(
  context: Context,
  project: ProjectRef,
  type: string | undefined,
  options: CallOptions,
): AsyncGenerator<CollectionRecord> {
  const pointers = listRecords(context.records, namePrefix(project), options)
  for await (const row of mapAhead(pointers, async ({ key, value }) => {
    const row = await readCollection(context, (value as unknown as NameRow).token, options)
    return row !== undefined && nameKey({ ...row, collection: row.name }) === key ? row : undefined
  })) {
    if (row !== undefined && (type === undefined || row.type === type)) yield toCollectionRecord(row)
  }
}

export async function* listTypes(context: Context, project: ProjectRef, options: CallOptions) {
  for await (const { value } of listRecords(context.records, typePrefix(project), options)) {
    const { id, name, createdAt } = value as unknown as TypeRow
    yield { id, name, description: null, createdAt }
  }
}

/** Description, type, tags and name; all that was asked for or, when a check fails or the name is taken, nothing. */
export async function updateCollection(
  context: Context,
  ref: CollectionRef,
  changes: CollectionChanges,
  options: CallOptions,
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

function settleRename(
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
