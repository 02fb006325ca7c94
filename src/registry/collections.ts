import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionKind, CollectionRecord, CollectionRef, ProjectRef } from "../ports.ts"
import { type Context, more, timestamp } from "./context.ts"
import { collectionKey, formatId, nameKey, newToken, projectKey, typeKey } from "./keys.ts"
import { changeRecord, createRecord, readRecord, removeRecord } from "./records.ts"
import type { CollectionRow, NameRow, ProjectRow, TypeRow } from "./rows.ts"

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
    await ensureProject(context, ref, type, options)
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

export async function ownerOf(
  context: Context,
  pointer: NameRow,
  ref: CollectionRef,
  options: CallOptions,
): Promise<string | undefined> {
  const row = await readCollection(context, pointer.token, options)
  if (row?.name === ref.collection) return row.token
  if (row?.renamingTo !== ref.collection) return undefined
  // Whoever renames it has got as far as taking the name: finish that, or it would never be free nor taken.
  const { settleRename } = await more()
  await settleRename(context, row, ref.collection, (current) => current, options)
  return row.token
}

/** The project, created on demand; one that takes only some types is an `InvalidArgumentError` for others. */
export async function ensureProject(
  context: Context,
  ref: ProjectRef,
  type: string | undefined,
  options: CallOptions,
): Promise<void> {
  const key = projectKey(ref)
  const found = await readRecord<ProjectRow>(context.records, key, options)
  const types = found?.artifactTypes
  if (types && type !== undefined && !types.includes(type)) {
    throw new InvalidArgumentError("type", `${ref.project} takes only artifacts of type ${types.join(", ")}, not "${type}".`)
  }
  if (found === undefined)
    await createRecord(context.records, key, { entity: ref.entity, project: ref.project, createdAt: timestamp(context) }, options)
}

export async function ensureType(context: Context, ref: ProjectRef, type: string, options: CallOptions): Promise<void> {
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
