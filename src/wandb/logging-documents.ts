import type { ArtifactState, ManifestKind } from "../ports.ts"
import { document } from "./ask.ts"
import { placedFields } from "./fragments.ts"
import type { Page, PlacedNode } from "./wire.ts"

export interface CreateArtifactInput {
  readonly entityName: string
  readonly projectName: string
  readonly artifactTypeName: string
  readonly artifactCollectionName: string
  readonly runName?: string | undefined
  readonly digest: string
  readonly digestAlgorithm: "MANIFEST_MD5"
  readonly description?: string | null | undefined
  readonly aliases: readonly { readonly artifactCollectionName: string; readonly alias: string }[]
  readonly tags?: readonly TagInput[] | undefined
  readonly metadata?: string | undefined
  readonly ttlDurationSeconds?: number | undefined
  readonly historyStep?: number | undefined
  readonly enableDigestDeduplication: boolean
  readonly distributedID?: string | undefined
  readonly clientID: string
  readonly sequenceClientID: string
  readonly storageRegion?: string | undefined
}

export interface TagInput {
  readonly tagName: string
}

export const createArtifact = document<
  {
    readonly createArtifact: {
      readonly artifact: {
        readonly id: string
        readonly state: ArtifactState
        readonly artifactSequence: { readonly latestArtifact: { readonly id: string } | null } | null
      }
    } | null
  },
  { readonly input: CreateArtifactInput }
>(`
mutation CreateArtifact($input: CreateArtifactInput!) {
  createArtifact(input: $input) {
    artifact { id state artifactSequence { latestArtifact { id } } }
  }
}`)

export interface ManifestNode {
  readonly id: string
  readonly file: { readonly uploadUrl?: string | null; readonly uploadHeaders?: readonly string[] | null } | null
}

export const createManifest = document<
  { readonly createArtifactManifest: { readonly artifactManifest: ManifestNode | null } | null },
  {
    readonly artifactID: string
    readonly baseArtifactID: string | undefined
    readonly name: string
    readonly digest: string
    readonly entityName: string
    readonly projectName: string
    readonly runName: string
    readonly type: ManifestKind
    readonly includeUpload: boolean
  }
>(`
mutation CreateArtifactManifest($artifactID: ID!, $baseArtifactID: ID, $name: String!, $digest: String!, $entityName: String!,
  $projectName: String!, $runName: String!, $type: ArtifactManifestType!, $includeUpload: Boolean!) {
  createArtifactManifest(input: {artifactID: $artifactID, baseArtifactID: $baseArtifactID, name: $name, digest: $digest,
    entityName: $entityName, projectName: $projectName, runName: $runName, type: $type}) {
    artifactManifest { id file { uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) id } }
  }
}`)

export const updateManifest = document<
  { readonly updateArtifactManifest: { readonly artifactManifest: ManifestNode | null } | null },
  { readonly artifactManifestID: string; readonly digest: string; readonly baseArtifactID: string | undefined }
>(`
mutation UpdateArtifactManifest($artifactManifestID: ID!, $digest: String, $baseArtifactID: ID) {
  updateArtifactManifest(input: {artifactManifestID: $artifactManifestID, digest: $digest, baseArtifactID: $baseArtifactID}) {
    artifactManifest { id file { uploadUrl uploadHeaders } }
  }
}`)

export interface FileSpec {
  readonly artifactID: string
  readonly artifactManifestID: string
  readonly name: string
  readonly md5: string
  readonly uploadPartsInput?: readonly PartInput[] | undefined
}

export interface PartInput {
  readonly partNumber: number
  readonly hexMD5: string
}

/** Where one file goes; no `uploadUrl`: it is there. */
export interface FileSlotNode {
  readonly storagePath: string | null
  readonly uploadUrl: string | null
  readonly uploadHeaders: readonly string[] | null
  readonly uploadMultipartUrls: {
    readonly uploadID: string
    /** In the order of the parts. */
    readonly uploadUrlParts: readonly { readonly uploadUrl: string }[]
  } | null
  readonly artifact: { readonly id: string }
}

export const createFiles = document<
  { readonly createArtifactFiles: { readonly files: Page<FileSlotNode> } | null },
  { readonly artifactFiles: readonly FileSpec[] }
>(`
mutation CreateArtifactFiles($artifactFiles: [CreateArtifactFileSpecInput!]!) {
  createArtifactFiles(input: {artifactFiles: $artifactFiles, storageLayout: V2}) {
    files {
      edges {
        node {
          storagePath
          uploadUrl
          uploadHeaders
          uploadMultipartUrls { uploadID uploadUrlParts { uploadUrl } }
          artifact { id }
        }
      }
    }
  }
}`)

export const completeMultipart = document<
  { readonly completeMultipartUploadArtifact: { readonly digest: string | null } | null },
  {
    readonly completedParts: readonly PartInput[]
    readonly artifactID: string
    readonly storagePath: string
    readonly uploadID: string
  }
>(`
mutation CompleteMultipartUploadArtifact($completedParts: [UploadPartsInput!]!, $artifactID: ID!, $storagePath: String!,
  $uploadID: String!) {
  completeMultipartUploadArtifact(input: {completeMultipartAction: Complete, completedParts: $completedParts,
    artifactID: $artifactID, storagePath: $storagePath, uploadID: $uploadID}) {
    digest
  }
}`)

export const commitArtifact = document<
  { readonly commitArtifact: { readonly artifact: PlacedNode | null } | null },
  { readonly artifactID: string }
>(
  `
mutation CommitArtifact($artifactID: ID!) {
  commitArtifact(input: {artifactID: $artifactID}) { artifact { ...PlacedFields } }
}`,
  ...placedFields,
)

export const useArtifact = document<
  { readonly useArtifact: { readonly artifact: { readonly id: string } | null } | null },
  {
    readonly input: {
      readonly artifactID: string
      readonly entityName: string
      readonly projectName: string
      readonly runName: string
      readonly artifactEntityName?: string | undefined
      readonly artifactProjectName?: string | undefined
    }
  }
>(`
mutation UseArtifact($input: UseArtifactInput!) {
  useArtifact(input: $input) { artifact { id } }
}`)

/** What is needed to go on with a version that this client did not begin. */
export interface PendingNode {
  readonly artifactSequence: {
    readonly project: { readonly name: string; readonly entity: { readonly name: string } } | null
    readonly latestArtifact: { readonly id: string } | null
  }
  readonly createdBy: { readonly name?: string } | null
}

export const pendingVersion = document<{ readonly artifact: PendingNode | null }, { readonly id: string }>(`
query PendingArtifact($id: ID!) {
  artifact(id: $id) {
    artifactSequence { project { name entity { name } } latestArtifact { id } }
    createdBy { ... on Run { name } }
  }
}`)
