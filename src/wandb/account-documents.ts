import { document } from "./ask.ts"
import { pageInfo, projectFields } from "./fragments.ts"
import type { Page, RegistryNode } from "./wire.ts"

export const viewer = document<{ readonly viewer: { readonly entity: string | null } | null }>(`
query Viewer {
  viewer { entity }
}`)

export const serverFeatures = document<{
  readonly serverInfo: { readonly features: readonly { readonly name: string; readonly isEnabled: boolean }[] } | null
}>(`
query ServerFeaturesQuery {
  serverInfo { features { name isEnabled } }
}`)

export interface Organization {
  readonly name: string
  readonly orgEntity: { readonly name: string } | null
}

export const entityOrganizations = document<
  {
    readonly entity: {
      readonly organization: Organization | null
      readonly user: { readonly organizations: readonly Organization[] | null } | null
    } | null
  },
  { readonly entity: string }
>(`
query FetchOrgInfoFromEntity($entity: String!) {
  entity(name: $entity) {
    organization { name orgEntity { name } }
    user { organizations { name orgEntity { name } } }
  }
}`)

export const projectByName = document<
  { readonly project: RegistryNode | null },
  { readonly entity: string; readonly project: string }
>(
  `
query Project($entity: String!, $project: String!) {
  project(name: $project, entityName: $entity) { ${projectFields} }
}`,
)

export const listProjects = document<
  { readonly models: Page<RegistryNode> | null },
  { readonly entity: string | undefined; readonly cursor: string | undefined; readonly perPage: number }
>(
  `
query Projects($entity: String, $cursor: String, $perPage: Int) {
  models(entityName: $entity, after: $cursor, first: $perPage) {
    ${pageInfo}
    edges { node { ${projectFields} } }
  }
}`,
)

export const upsertModel = document<
  { readonly upsertModel: { readonly project: RegistryNode | null } | null },
  {
    readonly input: {
      readonly entityName: string
      readonly name: string
      readonly description?: string | undefined
      readonly artifactTypes?: readonly { readonly name: string }[] | undefined
      readonly allowAllArtifactTypesInRegistry?: boolean | undefined
    }
  }
>(
  `
mutation UpsertModel($input: UpsertModelInput!) {
  upsertModel(input: $input) { project { ${projectFields} } }
}`,
)

export const renameProject = document<
  { readonly renameProject: { readonly project: RegistryNode | null } | null },
  { readonly input: { readonly entityName: string; readonly oldProjectName: string; readonly newProjectName: string } }
>(
  `
mutation RenameProject($input: RenameProjectInput!) {
  renameProject(input: $input) { project { ${projectFields} } }
}`,
)

export const deleteModel = document<object, { readonly id: string }>(`
mutation DeleteModel($id: String!) {
  deleteModel(input: {id: $id}) { success }
}`)
