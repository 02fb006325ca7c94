import type { ArtifactTypeRecord } from "../ports.ts"
import { document } from "./ask.ts"
import { collectionFields, pageInfo, placedFields } from "./fragments.ts"
import type { TagInput } from "./logging-documents.ts"
import type { CollectionNode, Page, PlacedNode } from "./wire.ts"

interface ProjectVariables {
  readonly entity: string
  readonly project: string
}

interface PageVariables {
  readonly cursor: string | undefined
  readonly perPage: number
}

export const collectionByName = document<
  { readonly project: { readonly artifactCollection: CollectionNode | null } | null },
  ProjectVariables & { readonly name: string }
>(
  `
query ArtifactCollection($entity: String!, $project: String!, $name: String!) {
  project(name: $project, entityName: $entity) { artifactCollection(name: $name) { ...CollectionFields } }
}`,
  collectionFields,
)

export const collectionVersions = document<
  {
    readonly project: { readonly artifactCollection: { readonly id: string; readonly artifacts: Page<PlacedNode> } | null } | null
  },
  ProjectVariables & PageVariables & { readonly name: string }
>(
  `
query CollectionArtifacts($entity: String!, $project: String!, $name: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $name) {
      id
      artifacts(after: $cursor, first: $perPage, order: "-version_index", filters: "{\\"state\\":\\"COMMITTED\\"}") {
        ${pageInfo}
        edges { node { ...PlacedFields } }
      }
    }
  }
}`,
  ...placedFields,
)

export const collectionAliases = document<
  {
    readonly project: {
      readonly artifactCollection: { readonly aliases: Page<{ readonly alias: string }> } | null
    } | null
  },
  ProjectVariables & PageVariables & { readonly name: string }
>(
  `
query ArtifactCollectionAliases($entity: String!, $project: String!, $name: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $name) {
      aliases(after: $cursor, first: $perPage) { ${pageInfo} edges { node { alias } } }
    }
  }
}`,
)

export const projectTypes = document<
  { readonly project: { readonly artifactTypes: Page<ArtifactTypeRecord> } | null },
  ProjectVariables & PageVariables
>(
  `
query ProjectArtifactTypes($entity: String!, $project: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactTypes(after: $cursor, first: $perPage) {
      ${pageInfo}
      edges { node { id name description createdAt } }
    }
  }
}`,
)

export const projectCollections = document<
  { readonly project: { readonly artifactCollections: Page<CollectionNode> } | null },
  ProjectVariables & PageVariables
>(
  `
query ProjectArtifactCollections($entity: String!, $project: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactCollections(after: $cursor, first: $perPage) {
      ${pageInfo}
      edges { node { ...CollectionFields } }
    }
  }
}`,
  collectionFields,
)

export const typeCollections = document<
  { readonly project: { readonly artifactType: { readonly artifactCollections: Page<CollectionNode> } | null } | null },
  ProjectVariables & PageVariables & { readonly type: string }
>(
  `
query ArtifactTypeCollections($entity: String!, $project: String!, $type: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactType(name: $type) {
      artifactCollections(after: $cursor, first: $perPage) {
        ${pageInfo}
        edges { node { ...CollectionFields } }
      }
    }
  }
}`,
  collectionFields,
)

interface TextChanges {
  readonly name?: string | undefined
  readonly description?: string | undefined
}

export const updateSequence = document<object, { readonly input: TextChanges & { readonly artifactSequenceID: string } }>(`
mutation UpdateArtifactSequence($input: UpdateArtifactSequenceInput!) {
  updateArtifactSequence(input: $input) { artifactCollection { id } }
}`)

export const updatePortfolio = document<object, { readonly input: TextChanges & { readonly artifactPortfolioID: string } }>(`
mutation UpdateArtifactPortfolio($input: UpdateArtifactPortfolioInput!) {
  updateArtifactPortfolio(input: $input) { artifactCollection { id } }
}`)

export const moveSequence = document<
  object,
  { readonly input: { readonly artifactSequenceID: string; readonly destinationArtifactTypeName: string } }
>(`
mutation MoveArtifactSequence($input: MoveArtifactSequenceInput!) {
  moveArtifactSequence(input: $input) { artifactCollection { id } }
}`)

interface TagsInput {
  readonly input: {
    readonly entityName: string
    readonly projectName: string
    readonly artifactCollectionName: string
    readonly tags: readonly TagInput[]
  }
}

export const addCollectionTags = document<object, TagsInput>(`
mutation AddArtifactCollectionTags($input: CreateArtifactCollectionTagAssignmentsInput!) {
  createArtifactCollectionTagAssignments(input: $input) { tags { id } }
}`)

export const deleteCollectionTags = document<object, TagsInput>(`
mutation DeleteArtifactCollectionTags($input: DeleteArtifactCollectionTagAssignmentsInput!) {
  deleteArtifactCollectionTagAssignments(input: $input) { success }
}`)

export const deleteSequence = document<object, { readonly id: string }>(`
mutation DeleteArtifactSequence($id: ID!) {
  deleteArtifactSequence(input: {artifactSequenceID: $id}) { artifactCollection { id } }
}`)

export const deletePortfolio = document<object, { readonly id: string }>(`
mutation DeleteArtifactPortfolio($id: ID!) {
  deleteArtifactPortfolio(input: {artifactPortfolioID: $id}) { artifactCollection { id } }
}`)
