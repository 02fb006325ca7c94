import { checkArtifactType, checkCollectionName } from "../core/names.ts"
import { EntryNotFoundError, InvalidArgumentError, RegistryError } from "../errors.ts"
import type { CallOptions, CollectionChanges, CollectionRecord, CollectionRef, Membership, ProjectRef } from "../ports.ts"
import { absent } from "./ask.ts"
import * as documents from "./collection-documents.ts"
import type { Context } from "./context.ts"
import { isPossible, tagInputs } from "./names.ts"
import { allItems, readPage } from "./pages.ts"
import { ifGiven, toCollection, toMemberships, toType } from "./wire.ts"

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
  return absent(
    context.ask(documents.collectionByName, { entity, project, name }, options, (answer) =>
      ifGiven(answer.project?.artifactCollection, toCollection),
    ),
  )
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
  yield* allItems("ProjectArtifactTypes", (cursor) =>
    absent(
      context.ask(documents.projectTypes, { entity, project, cursor, perPage }, options, (answer) =>
        readPage(answer.project?.artifactTypes, toType),
      ),
    ),
  )
}

export async function* listCollections(
  context: Context,
  ref: ProjectRef,
  type: string | undefined,
  options: CallOptions = {},
): AsyncGenerator<CollectionRecord> {
  const { entity, project } = await context.organizations.resolve(ref, options)
  yield* allItems("ProjectArtifactCollections", (cursor) => {
    const variables = { entity, project, cursor, perPage }
    const asking =
      type === undefined
        ? context.ask(documents.projectCollections, variables, options, (answer) =>
            readPage(answer.project?.artifactCollections, toCollection),
          )
        : context.ask(documents.typeCollections, { ...variables, type }, options, (answer) =>
            readPage(answer.project?.artifactType?.artifactCollections, toCollection),
          )
    return absent(asking)
  })
}

/** Newest first. */
export async function* listVersions(context: Context, ref: CollectionRef, options: CallOptions = {}): AsyncGenerator<Membership> {
  options.signal?.throwIfAborted()
  if (!isPossible(ref)) refuseUnknown(ref)
  const { entity, project, collection: name } = await context.organizations.resolve(ref, options)
  const members = allItems("CollectionArtifacts", async (cursor) => {
    const variables = { entity, project, name, cursor, perPage: versionsPerPage }
    const page = await absent(
      context.ask(documents.collectionVersions, variables, options, (answer) =>
        ifGiven(answer.project?.artifactCollection, ({ id, artifacts }) =>
          readPage(artifacts, (node) => toMemberships(node).filter(({ collection }) => collection.id === id)),
        ),
      ),
    )
    return page ?? refuseUnknown(ref)
  })
  for await (const places of members) yield* places
}

/** Every alias in use, without `vN`. */
export async function listAliases(context: Context, ref: CollectionRef, options: CallOptions = {}): Promise<string[]> {
  options.signal?.throwIfAborted()
  if (!isPossible(ref)) refuseUnknown(ref)
  const { entity, project, collection: name } = await context.organizations.resolve(ref, options)
  const aliases = allItems("ArtifactCollectionAliases", async (cursor) => {
    const page = await absent(
      context.ask(documents.collectionAliases, { entity, project, name, cursor, perPage }, options, (answer) =>
        ifGiven(answer.project?.artifactCollection, (collection) => readPage(collection.aliases, ({ alias }) => alias)),
      ),
    )
    return page ?? refuseUnknown(ref)
  })
  const found = new Set<string>()
  for await (const alias of aliases) if (!/^v\d+$/.test(alias)) found.add(alias)
  return [...found]
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
