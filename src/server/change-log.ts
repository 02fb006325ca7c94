import { randomId } from "../core/random-id.ts"
import { show } from "../core/show.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { ManifestKind, NewVersion, PendingVersion, ProjectRef } from "../ports.ts"
import { type Call, placeOf } from "./call.ts"
import { Refusal } from "./failure.ts"
import { toldVersion } from "./guard-telling.ts"
import { formatId, parseId } from "./ids.ts"
import { type Maybe, memberRef, parseMd5, parseTtl, requireMember, tagNames } from "./inputs.ts"
import { may } from "./principal.ts"
import { signedUrl, uploadHeaders } from "./urls.ts"
import { artifactView } from "./view-artifact.ts"

/** Logging a version, protocol.md 3. */
interface CreateArtifactInput {
  readonly entityName: string
  readonly projectName: string
  readonly artifactTypeName: string
  readonly artifactCollectionName: Maybe<string>
  readonly artifactCollectionNames: Maybe<readonly string[]>
  readonly runName: Maybe<string>
  readonly digest: string
  readonly digestAlgorithm: string
  readonly description: Maybe<string>
  readonly aliases: Maybe<readonly { readonly alias: string }[]>
  readonly tags: Maybe<readonly { readonly tagName: string }[]>
  readonly metadata: Maybe<string>
  readonly ttlDurationSeconds: Maybe<number>
  readonly historyStep: Maybe<number>
  readonly enableDigestDeduplication: Maybe<boolean>
  readonly distributedID: Maybe<string>
  readonly clientID: Maybe<string>
  readonly storageRegion: Maybe<string>
}

export async function createArtifact(call: Call, input: CreateArtifactInput) {
  const place = await placeOf(call, input.entityName, input.projectName)
  const pending = await call.registry.createVersion(toNewVersion(input, place), { signal: call.signal })
  return { artifact: await pendingView(call, pending) }
}

function toNewVersion(input: CreateArtifactInput, place: ProjectRef): NewVersion {
  const { runName, distributedID, storageRegion } = input
  // One that was fetched and is logged again comes with the alias that it was fetched by.
  const [collection] = (input.artifactCollectionName ?? input.artifactCollectionNames?.[0])?.split(":") ?? []
  if (collection === undefined) throw new InvalidArgumentError("artifactCollectionName", "artifactCollectionName must be given.")
  if (input.digestAlgorithm !== "MANIFEST_MD5")
    throw new InvalidArgumentError("digestAlgorithm", "digestAlgorithm must be MANIFEST_MD5: this server has no other.")
  return {
    ...{ ...place, collection },
    type: input.artifactTypeName,
    digest: input.digest,
    kind: kindOf(input),
    description: input.description ?? undefined,
    metadata: input.metadata ?? undefined,
    aliases: input.aliases?.map(({ alias }) => alias),
    tags: tagNames(input.tags),
    ttl: parseTtl(input.ttlDurationSeconds),
    run: runName ? { ...place, run: runName } : undefined,
    historyStep: input.historyStep ?? undefined,
    clientId: input.clientID || randomId(64),
    distributedId: distributedID ?? undefined,
    storageRegion: storageRegion ?? undefined,
  }
}

/** Writers that share a version upload patches, and who wants no deduplication has a digest of what is new only. */
function kindOf({ distributedID, enableDigestDeduplication }: CreateArtifactInput): ManifestKind {
  if (distributedID) return "PATCH"
  return enableDigestDeduplication === false ? "INCREMENTAL" : "FULL"
}

/** With the latest version as it was before, which the next manifest builds on. */
async function pendingView(call: Call, { id, state, latestId }: PendingVersion) {
  const { registry } = call.setup
  const { signal } = call
  const version = await registry.getVersion(id, { signal })
  if (version === undefined) throw new Refusal(409, "The version that was just made is gone.", id)
  // A registry of somebody else's may know the client id from another tenant.
  if (!may(call.principal, "write", version.source))
    throw new InvalidArgumentError("clientID", "clientID stands for a version elsewhere already; make a new one for each artifact.")
  const view = artifactView(call, toldVersion(call.principal, { ...version, state }))
  const latest = async () => {
    if (latestId === undefined) return null
    const latest = await call.registry.getVersion(latestId, { signal })
    // Whoever may write but not read is told the id all the same: the next manifest names it.
    return latest ? artifactView(call, latest) : { __typename: "Artifact", id: latestId, versionIndex: null }
  }
  return { ...view, artifactSequence: async () => ({ ...(await view.artifactSequence()), latestArtifact: latest }) }
}

