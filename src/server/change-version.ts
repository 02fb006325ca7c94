import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CollectionRef } from "../ports.ts"
import { type Call, groupBy, placeOf } from "./call.ts"
import { toldVersion } from "./guard-telling.ts"
import { type Maybe, memberRef, parseDescription, parseTtl, requireMember, requireVersion, samePlace, tagNames } from "./inputs.ts"
import { artifactView, memberView } from "./view-artifact.ts"
import { requireCollection } from "./view-collection.ts"

type Tags = Maybe<readonly { readonly tagName: string }[]>

interface UpdateArtifactInput {
  readonly artifactID: string
  readonly description?: Maybe<string>
  readonly metadata: Maybe<string>
  readonly tagsToAdd: Tags
  readonly tagsToDelete: Tags
  readonly ttlDurationSeconds: Maybe<number>
}

/** What is not given is left alone; a description that is given as null is removed. */
export async function updateArtifact(call: Call, input: UpdateArtifactInput) {
  const changes = {
    description: parseDescription(input.description),
    metadata: input.metadata ?? undefined,
    addTags: tagNames(input.tagsToAdd),
    removeTags: tagNames(input.tagsToDelete),
    ttl: parseTtl(input.ttlDurationSeconds),
  }
  const version = await call.registry.updateVersion(input.artifactID, changes, { signal: call.signal })
  return { artifact: artifactView(call, version), success: true }
}

interface AliasInput {
  readonly entityName: string
  readonly projectName: string
  readonly artifactCollectionName: string
  readonly alias: string
}

interface AliasesInput {
  readonly artifactID: string
  readonly aliases: readonly AliasInput[]
}

export async function addAliases(call: Call, input: AliasesInput) {
  await changeAliases(call, input, "addAliases")
  return { success: true }
}

export async function deleteAliases(call: Call, input: AliasesInput) {
  await changeAliases(call, input, "removeAliases")
  return { success: true }
}

async function changeAliases(
  call: Call,
  { artifactID, aliases }: AliasesInput,
  verb: "addAliases" | "removeAliases",
): Promise<void> {
  const keyOf = ({ entityName, projectName, artifactCollectionName }: AliasInput) =>
    JSON.stringify([entityName, projectName, artifactCollectionName])
  for (const group of groupBy(aliases, keyOf).values()) {
    const { entityName, projectName, artifactCollectionName: collection } = group[0]!
    const place = { ...(await placeOf(call, entityName, projectName)), collection }
    const member = await requireMember(call, artifactID, "write", (other) => samePlace(other, place))
    const names = group.map(({ alias }) => alias)
    await call.registry[verb](memberRef(member), names, { signal: call.signal })
  }
}

export async function deleteArtifact(call: Call, input: { readonly artifactID: string; readonly deleteAliases: Maybe<boolean> }) {
  const version = await requireVersion(call, input.artifactID, "delete")
  await call.registry.deleteVersion(version.id, { signal: call.signal, deleteAliases: input.deleteAliases ?? false })
  return { artifact: artifactView(call, toldVersion(call.principal, { ...version, state: "DELETED" })), success: true }
}

interface LinkInput {
  readonly artifactID: Maybe<string>
  readonly clientID: Maybe<string>
  readonly artifactPortfolioID: Maybe<string>
  readonly artifactPortfolioName: Maybe<string>
  readonly entityName: Maybe<string>
  readonly projectName: Maybe<string>
  readonly aliases: Maybe<readonly { readonly alias: string }[]>
}

export async function linkArtifact(call: Call, input: LinkInput) {
  const id = await linkedId(call, input)
  const aliases = input.aliases?.map(({ alias }) => alias) ?? []
  const member = await call.registry.link(id, await targetOf(call, input), aliases, { signal: call.signal })
  return { versionIndex: member.index, artifactMembership: memberView(call, member) }
}

async function linkedId(call: Call, { artifactID, clientID }: LinkInput): Promise<string> {
  if (artifactID) return artifactID
  const id = clientID ? await call.registry.resolveClientId(clientID, { signal: call.signal }) : undefined
  if (id !== undefined) return id
  throw new EntryNotFoundError("artifactID or a clientID that is known must be given.")
}

async function targetOf(call: Call, input: LinkInput): Promise<CollectionRef> {
  if (input.artifactPortfolioID) {
    const { entity, project, collection } = await requireCollection(call, input.artifactPortfolioID, "write")
    return { entity, project, collection }
  }
  const collection = input.artifactPortfolioName
  if (!collection)
    throw new InvalidArgumentError("artifactPortfolioName", "artifactPortfolioName or artifactPortfolioID must be given.")
  return { ...(await placeOf(call, input.entityName, input.projectName)), collection }
}

export async function unlinkArtifact(call: Call, input: { readonly artifactID: string; readonly artifactPortfolioID: string }) {
  const portfolio = await requireCollection(call, input.artifactPortfolioID, "delete")
  const member = await requireMember(call, input.artifactID, "delete", (place) => samePlace(place, portfolio))
  await call.registry.unlink(memberRef(member), { signal: call.signal })
  return { artifactID: input.artifactID, success: true }
}
