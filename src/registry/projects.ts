import { collect } from "../bytes/ahead.ts"
import { checkOptions, checkStorable, refuse } from "../core/check.ts"
import { hexEncode } from "../core/digest-text.ts"
import { checkArtifactType, checkEntityName } from "../core/names.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { CallOptions, ProjectChanges, ProjectRecord, ProjectRef } from "../ports.ts"
import { ensureType } from "./collections.ts"
import { type Context, timestamp } from "./context.ts"
import { checkProject } from "./inputs.ts"
import { formatId, projectKey, projectPrefix, typePrefix } from "./keys.ts"
import { listCollections } from "./queries.ts"
import { changeRecord, listRecords, readRecord, removeRecord } from "./records.ts"
import { deleteCollection } from "./removal.ts"
import { renameProject } from "./rename-project.ts"
import type { ProjectRow } from "./rows.ts"

/** In order of their keys. */
export async function* listProjects(
  context: Context,
  entity: string | undefined,
  options: CallOptions = {},
): AsyncGenerator<ProjectRecord> {
  if (entity !== undefined) checkEntityName(entity)
  for await (const { value } of listRecords(context.records, projectPrefix(entity), options)) {
    yield toProjectRecord(value as unknown as ProjectRow)
  }
}

export async function getProject(context: Context, ref: ProjectRef, options: CallOptions = {}): Promise<ProjectRecord | undefined> {
  const row = await readRecord<ProjectRow>(context.records, projectKey(ref), options)
  return row && toProjectRecord(row)
}

export async function upsertProject(
  context: Context,
  ref: ProjectRef,
  changes: ProjectChanges,
  options: CallOptions = {},
): Promise<ProjectRecord> {
  const given = checkChanges(changes)
  const { name = ref.project } = changes
  const { entity, project } = name === ref.project ? checkProject(ref) : await renameProject(context, ref, name, options)
  const at = timestamp(context)
  const merge = (current: ProjectRow | undefined) => {
    const next: ProjectRow = { ...(current ? { ...current, updatedAt: at } : { entity, project, createdAt: at }), ...given }
    return { next, result: toProjectRecord(next) }
  }
  const record = await changeRecord<ProjectRow, ProjectRecord>(context.records, projectKey({ entity, project }), merge, options)
  // Its types from then on, so that they are still known when it has taken any for a while.
  for (const type of given.artifactTypes ?? []) await ensureType(context, record, type, options)
  return record
}

/** Portfolios first: a sequence whose versions are linked elsewhere in the project then goes with nothing left behind. */
export async function deleteProject(context: Context, ref: ProjectRef, options: CallOptions = {}): Promise<void> {
  if ((await getProject(context, ref, options)) === undefined) {
    const path = `${ref.entity}/${ref.project}`
    throw new EntryNotFoundError(`There is no project ${path}; check the spelling.`, { path })
  }
  const collections = await collect(listCollections(context, ref, undefined, options))
  for (const kind of ["portfolio", "sequence"]) {
    for (const collection of collections) if (collection.kind === kind) await deleteCollection(context, collection, options)
  }
  for await (const { key } of listRecords(context.records, typePrefix(ref), options)) {
    await removeRecord(context.records, key, () => true, options)
  }
  await removeRecord(context.records, projectKey(ref), () => true, options)
}

function checkChanges(changes: ProjectChanges): Pick<ProjectRow, "description" | "artifactTypes"> {
  const { description, artifactTypes } = checkOptions("changes", changes, {
    description: undefined,
    artifactTypes: undefined,
    name: undefined,
  })
  const given: { description?: string | null; artifactTypes?: readonly string[] | null } = {}
  if (description !== undefined) {
    given.description = description === null ? null : checkStorable("changes.description", description)
  }
  if (artifactTypes !== undefined) given.artifactTypes = artifactTypes === null ? null : checkTypes(artifactTypes)
  return given
}

function checkTypes(types: unknown): readonly string[] {
  if (!Array.isArray(types)) refuse("changes.artifactTypes", "a list of artifact types, or null for any", types)
  return [...new Set(types.map((type, index) => checkArtifactType(type, "", `changes.artifactTypes[${index}]`)))]
}

function toProjectRecord(row: ProjectRow): ProjectRecord {
  const { entity, project, createdAt, description = null, artifactTypes = null, updatedAt = null } = row
  const id = formatId("Project", hexEncode(new TextEncoder().encode(`${entity}/${project}`)))
  return { entity, project, id, description, artifactTypes, createdAt, updatedAt }
}
