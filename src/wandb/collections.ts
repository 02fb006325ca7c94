import { checkArtifactType, checkCollectionName } from "../core/names.ts"
import { EntryNotFoundError, InvalidArgumentError, RegistryError } from "../errors.ts"
import type { CallOptions, CollectionChanges, CollectionRecord, CollectionRef, Membership, ProjectRef } from "../ports.ts"
import { absent } from "./ask.ts"
import * as documents from "./collection-documents.ts"
import type { Context } from "./context.ts"
import { isPossible, tagInputs } from "./names.ts"
import { allNodes } from "./pages.ts"
import { toCollection, toMemberships, toType } from "./wire.ts"

/** Versions come with all their places, other things with little. */
const versionsPerPage = 100
const perPage = 500

export async function getCollection(
  context: Context,
  ref: CollectionRef,
  options: CallOptions = {},
): Promise<CollectionRecord | undefined> {
  options.signal?.throwIfAborted()
  if (!isPossible(ref)) return undefined
  const { entity, project, collection: name } = await context.organizations.resolve(ref, options)
  const answer = await absent(context.ask(documents.collectionByName, { entity, project, name }, options))
  const node = answer?.project?.artifactCollection
  return node ? toCollection(node) : undefined
}

async function requireCollection(context: Context, ref: CollectionRef, options: CallOptions): Promise<CollectionRecord> {
  return (await getCollection(context, ref, options)) ?? refuseUnknown(ref)
}

function refuseUnknown({ entity, project, collection }: CollectionRef): never {
  const path = `${entity}/${project}/${collection}`
  throw new EntryNotFoundError(`There is no collection ${path}; check the spelling.`, { path })
}

export async function* listTypes(context: Context, ref: ProjectRef, options: CallOptions = {}) {
  const { entity, project } = await context.organizations.resolve(ref, options)
  const nodes = allNodes("ProjectArtifactTypes", async (cursor) => {
    const answer = await absent(context.ask(documents.projectTypes, { entity, project, cursor, perPage }, options))
    return answer?.project?.artifactTypes
  })
  for await (const node of nodes) yield toType(node)
}

export async function* listCollections(
  context: Context,
  ref: ProjectRef,
  type: string | undefined,
  options: CallOptions = {},
): AsyncGenerator<CollectionRecord> {
  const { entity, project } = await context.organizations.resolve(ref, options)
  const nodes = allNodes("ProjectArtifactCollections", async (cursor) => {
    const variables = { entity, project, cursor, perPage }
    if (type === undefined) {
      return (await absent(context.ask(documents.projectCollections, variables, options)))?.project?.artifactCollections
    }
    const answer = await absent(context.ask(documents.typeCollections, { ...variables, type }, options))
    return answer?.project?.artifactType?.artifactCollections
  })
  for await (const node of nodes) yield toCollection(node)
}

/** Newest first. */
export async function* listVersions(context: Context, ref: CollectionRef, options: CallOptions = {}): AsyncGenerator<Membership> {
  options.signal?.throwIfAborted()
  if (!isPossible(ref)) refuseUnknown(ref)
  const { entity, project, collection: name } = await context.organizations.resolve(ref, options)
  let id: string | undefined
  const nodes = allNodes("CollectionArtifacts", async (cursor) => {
    const variables = { entity, project, name, cursor, perPage: versionsPerPage }
    const answer = await absent(context.ask(documents.collectionVersions, variables, options))
    const collection = answer?.project?.artifactCollection ?? refuseUnknown(ref)
    id = collection.id
    return collection.artifacts
  })
  for await (const node of nodes) yield* toMemberships(node).filter(({ collection }) => collection.id === id)
}

/** Every alias in use, without `vN`. */
export async function listAliases(context: Context, ref: CollectionRef, options: CallOptions = {}): Promise<string[]> {
  options.signal?.throwIfAborted()
  if (!isPossible(ref)) refuseUnknown(ref)
  const { entity, project, collection: name } = await context.organizations.resolve(ref, options)
  const nodes = allNodes("ArtifactCollectionAliases", async (cursor) => {
    const answer = await absent(context.ask(documents.collectionAliases, { entity, project, name, cursor, perPage }, options))
    return (answer?.project?.artifactCollection ?? refuseUnknown(ref)).aliases
  })
  const aliases = new Set<string>()
  for await (const { alias } of nodes) if (!/^v\d+$/.test(alias)) aliases.add(alias)
  return [...aliases]
}

/** What can be refused is checked before anything is changed, since each of these is a change of its own on the server. */
export async function updateCollection(
  context: Context,
  ref: CollectionRef,
  changes: CollectionChanges,
  options: CallOptions = {},
): Promise<CollectionRecord> {
  const { name, description, type } = changes
  if (name !== undefined) checkCollectionName(name)
  const addTags = tagInputs(changes.addTags)
  const removeTags = tagInputs(changes.removeTags)
  const current = await requireCollection(context, ref, options)
  const { id, kind, entity, project } = current
  if (type !== undefined) checkArtifactType(type, current.collection)
  const moves = type !== undefined && type !== current.type
  if (moves && kind === "portfolio") {
    throw new InvalidArgumentError(
      "changes.type",
      `${current.collection} is a portfolio: it takes the type of what is linked into it.`,
    )
  }
  if (name !== undefined || description !== undefined) {
    const texts = { name, description: description === null ? "" : description }
    if (kind === "portfolio")
      await context.ask(documents.updatePortfolio, { input: { artifactPortfolioID: id, ...texts } }, options)
    else await context.ask(documents.updateSequence, { input: { artifactSequenceID: id, ...texts } }, options)
  }
  if (moves) {
    await context.ask(documents.moveSequence, { input: { artifactSequenceID: id, destinationArtifactTypeName: type } }, options)
  }
  const renamed = { entity, project, collection: name ?? current.collection }
  const place = { entityName: entity, projectName: project, artifactCollectionName: renamed.collection }
  if (addTags.length > 0) await context.ask(documents.addCollectionTags, { input: { ...place, tags: addTags } }, options)
  if (removeTags.length > 0) await context.ask(documents.deleteCollectionTags, { input: { ...place, tags: removeTags } }, options)
  const changed = await getCollection(context, renamed, options)
  if (changed !== undefined) return changed
  throw new RegistryError(`The server changed the collection ${renamed.collection} but does not list it`, {
    operation: "UpdateArtifactSequence",
  })
}

export async function deleteCollection(context: Context, ref: CollectionRef, options: CallOptions = {}): Promise<void> {
  const { id, kind } = await requireCollection(context, ref, options)
  const document = kind === "portfolio" ? documents.deletePortfolio : documents.deleteSequence
  // An attempt whose answer was lost may have done it; the next one then finds nothing.
  await absent(context.ask(document, { id }, options))
}
