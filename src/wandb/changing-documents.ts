import { document } from "./ask.ts"
import { versionFields } from "./fragments.ts"
import type { TagInput } from "./logging-documents.ts"
import type { VersionNode } from "./wire.ts"

export const updateArtifact = document<
  { readonly updateArtifact: { readonly artifact: VersionNode | null } | null },
  {
    readonly input: {
      readonly artifactID: string
      readonly description?: string | undefined
      readonly metadata?: string | undefined
      readonly tagsToAdd: readonly TagInput[]
      readonly tagsToDelete: readonly TagInput[]
      readonly ttlDurationSeconds?: number | undefined
    }
  }
>(
  `
mutation UpdateArtifact($input: UpdateArtifactInput!) {
  updateArtifact(input: $input) { artifact { ...VersionFields } }
}`,
  ...versionFields,
)

interface AliasesInput {
  readonly input: {
    readonly artifactID: string
    readonly aliases: readonly {
      readonly entityName: string
      readonly projectName: string
      readonly artifactCollectionName: string
      readonly alias: string
    }[]
  }
}

export const addAliases = document<object, AliasesInput>(`
mutation AddAliases($input: AddAliasesInput!) {
  addAliases(input: $input) { success }
}`)

export const deleteAliases = document<object, AliasesInput>(`
mutation DeleteAliases($input: DeleteAliasesInput!) {
  deleteAliases(input: $input) { success }
}`)

export const deleteArtifact = document<
  object,
  { readonly input: { readonly artifactID: string; readonly deleteAliases: boolean } }
>(`
mutation DeleteArtifact($input: DeleteArtifactInput!) {
  deleteArtifact(input: $input) { artifact { id } }
}`)

export const versionAliases = document<
  { readonly artifact: { readonly aliases: readonly { readonly alias: string }[] } | null },
  { readonly id: string }
>(`
query ArtifactAliases($id: ID!) {
  artifact(id: $id) { aliases { alias } }
}`)

export const linkArtifact = document<
  { readonly linkArtifact: { readonly versionIndex: number | null } | null },
  {
    readonly input: {
      readonly artifactID: string
      readonly artifactPortfolioName: string
      readonly entityName: string
      readonly projectName: string
      readonly aliases: readonly { readonly alias: string; readonly artifactCollectionName: string }[]
    }
  }
>(`
mutation LinkArtifact($input: LinkArtifactInput!) {
  linkArtifact(input: $input) { versionIndex }
}`)

export const unlinkArtifact = document<
  object,
  { readonly input: { readonly artifactID: string; readonly artifactPortfolioID: string } }
>(`
mutation UnlinkArtifact($input: UnlinkArtifactInput!) {
  unlinkArtifact(input: $input) { success }
}`)
