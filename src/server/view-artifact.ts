import type { CollectionRecord, Membership, VersionRecord } from "../ports.ts"
import { type Call, lookUpCost, once } from "./call.ts"
import { wholeList } from "./connection.ts"
import { formatId } from "./ids.ts"
import { may } from "./principal.ts"
import { signedUrl } from "./urls.ts"
import { collectionView, tagView } from "./view-collection.ts"
import { type FileArgs, fileList, filesByEntries } from "./view-files.ts"
import { namedType } from "./view-project.ts"
import { runView } from "./view-run.ts"

/** What W&B's schema says of a version, whatever collection it was reached through. */
export function artifactView(call: Call, version: VersionRecord) {
  const { id, source, state } = version
  const { signal } = call
  const isCommitted = state === "COMMITTED"
  const members = once(async () => {
    call.spend(lookUpCost)
    return isCommitted ? call.registry.memberships(id, { signal }) : []
  })
  const firstMember = async () => (await members())[0]
  const isReadable = async () => may(call.principal, "read", source) || (await members()).length > 0
  return {
    __typename: "Artifact",
    id,
    artifactSequence: () => sourceView(call, version),
    versionIndex: source.index ?? null,
    artifactType: namedType(source, version.type, version.createdAt),
    description: version.description,
    metadata: once(() => version.metadataText ?? JSON.stringify(version.metadata)),
    // -2 is W&B's word for "never".
    ttlDurationSeconds: version.ttl ?? -2,
    ttlIsInherited: version.ttlIsInherited,
    tags: version.tags.map(tagView),
    historyStep: version.historyStep,
    state,
    size: version.size,
    digest: version.digest,
    digestAlgorithm: "MANIFEST_MD5",
    commitHash: version.commitHash,
    fileCount: version.fileCount,
    createdAt: version.createdAt,
    updatedAt: version.updatedAt,
    aliases: async () => (await members()).flatMap((member) => aliasViews(call, member)),
    artifactMemberships: async () => wholeList(spent(call, await members()), (member) => ({ node: memberView(call, member) })),
    // Signing an address gives a right away, so it takes that right.
    currentManifest: async () => (isCommitted && (await isReadable()) ? manifestView(call, version) : null),
    files: (args: FileArgs) => fileList(call, firstMember, args),
    filesByManifestEntries: (args: Parameters<typeof filesByEntries>[2]) => filesByEntries(call, firstMember, args),
    createdBy: async () => {
      const run = await call.registry.loggedBy(id, { signal })
      return run ? runView(call, run) : null
    },
    usedBy: async () => wholeList(spent(call, await call.registry.usedBy(id, { signal })), (run) => ({ node: runView(call, run) })),
  }
}

/** The sequence it was logged to; no more than its name where that is gone or not for this principal to read. */
async function sourceView(call: Call, { source, type, createdAt }: VersionRecord) {
  const found = await call.registry.getCollection(source, { signal: call.signal })
  const { entity, project, collection } = source
  const gone: CollectionRecord = {
    ...{ entity, project, collection, type, createdAt },
    ...{ id: "", kind: "sequence", description: null, tags: [], updatedAt: null },
  }
  return collectionView(call, source, found ?? gone)
}

export function memberView(call: Call, member: Membership) {
  const { collection, index, version } = member
  const { entity, project } = collection
  return {
    __typename: "ArtifactCollectionMembership",
    id: formatId("ArtifactCollectionMembership", entity, project, collection.collection, String(index)),
    versionIndex: index,
    createdAt: member.createdAt,
    aliases: () => aliasViews(call, member),
    artifactCollection: () => collectionView(call, collection, collection),
    artifact: () => artifactView(call, version),
    files: (args: FileArgs) => fileList(call, async () => member, args),
  }
}

function aliasViews(call: Call, { collection, aliases }: Membership) {
  return spent(call, aliases).map((alias) => aliasView(call, collection, alias))
}

/** Lists without pages count too: each can lead back to where it is from, so that a short query would ask for ever more. */
function spent<T>(call: Call, items: readonly T[]): readonly T[] {
  call.spend(items.length)
  return items
}

export function aliasView(call: Call, collection: CollectionRecord, alias: string) {
  const { entity, project } = collection
  return {
    __typename: "ArtifactAlias",
    id: formatId("ArtifactAlias", entity, project, collection.collection, alias),
    alias,
    artifactCollection: () => collectionView(call, collection, collection),
  }
}

function manifestView(call: Call, { id, createdAt }: VersionRecord) {
  const url = () => signedUrl(call, "manifest", { version: id })
  return {
    __typename: "ArtifactManifest",
    id: formatId("ArtifactManifest", id, "FULL"),
    type: "FULL",
    digest: null,
    file: {
      __typename: "File",
      id: formatId("File", id, "wandb_manifest.json"),
      name: "wandb_manifest.json",
      displayName: "wandb_manifest.json",
      directUrl: url,
      url,
      sizeBytes: 0,
      mimetype: "application/json",
      updatedAt: createdAt,
    },
  }
}
