import { EntryNotFoundError, RegistryError } from "../errors.ts"
import type { CallOptions, ProjectChanges, ProjectRecord, ProjectRef } from "../ports.ts"
import {
  deleteModel,
  listProjects as listProjectsDocument,
  projectByName,
  renameProject,
  upsertModel,
} from "./account-documents.ts"
import { absent } from "./ask.ts"
import type { Context } from "./context.ts"
import { allItems, readPage } from "./pages.ts"
import { ifGiven, toProjectRecord } from "./wire.ts"

const perPage = 200

export async function* listProjects(
  { ask }: Context,
  entity: string | undefined,
  options: CallOptions = {},
): AsyncGenerator<ProjectRecord> {
  yield* allItems("Projects", (cursor) =>
    absent(ask(listProjectsDocument, { entity, cursor, perPage }, options, ({ models }) => readPage(models, toProjectRecord))),
  )
}

export async function getProject(context: Context, ref: ProjectRef, options: CallOptions = {}): Promise<ProjectRecord | undefined> {
  const { entity, project } = await context.organizations.resolve(ref, options)
  return absent(context.ask(projectByName, { entity, project }, options, (answer) => ifGiven(answer.project, toProjectRecord)))
}

export async function upsertProject(
  context: Context,
  ref: ProjectRef,
  changes: ProjectChanges,
  options: CallOptions = {},
): Promise<ProjectRecord> {
  const { entity, project } = await context.organizations.resolve(ref, options)
  const { description, artifactTypes, name = project } = changes
  const renamed = name === project ? undefined : await rename(context, { entity, project }, name, options)
  if (renamed !== undefined && description === undefined && artifactTypes === undefined) return renamed
  const input = {
    entityName: entity,
    name,
    description: description === null ? "" : description,
    artifactTypes: artifactTypes?.map((name) => ({ name })),
    allowAllArtifactTypesInRegistry: artifactTypes === undefined ? undefined : artifactTypes === null,
  }
  const changed = await context.ask(upsertModel, { input }, options, ({ upsertModel }) =>
    ifGiven(upsertModel?.project, toProjectRecord),
  )
  if (changed !== undefined) return changed
  throw new RegistryError("UpsertModel was answered with nothing", { operation: "UpsertModel" })
}

async function rename(
  context: Context,
  { entity, project }: ProjectRef,
  name: string,
  options: CallOptions,
): Promise<ProjectRecord> {
  const input = { entityName: entity, oldProjectName: project, newProjectName: name }
  const renamed = await context.ask(renameProject, { input }, options, ({ renameProject }) =>
    ifGiven(renameProject?.project, toProjectRecord),
  )
  if (renamed !== undefined) return renamed
  throw new RegistryError("RenameProject was answered with nothing", { operation: "RenameProject" })
}

export async function deleteProject(context: Context, ref: ProjectRef, options: CallOptions = {}): Promise<void> {
  const found = await getProject(context, ref, options)
  if (found === undefined) {
    const path = `${ref.entity}/${ref.project}`
    throw new EntryNotFoundError(`There is no project ${path}; check the spelling.`, { path })
  }
  // An attempt whose answer was lost may have done it; the next one then finds nothing.
  await absent(context.ask(deleteModel, { id: found.id }, options))
}
