import { readMetadata } from "../core/exact-json.ts"
import { ConflictError, EntryNotFoundError, InvalidArgumentError, isArtifactError, RegistryError } from "../errors.ts"
import type { CallOptions, CollectionRef, Membership, VersionChanges, VersionRecord, VersionRef } from "../ports.ts"
import { absent } from "./ask.ts"
import {
  addAliases as addAliasesDocument,
  deleteAliases,
  deleteArtifact,
  linkArtifact,
  unlinkArtifact,
  updateArtifact,
  versionAliases,
} from "./changing-documents.ts"
import type { Context } from "./context.ts"
import { findVersion, getVersion } from "./fetching.ts"
import { type MemberKey, membershipKey } from "./fetching-documents.ts"
import { aliasInputs, isId, isPossible, tagInputs, ttlSeconds } from "./names.ts"
import { ifGiven, toVersion } from "./wire.ts"

export async function updateVersion(
  { ask }: Context,
  id: string,
  changes: VersionChanges,
  options: CallOptions = {},
): Promise<VersionRecord> {
  const { description, addTags, removeTags, ttl } = changes
  const exact = changes.metadata === undefined ? undefined : readMetadata(changes.metadata)
  const input = {
    artifactID: id,
    // No value for a text means that it stays, so an empty one clears it.
    description: description === null ? "" : description,
    metadata: exact && (exact.metadataText ?? JSON.stringify(exact.metadata)),
    tagsToAdd: tagInputs(addTags),
    tagsToDelete: tagInputs(removeTags),
    ttlDurationSeconds: ttlSeconds(ttl),
  }
  const changed = await ask(updateArtifact, { input }, options, ({ updateArtifact }) =>
    ifGiven(updateArtifact?.artifact, toVersion),
  )
  return changed ?? refuseUnknown(id)
}

function refuseUnknown(id: string): never {
  throw new EntryNotFoundError(`There is no version with id ${id}; it may have been deleted.`, { path: id })
}

interface FoundMember {
  readonly id: string
  readonly aliases: readonly string[]
  readonly collectionId: string
  readonly isLink: boolean
}

/** Undefined for a place that is not whole. */
function readMember({ aliases, artifact, artifactCollection }: MemberKey): FoundMember | undefined {
  if (!artifact || !artifactCollection) return undefined
  return {
    id: artifact.id,
    aliases: (aliases ?? []).map(({ alias }) => alias),
    collectionId: artifactCollection.id,
    isLink: artifactCollection.__typename === "ArtifactPortfolio",
  }
}

async function requireMember(
  context: Context,
  member: VersionRef,
  options: CallOptions,
): Promise<FoundMember & { readonly ref: VersionRef }> {
  options.signal?.throwIfAborted()
  const path = `${member.entity}/${member.project}/${member.collection}:v${member.index}`
  if (isPossible(member)) {
    const ref = await context.organizations.resolve(member, options)
    const { entity, project, collection, index } = ref
    const found = await absent(
      context.ask(membershipKey, { entity, project, name: `${collection}:v${index}` }, options, (answer) =>
        ifGiven(answer.project?.artifactCollectionMembership, readMember),
      ),
    )
    if (found !== undefined) return { ...found, ref }
  }
  throw new EntryNotFoundError(`There is no version ${path}; it may have been deleted or unlinked.`, { path })
}

export async function addAliases(
  context: Context,
  member: VersionRef,
  aliases: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  const wanted = aliasInputs(member.collection, aliases)
  const { ref, id } = await requireMember(context, member, options)
  await changeAliases(context, addAliasesDocument, ref, id, wanted, options)
}

/** Only those that this version has: a server may take the name for the alias of whichever version has it. */
export async function removeAliases(
  context: Context,
  member: VersionRef,
  aliases: readonly string[],
  options: CallOptions = {},
): Promise<void> {
  const { ref, id, aliases: present } = await requireMember(context, member, options)
  const wanted = aliases.filter((alias) => present.includes(alias)).map((alias) => ({ alias }))
  await changeAliases(context, deleteAliases, ref, id, wanted, options)
}

async function changeAliases(
  { ask }: Context,
  document: typeof deleteAliases,
  { entity, project, collection }: VersionRef,
  artifactID: string,
  wanted: readonly { readonly alias: string }[],
  options: CallOptions,
): Promise<void> {
  if (wanted.length === 0) return
  const place = { entityName: entity, projectName: project, artifactCollectionName: collection }
  await ask(document, { input: { artifactID, aliases: wanted.map(({ alias }) => ({ ...place, alias })) } }, options)
}

export async function deleteVersion(
  context: Context,
  id: string,
  options: CallOptions & { readonly deleteAliases?: boolean } = {},
): Promise<void> {
  const { deleteAliases: withAliases = false, signal } = options
  try {
    await context.ask(deleteArtifact, { input: { artifactID: id, deleteAliases: withAliases } }, { signal })
  } catch (error) {
    throw withAliases ? error : await explainAliases(context, id, error, { signal })
  }
}

/** Servers say in many ways that aliases protect a version. */
async function explainAliases({ ask }: Context, id: string, error: unknown, options: CallOptions): Promise<unknown> {
  if (!isArtifactError(error) || error.code !== "REGISTRY" || (error.details.status ?? 500) >= 500) return error
  const aliases = await absent(
    ask(versionAliases, { id }, options, ({ artifact }) => (artifact?.aliases ?? []).map(({ alias }) => alias)),
  )
  if (!aliases?.length) return error
  return new ConflictError(
    `The version has aliases (${aliases.join(", ")}); delete it with deleteAliases to give them up.`,
    error.details,
  )
}

export async function link(
  context: Context,
  id: string,
  target: CollectionRef,
  aliases: readonly string[],
  options: CallOptions = {},
): Promise<Membership> {
  options.signal?.throwIfAborted()
  if (!isId(id)) refuseUnknown(id)
  const { entity, project, collection } = await context.organizations.resolve(target, options)
  const input = {
    artifactID: id,
    artifactPortfolioName: collection,
    entityName: entity,
    projectName: project,
    aliases: aliasInputs(collection, aliases),
  }
  const answer = await context.ask(linkArtifact, { input }, options)
  const index = answer.linkArtifact?.versionIndex ?? undefined
  const found =
    index === undefined ? undefined : await findVersion(context, { entity, project, collection, alias: `v${index}` }, options)
  if (found !== undefined) return found
  if ((await getVersion(context, id, options)) === undefined) refuseUnknown(id)
  throw new RegistryError(`The server linked the version to ${collection} but does not list it there`, {
    operation: "LinkArtifact",
  })
}

export async function unlink(context: Context, member: VersionRef, options: CallOptions = {}): Promise<void> {
  const { id, collectionId, isLink } = await requireMember(context, member, options)
  if (!isLink) {
    throw new InvalidArgumentError(
      "member",
      `${member.collection} is where v${member.index} was logged, not a link to it; delete the version instead.`,
    )
  }
  const input = { artifactID: id, artifactPortfolioID: collectionId }
  await gone(context.ask(unlinkArtifact, { input }, options), async () => {
    const found = await absent(requireMember(context, member, options))
    return found?.id !== id
  })
}

/** An attempt whose answer was lost may have done it, and the next one then finds nothing to do. */
export async function gone(asking: Promise<unknown>, isGone: () => Promise<boolean>): Promise<void> {
  try {
    await asking
  } catch (error) {
    if (!isArtifactError(error) || error.code !== "ENTRY_NOT_FOUND" || !(await isGone())) throw error
  }
}
