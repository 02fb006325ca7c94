import { readMetadata } from "../core/exact-json.ts"
import { EntryNotFoundError, RegistryError } from "../errors.ts"
import type { CallOptions, Content, ManifestUpload, Membership, NewVersion, RunRef, VersionRef } from "../ports.ts"
import type { Context } from "./context.ts"
import { toError, WireFailure } from "./failure.ts"
import { listMemberships } from "./fetching.ts"
import { commitArtifact, createArtifact, useArtifact } from "./logging-documents.ts"
import { aliasInputs, checkPlace, tagInputs, ttlSeconds } from "./names.ts"
import { putContent } from "./put-content.ts"
import { ifGiven, toMemberships } from "./wire.ts"

/** `CreateArtifact`, protocol.md 3.3. */
export async function createVersion(context: Context, input: NewVersion, options: CallOptions = {}) {
  const { entity, project, collection, run, kind = "FULL" } = await context.organizations.resolve(checkPlace(input), options)
  const { metadata, metadataText } = readMetadata(input.metadata)
  const created = await context.ask(
    createArtifact,
    {
      input: {
        entityName: entity,
        projectName: project,
        artifactTypeName: input.type,
        artifactCollectionName: collection,
        runName: run?.run,
        digest: input.digest,
        digestAlgorithm: "MANIFEST_MD5",
        description: input.description,
        aliases: aliasInputs(collection, input.aliases ?? []),
        tags: input.tags?.length ? tagInputs(input.tags) : undefined,
        metadata: Object.keys(metadata).length > 0 ? (metadataText ?? JSON.stringify(metadata)) : undefined,
        ttlDurationSeconds: ttlSeconds(input.ttl),
        historyStep: input.historyStep,
        // Only a full manifest's digest says what the version will be.
        enableDigestDeduplication: kind === "FULL",
        distributedID: input.distributedId,
        clientID: input.clientId,
        sequenceClientID: input.clientId,
        storageRegion: input.storageRegion,
      },
    },
    options,
    ({ createArtifact }) =>
      ifGiven(createArtifact?.artifact, ({ id, state, artifactSequence }) => {
        return { id, state, latestId: artifactSequence?.latestArtifact?.id }
      }),
  )
  if (created === undefined) throw new RegistryError("CreateArtifact was answered with nothing", { operation: "CreateArtifact" })
  const { id, state, latestId } = created
  if (state !== "COMMITTED") {
    context.pending.note(id, { entity, project, run: run?.run ?? "", kind, baseId: input.baseId, latestId })
  }
  return created
}

export async function storeManifest(
  context: Context,
  id: string,
  manifest: ManifestUpload,
  options: CallOptions = {},
): Promise<void> {
  const bytes = new TextEncoder().encode(manifest.json)
  const digest = await context.hasher.hash(bytes)
  const announce = () => context.pending.announce(id, manifest, digest, options)
  const content: Content = {
    stability: "frozen",
    size: bytes.byteLength,
    stream: () => new Blob([bytes]).stream(),
    bytes: async () => bytes,
  }
  const upload = { path: "wandb_manifest.json", digest, size: bytes.byteLength }
  try {
    await putContent(context, upload, content, { first: await announce(), renew: announce }, options)
  } catch (error) {
    throw error instanceof WireFailure ? toError(error, context.http.server, "storeManifest") : error
  }
}

export async function commitVersion(context: Context, id: string, options: CallOptions = {}): Promise<Membership> {
  const [member] = await context.ask(commitArtifact, { artifactID: id }, options, ({ commitArtifact }) =>
    toMemberships(commitArtifact?.artifact),
  )
  context.pending.forget(id)
  const [found = member] = member === undefined ? await listMemberships(context, id, options) : []
  if (found !== undefined) return found
  throw new RegistryError(`The server committed the version ${id} but does not list it`, { operation: "CommitArtifact" })
}

export async function useVersion(
  context: Context,
  member: VersionRef & { readonly id: string },
  run: RunRef,
  options: CallOptions = {},
): Promise<void> {
  const { entity, project } = await context.organizations.resolve(member, options)
  const isTold = await context.hasFeature("USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION", options)
  const answer = await context.ask(
    useArtifact,
    {
      input: {
        artifactID: member.id,
        entityName: run.entity,
        projectName: run.project,
        runName: run.run,
        ...(isTold && { artifactEntityName: entity, artifactProjectName: project }),
      },
    },
    options,
  )
  if (answer.useArtifact?.artifact) return
  const path = `${member.entity}/${member.project}/${member.collection}:v${member.index}`
  throw new EntryNotFoundError(`The server knows no version ${path}, or no run ${run.run}, to note that one used the other.`, {
    path,
  })
}