interface CreateManifestInput {
  readonly artifactID: string
  readonly digest: string
  readonly type: Maybe<ManifestKind>
}

/**
 * Nothing is kept before the manifest itself arrives: its id says which it is. W&B's clients name the latest version of that moment as the
 * base here; what an incremental manifest then comes on top of is the one that is the latest by its commit.
 */
export async function createArtifactManifest(call: Call, input: CreateManifestInput) {
  await requireWritable(call, input.artifactID)
  return { artifactManifest: manifestSlot(call, input.artifactID, input.type ?? "FULL", input.digest) }
}

interface UpdateManifestInput {
  readonly artifactManifestID: string
  readonly digest: Maybe<string>
  readonly baseArtifactID: Maybe<string>
}

/** A base that is named here is one that was chosen, whatever the latest version is. */
export async function updateArtifactManifest(call: Call, { artifactManifestID, digest, baseArtifactID }: UpdateManifestInput) {
  const [version, kind] = parseManifestId(artifactManifestID)
  await requireWritable(call, version)
  const baseId = kind === "INCREMENTAL" && baseArtifactID ? baseArtifactID : undefined
  if (baseId !== undefined) await requireBase(call, baseId)
  return { artifactManifest: manifestSlot(call, version, kind, digest ?? "", baseId) }
}

/** Anybody can make up an id, so its kind need not be one. */
function parseManifestId(id: string): readonly [version: string, kind: ManifestKind] {
  const [version, kind] = parseId("ArtifactManifest", id, 2) as [string, string]
  if (Object.hasOwn(fileNames, kind)) return [version, kind as ManifestKind]
  throw new EntryNotFoundError(`There is no manifest of the kind ${show(kind)}; ask for its address anew.`, {
    path: id.slice(0, 80),
  })
}

/** What a version builds on becomes part of it, so it must be there for whoever asks. */
async function requireBase(call: Call, id: string): Promise<void> {
  const base = await call.registry.getVersion(id, { signal: call.signal })
  if (base?.state === "COMMITTED") return
  throw new EntryNotFoundError(`There is no version with the id ${show(id)} to build on.`, { path: id })
}

const fileNames: { readonly [kind in ManifestKind]: string } = {
  FULL: "wandb_manifest.json",
  INCREMENTAL: "wandb_manifest.incremental.json",
  PATCH: "wandb_manifest.patch.json",
}

function manifestSlot(call: Call, version: string, kind: ManifestKind, digest: string, baseId?: string) {
  const name = fileNames[kind]
  return {
    __typename: "ArtifactManifest",
    id: formatId("ArtifactManifest", version, kind),
    type: kind,
    digest: digest || null,
    file: {
      __typename: "File",
      id: formatId("File", version, name),
      name,
      displayName: name,
      sizeBytes: 0,
      uploadUrl: () => signedUrl(call, "upload-manifest", { version, kind, digest: parseMd5("digest", digest), baseId }),
      uploadHeaders: () => uploadHeaders(parseMd5("digest", digest), "application/json"),
    },
  }
}

/** Signing an address gives a right away, so it asks for that right first. */
export async function requireWritable(call: Call, id: string): Promise<void> {
  await call.registry.requestUploads(id, [], { signal: call.signal })
}

export async function commitArtifact(call: Call, { artifactID }: { readonly artifactID: string }) {
  const { version } = await call.registry.commitVersion(artifactID, { signal: call.signal })
  return { artifact: artifactView(call, version), success: true }
}

interface UseInput {
  readonly artifactID: string
  readonly entityName: string
  readonly projectName: string
  readonly runName: string
  readonly artifactEntityName: Maybe<string>
  readonly artifactProjectName: Maybe<string>
}

/** `artifactEntityName` and `artifactProjectName` say through which of its collections the version was reached. */
export async function useArtifact(call: Call, input: UseInput) {
  const { artifactID: id, artifactEntityName, artifactProjectName } = input
  const run = { ...(await placeOf(call, input.entityName, input.projectName)), run: input.runName }
  const member = await requireMember(
    call,
    id,
    "read",
    ({ entity, project }) => entity === (artifactEntityName || entity) && project === (artifactProjectName || project),
  )
  await call.registry.useVersion({ ...memberRef(member), id: member.version.id }, run, { signal: call.signal })
  return { artifact: artifactView(call, member.version), success: true }
}

export async function mapClientId(call: Call, { clientID }: { readonly clientID: string }) {
  const serverID = await call.registry.resolveClientId(clientID, { signal: call.signal })
  return serverID === undefined ? null : { serverID }
}
