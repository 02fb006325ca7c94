import { collect } from "../bytes/ahead.ts"
import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { CollectionChanges, CollectionKind, CollectionRecord, CollectionRef, ProjectRecord, ProjectRef } from "../ports.ts"
import { type Call, placeOf, registryFor } from "./call.ts"
import { toldCollection } from "./guard-telling.ts"
import { formatId, parseId } from "./ids.ts"
import { type Maybe, parseDescription, tagNames } from "./inputs.ts"
import type { Action } from "./principal.ts"
import { collectionView, requireCollection, tagView } from "./view-collection.ts"
import { projectView } from "./view-project.ts"

interface UpdateInput {
  readonly name: Maybe<string>
  readonly description?: Maybe<string>
}

/** What is not given is left alone; a description that is given as null is removed. */
async function update(call: Call, id: string, kind: CollectionKind, { name, description }: UpdateInput) {
  const found = await requireKind(call, id, kind, "write")
  const isRenamed = typeof name === "string" && name !== found.collection
  return change(call, found, { description: parseDescription(description), ...(isRenamed && { name }) })
}

async function change(call: Call, found: CollectionRecord, changes: CollectionChanges) {
  const changed = await call.registry.updateCollection(refOf(found), changes, { signal: call.signal })
  return { artifactCollection: collectionView(call, changed, changed) }
}

async function requireKind(call: Call, id: string, kind: CollectionKind, action: Action): Promise<CollectionRecord> {
  const found = await requireCollection(call, id, action)
  if (found.kind === kind) return found
  throw new InvalidArgumentError("id", `${found.collection} is a ${found.kind}, not a ${kind}.`)
}

function refOf({ entity, project, collection }: CollectionRef): CollectionRef {
  return { entity, project, collection }
}

export function updateSequence(call: Call, input: UpdateInput & { readonly artifactSequenceID: string }) {
  return update(call, input.artifactSequenceID, "sequence", input)
}

export function updatePortfolio(call: Call, input: UpdateInput & { readonly artifactPortfolioID: string }) {
  return update(call, input.artifactPortfolioID, "portfolio", input)
}

interface MoveInput {
  readonly artifactSequenceID: string
  readonly destinationArtifactTypeName: string
}

export async function moveSequence(call: Call, { artifactSequenceID, destinationArtifactTypeName: type }: MoveInput) {
  return change(call, await requireKind(call, artifactSequenceID, "sequence", "write"), { type })
}

async function remove(call: Call, id: string, kind: CollectionKind) {
  const found = await requireKind(call, id, kind, "delete")
  await call.registry.deleteCollection(refOf(found), { signal: call.signal })
  return { artifactCollection: { ...collectionView(call, found, toldCollection(call.principal, found)), state: "DELETED" } }
}

export function deleteSequence(call: Call, { artifactSequenceID }: { readonly artifactSequenceID: string }) {
  return remove(call, artifactSequenceID, "sequence")
}

export function deletePortfolio(call: Call, { artifactPortfolioID }: { readonly artifactPortfolioID: string }) {
  return remove(call, artifactPortfolioID, "portfolio")
}

interface TagsInput {
  readonly entityName: string
  readonly projectName: string
  readonly artifactCollectionName: string
  readonly tags: readonly { readonly tagName: string }[]
}

async function taggedRef(call: Call, { entityName, projectName, artifactCollectionName }: TagsInput): Promise<CollectionRef> {
  return { ...(await placeOf(call, entityName, projectName)), collection: artifactCollectionName }
}

export async function addCollectionTags(call: Call, input: TagsInput) {
  const addTags = tagNames(input.tags)!
  await call.registry.updateCollection(await taggedRef(call, input), { addTags }, { signal: call.signal })
  return { tags: addTags.map(tagView) }
}

export async function deleteCollectionTags(call: Call, input: TagsInput) {
  await call.registry.updateCollection(await taggedRef(call, input), { removeTags: tagNames(input.tags) }, { signal: call.signal })
  return { success: true }
}

interface CreateTypeInput {
  readonly entityName: string
  readonly projectName: string
  readonly name: string
}

/** Types come into being with the first collection of theirs, so there is nothing to do but to name it. */
export async function createArtifactType(call: Call, { entityName, projectName, name }: CreateTypeInput) {
  const { entity, project } = await placeOf(call, entityName, projectName)
  const id = formatId("ArtifactType", entity, project, name)
  return { artifactType: { __typename: "ArtifactType", id, name, description: null, createdAt: "" } }
}

/** W&B's four ways to change the members of a registry. Who may use one is said where keys are known, outside of any registry. */
export async function changeMembers(): Promise<never> {
  throw new UnsupportedError("This server keeps no members: its keys say who may see and change a project.")
}

interface UpsertModelInput {
  readonly id: Maybe<string>
  readonly entityName: Maybe<string>
  readonly name: Maybe<string>
  readonly description?: Maybe<string>
  readonly access: Maybe<string>
  readonly artifactTypes: Maybe<readonly { readonly name: string }[]>
  readonly allowAllArtifactTypesInRegistry: Maybe<boolean>
}

/** Creates or changes a project, which W&B's older words call a model; a registry is one too. */
export async function upsertModel(call: Call, input: UpsertModelInput) {
  const { signal } = call
  if (input.access === "RESTRICTED")
    throw new UnsupportedError(
      'The visibility must be "organization": this server has no restricted registries, since its keys say who may see one.',
    )
  const ref = input.id && !input.name ? parseProjectId(input.id) : await placeOf(call, input.entityName, input.name)
  const before = await registryFor(call, "write").getProject(ref, { signal })
  const artifactTypes = await allowedTypes(call, input, before)
  const project = await call.registry.upsertProject(
    ref,
    { description: parseDescription(input.description), artifactTypes },
    { signal },
  )
  const view = projectView(call, project, project)
  return { inserted: before === undefined, project: view, model: view }
}

/**
 * Clients send only the types that are new: those of a registry are added to and never taken away. One that takes any for a while knows
 * them still.
 */
async function allowedTypes(
  call: Call,
  { artifactTypes, allowAllArtifactTypesInRegistry: isAny }: UpsertModelInput,
  before: ProjectRecord | undefined,
): Promise<readonly string[] | null | undefined> {
  if (isAny === true) return null
  if (isAny !== false && (!artifactTypes || before?.artifactTypes === null)) return undefined
  const known = before === undefined ? [] : (before.artifactTypes ?? (await typesOf(call, before)))
  return Array.from(new Set([...known, ...(artifactTypes ?? []).map(({ name }) => name)]))
}

async function typesOf(call: Call, ref: ProjectRef): Promise<string[]> {
  const types = registryFor(call, "write").types(ref, { signal: call.signal })
  return (await collect(types)).map(({ name }) => name)
}

interface RenameInput {
  readonly entityName: string
  readonly oldProjectName: string
  readonly newProjectName: string
}

export async function renameProject(call: Call, { entityName, oldProjectName, newProjectName }: RenameInput) {
  const ref = await placeOf(call, entityName, oldProjectName)
  const renamed = await call.registry.upsertProject(ref, { name: newProjectName }, { signal: call.signal })
  const view = projectView(call, renamed, renamed)
  return { inserted: false, project: view, model: view }
}

export async function deleteModel(call: Call, { id }: { readonly id: string }) {
  await call.registry.deleteProject(parseProjectId(id), { signal: call.signal })
  return { success: true }
}

function parseProjectId(id: string): ProjectRef {
  const [entity, project] = parseId("Project", id, 2) as [string, string]
  return { entity, project }
}
