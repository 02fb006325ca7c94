import { Remembered } from "../core/remember.ts"
import { EntryNotFoundError, RegistryError } from "../errors.ts"
import type { CallOptions, ManifestKind, ManifestUpload } from "../ports.ts"
import type { Ask } from "./ask.ts"
import { createManifest, type ManifestNode, type PendingNode, pendingVersion, updateManifest } from "./logging-documents.ts"
import { readHeaders, type Slot } from "./put-content.ts"
import { ifGiven } from "./wire.ts"

/** Where a version is being logged to, and on top of what. */
export interface PendingVersion {
  readonly entity: string
  readonly project: string
  /** Empty for none. */
  readonly run: string
  readonly kind: ManifestKind
  /** What it was said to be based on. */
  readonly baseId: string | undefined
  /** The latest version before it. */
  readonly latestId: string | undefined
}

/** A manifest that is announced, and where its bytes go. */
interface ManifestSlot extends Slot {
  readonly id: string
}

/** Versions on their way, remembered for as long as that is likely to help; what is forgotten is asked of the server. */
export interface PendingVersions {
  note(id: string, version: PendingVersion): void
  /** The manifest that files are announced for, made when it is first needed. */
  manifestId(id: string, options: CallOptions): Promise<string>
  /** Announces the whole manifest or one share of it; where its bytes go. */
  announce(
    id: string,
    manifest: Pick<ManifestUpload, "kind" | "baseId">,
    digest: string,
    options: CallOptions,
  ): Promise<ManifestSlot>
  forget(id: string): void
}

/** protocol.md 2.5. */
const fileNames: { readonly [kind in ManifestKind]: string } = {
  FULL: "wandb_manifest.json",
  INCREMENTAL: "wandb_manifest.incremental.json",
  PATCH: "wandb_manifest.patch.json",
}

const rememberedVersions = 1024

export function createPendingVersions(ask: Ask): PendingVersions {
  const versions = new Remembered<PendingVersion>(rememberedVersions)
  const manifests = new Remembered<string>(rememberedVersions)

  const find = async (id: string, options: CallOptions): Promise<PendingVersion> => {
    const known = versions.get(id)
    if (known !== undefined) return known
    const version = await ask(pendingVersion, { id }, options, ({ artifact }) => ifGiven(artifact, (node) => toPending(id, node)))
    if (version === undefined)
      throw new EntryNotFoundError(`There is no version with id ${id}; it may have been deleted.`, { path: id })
    versions.set(id, version)
    return version
  }
  const create = async (id: string, kind: ManifestKind, digest: string, options: CallOptions): Promise<ManifestSlot> => {
    const { entity, project, run, baseId, latestId } = await find(id, options)
    const slot = await ask(
      createManifest,
      {
        artifactID: id,
        baseArtifactID: baseId ?? latestId,
        name: fileNames[kind],
        digest,
        entityName: entity,
        projectName: project,
        runName: run,
        type: kind,
        includeUpload: digest !== "",
      },
      options,
      ({ createArtifactManifest }) => ifGiven(createArtifactManifest?.artifactManifest, toSlot),
    )
    return given(slot, "CreateArtifactManifest")
  }
  const manifestId = async (id: string, kind: ManifestKind, options: CallOptions): Promise<string> => {
    const key = `${kind} ${id}`
    const known = manifests.get(key)
    if (known !== undefined) return known
    const made = await create(id, kind, "", options)
    manifests.set(key, made.id)
    return made.id
  }
  return {
    note: (id, version) => versions.set(id, version),
    manifestId: async (id, options) => manifestId(id, (await find(id, options)).kind, options),
    async announce(id, { kind, baseId }, digest, options) {
      if (kind === "FULL") return create(id, kind, digest, options)
      const artifactManifestID = await manifestId(id, kind, options)
      // Only a base that was asked for is named here: whoever makes none of it has the latest version there will be by then.
      const baseArtifactID = kind === "INCREMENTAL" ? (baseId ?? (await find(id, options)).baseId) : undefined
      const variables = { artifactManifestID, digest, baseArtifactID }
      const slot = await ask(updateManifest, variables, options, ({ updateArtifactManifest }) =>
        ifGiven(updateArtifactManifest?.artifactManifest, toSlot),
      )
      return given(slot, "UpdateArtifactManifest")
    },
    forget(id) {
      versions.delete(id)
      for (const kind of Object.keys(fileNames)) manifests.delete(`${kind} ${id}`)
    },
  }
}

function toPending(id: string, { artifactSequence, createdBy }: PendingNode): PendingVersion {
  const { project, latestArtifact } = artifactSequence
  return {
    entity: project?.entity.name ?? "",
    project: project?.name ?? "",
    run: createdBy?.name ?? "",
    kind: "FULL",
    baseId: undefined,
    latestId: latestArtifact?.id === id ? undefined : latestArtifact?.id,
  }
}

const toSlot = ({ id, file }: ManifestNode): ManifestSlot => ({
  id,
  uploadUrl: file?.uploadUrl ?? null,
  headers: readHeaders(file?.uploadHeaders),
})

function given<T>(value: T | undefined, operation: string): T {
  if (value !== undefined) return value
  throw new RegistryError(`${operation} was answered with nothing`, { operation })
}
