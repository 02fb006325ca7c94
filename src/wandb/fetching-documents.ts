import type { ArtifactState } from "../ports.ts"
import { document } from "./ask.ts"
import { memberFields, pageInfo, placedFields, versionFields } from "./fragments.ts"
import type { MemberNode, Page, PlacedNode, SourcedNode, VersionNode } from "./wire.ts"

export const membershipByName = document<
  {
    readonly project: {
      readonly artifactCollectionMembership: (MemberNode & { readonly artifact: SourcedNode | null }) | null
    } | null
  },
  { readonly entity: string; readonly project: string; readonly name: string }
>(
  `
query ArtifactMembershipByName($entity: String!, $project: String!, $name: String!) {
  project(name: $project, entityName: $entity) {
    artifactCollectionMembership(name: $name) { ...MemberFields artifact { ...SourcedFields } }
  }
}`,
  ...memberFields,
)

/** As much of a membership as changing it takes. */
export interface MemberKey {
  readonly aliases: readonly { readonly alias: string }[] | null
  readonly artifactCollection: { readonly __typename: string; readonly id: string } | null
  readonly artifact: { readonly id: string } | null
}

export const membershipKey = document<
  { readonly project: { readonly artifactCollectionMembership: MemberKey | null } | null },
  { readonly entity: string; readonly project: string; readonly name: string }
>(`
query ArtifactMembershipKey($entity: String!, $project: String!, $name: String!) {
  project(name: $project, entityName: $entity) {
    artifactCollectionMembership(name: $name) { aliases { alias } artifactCollection { __typename id } artifact { id } }
  }
}`)

export const artifactById = document<{ readonly artifact: VersionNode | null }, { readonly id: string }>(
  `
query ArtifactByID($id: ID!) {
  artifact(id: $id) { ...VersionFields }
}`,
  ...versionFields,
)

export const artifactPlaces = document<{ readonly artifact: PlacedNode | null }, { readonly id: string }>(
  `
query ArtifactMemberships($id: ID!) {
  artifact(id: $id) { ...PlacedFields }
}`,
  ...placedFields,
)

export const manifestUrl = document<
  {
    readonly artifact: {
      readonly state: ArtifactState
      readonly digest: string
      readonly currentManifest: { readonly file: { readonly directUrl: string | null } | null } | null
    } | null
  },
  { readonly id: string }
>(`
query FetchArtifactManifest($id: ID!) {
  artifact(id: $id) { state digest currentManifest { file { directUrl } } }
}`)

export const clientIdMapping = document<
  { readonly clientIDMapping: { readonly serverID: string | null } | null },
  { readonly clientID: string }
>(`
query ClientIDMapping($clientID: ID!) {
  clientIDMapping(clientID: $clientID) { serverID }
}`)

export interface FileNode {
  readonly name: string
  readonly directUrl: string | null
}

/** `names` undefined: all of them, page by page. */
export const fileUrls = document<
  {
    readonly project: {
      readonly artifactCollection: { readonly artifactMembership: { readonly files: Page<FileNode> } | null } | null
    } | null
  },
  {
    readonly entity: string
    readonly project: string
    readonly collection: string
    readonly alias: string
    readonly names: readonly string[] | undefined
    readonly cursor: string | undefined
    readonly perPage: number
  }
>(
  `
query ArtifactMembershipFileUrls($entity: String!, $project: String!, $collection: String!, $alias: String!, $names: [String!],
  $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $collection) {
      artifactMembership(aliasName: $alias) {
        files(names: $names, after: $cursor, first: $perPage) {
          ${pageInfo}
          edges { node { name: displayName directUrl } }
        }
      }
    }
  }
}`,
)
