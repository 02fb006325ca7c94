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
import { allNodes } from "./pages.ts"
import { toProjectRecord } from "./wire.ts"

const perPage = 200

export async function* listProjects(
  { ask }: Context,
  entity: string | undefined,
  options: CallOptions = {},
): AsyncGenerator<ProjectRecord> {
  const nodes = allNodes("Projects", async (cursor) => {
    const answer = await absent(ask(listProjectsDocument, { entity, cursor, perPage }, options))
    return answer?.models
  })
  for await (const node of nodes) yield toProjectRecord(node)
}

export async function getProject(context: Context, ref: ProjectRef, options: CallOptions = {}): Promise<ProjectRecord | undefined> {
  const { entity, project } = await context.organizations.resolve(ref, options)
  const answer = await absent(context.ask(projectByName, { entity, project }, options))
  return answer?.project ? toProjectRecord(answer.project) : undefined
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
  const answer = await context.ask(upsertModel, { input }, options)
  if (answer.upsertModel?.project) return toProjectRecord(answer.upsertModel.project)
  throw new RegistryError("UpsertModel was answered with nothing", { operation: "UpsertModel" })
}

async function rename(
  context: Context,
  { entity, project }: ProjectRef,
  name: string,
  options: CallOptions,
): Promise<ProjectRecord> {
  const input = { entityName: entity, oldProjectName: project, newProjectName: name }
  const answer = await context.ask(renameProject, { input }, options)
  if (answer.renameProject?.project) return toProjectRecord(answer.renameProject.project)
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
