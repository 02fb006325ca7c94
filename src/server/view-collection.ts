import { EntryNotFoundError } from "../errors.ts"
import type { CollectionRecord, CollectionRef, Membership } from "../ports.ts"
import { type Call, lookUpCost, registryFor } from "./call.ts"
import { connection, type LivingList, type PageArgs } from "./connection.ts"
import { type Kind, listOf } from "./filters.ts"
import { formatId, innermostPart, parseId } from "./ids.ts"
import { comparePlaces, named } from "./places.ts"
import type { Action } from "./principal.ts"
import { aliasView, artifactView, memberView } from "./view-artifact.ts"
import { type FilterArgs, namedType, projectView } from "./view-project.ts"

const kind = "ArtifactCollection"

/** Names the collection and, for when it has been renamed since, the registry's own id of it. */
function collectionId(record: CollectionRecord): string {
  return formatId(kind, record.entity, record.project, record.collection, ownId(record))
}

/** One that does not change with the name: behind a gateway the registry's id is such an id itself. */
function ownId({ id }: CollectionRecord): string {
  return innermostPart(kind, id)
}

/** The collection that `action` is to be done to. */
export async function requireCollection(call: Call, id: string, action: Action): Promise<CollectionRecord> {
  const found = await findCollection({ ...call, registry: registryFor(call, action) }, id)
  if (found !== undefined) return found
  throw new EntryNotFoundError("This collection is gone; look it up by its name again.")
}

export async function findCollection(call: Call, id: string): Promise<CollectionRecord | undefined> {
  const [entity, project, collection, own] = parseId(kind, id, 4) as [string, string, string, string]
  const named = await call.registry.getCollection({ entity, project, collection }, { signal: call.signal })
  if (named !== undefined && ownId(named) === own) return named
  for await (const other of call.registry.collections({ entity, project }, undefined, { signal: call.signal })) {
    call.spend(1)
    if (ownId(other) === own) return other
  }
  return undefined
}

/** What W&B's schema says of a collection. `known` saves a look-up where it has been read already. */
export function collectionView(call: Call, ref: CollectionRef, known: CollectionRecord) {
  const { entity, project, collection } = ref
  const at: CollectionRef = { entity, project, collection }
  const { signal } = call
  const members = () => call.registry.versions(at, { signal })
  return {
    __typename: known.kind === "portfolio" ? "ArtifactPortfolio" : "ArtifactSequence",
    id: collectionId(known),
    name: collection,
    description: known.description,
    state: "READY",
    createdAt: known.createdAt,
    updatedAt: known.updatedAt,
    project: () => projectView(call, ref),
    defaultArtifactType: namedType(ref, known.type, known.createdAt),
    tags: { edges: known.tags.map((name) => ({ node: tagView(name) })) },
    digestAlgorithm: "MANIFEST_MD5",
    latestArtifact: async () => {
      call.spend(lookUpCost)
      const member = await call.registry.findVersion(at, { signal })
      return member ? artifactView(call, member.version) : null
    },
    aliases: async (args: PageArgs) =>
      connection(call, aliasList(call, at), (alias) => ({ node: aliasView(call, known, alias) }), args),
    artifacts: (args: PageArgs & FilterArgs) =>
      connection(
        call,
        listOf(call, members, memberKind, args),
        (member) => ({ version: `v${member.index}`, node: artifactView(call, member.version) }),
        args,
      ),
    artifactMemberships: (args: PageArgs & FilterArgs) =>
      connection(call, listOf(call, members, memberKind, args), (member) => ({ node: memberView(call, member) }), args),
    artifactMembership: async ({ aliasName }: { aliasName: string }) => {
      call.spend(lookUpCost)
      const member = await call.registry.findVersion({ ...at, alias: aliasName }, { signal })
      return member ? memberView(call, member) : null
    },
  }
}

function aliasList(call: Call, at: CollectionRef): LivingList<string> {
  const placeOf = (alias: string) => named(alias)
  const all = async () => {
    const aliases = await call.registry.collectionAliases(at, { signal: call.signal })
    return aliases.toSorted((a, b) => comparePlaces(placeOf(a), placeOf(b)))
  }
  return { all, placeOf, isOrdered: true }
}

export function tagView(name: string) {
  return { __typename: "Tag", id: formatId("Tag", name), name }
}

/** The words that filters and orders of versions use. */
const memberFields = {
  id: ({ version }: Membership) => version.id,
  state: ({ version }: Membership) => version.state,
  version: ({ index }: Membership) => `v${index}`,
  version_index: ({ index }: Membership) => index,
  versionIndex: ({ index }: Membership) => index,
  digest: ({ version }: Membership) => version.digest,
  description: ({ version }: Membership) => version.description,
  tag: ({ version }: Membership) => version.tags,
  tags: ({ version }: Membership) => version.tags,
  alias: ({ aliases }: Membership) => aliases,
  aliases: ({ aliases }: Membership) => aliases,
  metadata: ({ version }: Membership) => version.metadata,
  size: ({ version }: Membership) => version.size,
  created_at: ({ version }: Membership) => version.createdAt,
  createdAt: ({ version }: Membership) => version.createdAt,
  updated_at: ({ version }: Membership) => version.updatedAt,
  updatedAt: ({ version }: Membership) => version.updatedAt,
}

/** Of one collection, newest first as a registry lists them. */
const memberKind: Kind<Membership> = { fields: memberFields, placeOf: ({ index }) => [-index], isOrdered: true }

/** Of many collections. */
export const shelvedKind: Kind<Membership> = {
  fields: memberFields,
  placeOf: ({ collection, index }) => [...named(collection.project, collection.collection), -index],
  isOrdered: false,
}
