import { document } from "./ask.ts"
import { pageInfo, placedFields, runFields } from "./fragments.ts"
import type { Page, PlacedNode, RunNode } from "./wire.ts"

interface RunVariables {
  readonly entity: string
  readonly project: string
  readonly run: string
}

export interface UpsertBucketVariables extends Partial<RunVariables> {
  readonly id?: string | undefined
  readonly group?: string | undefined
  readonly displayName?: string | undefined
  readonly description?: string | undefined
  readonly host?: string | undefined
  readonly notes?: string | undefined
  readonly config?: string | undefined
  readonly jobType?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly summary?: string | undefined
}

export const upsertBucket = document<{ readonly upsertBucket: { readonly bucket: RunNode | null } | null }, UpsertBucketVariables>(
  `
mutation UpsertBucket($id: String, $entity: String, $project: String, $run: String, $group: String, $displayName: String,
  $description: String, $host: String, $notes: String, $config: JSONString, $jobType: String, $tags: [String!], $summary: JSONString) {
  upsertBucket(input: {id: $id, entityName: $entity, modelName: $project, name: $run, groupName: $group, displayName: $displayName,
    description: $description, host: $host, notes: $notes, config: $config, jobType: $jobType, tags: $tags, summaryMetrics: $summary}) {
    bucket { ${runFields} }
  }
}`,
)

export const deleteRun = document<object, { readonly id: string; readonly deleteArtifacts: boolean }>(
  `
mutation DeleteRun($id: ID!, $deleteArtifacts: Boolean) {
  deleteRun(input: {id: $id, deleteArtifacts: $deleteArtifacts}) { clientMutationId }
}`,
)

export const runByName = document<{ readonly project: { readonly run: RunNode | null } | null }, RunVariables>(
  `
query Run($entity: String!, $project: String!, $run: String!) {
  project(name: $project, entityName: $entity) { run(name: $run) { ${runFields} } }
}`,
)

export const listRuns = document<
  { readonly project: { readonly runs: Page<RunNode> | null } | null },
  { readonly entity: string; readonly project: string; readonly cursor: string | undefined; readonly perPage: number }
>(
  `
query Runs($entity: String!, $project: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    runs(after: $cursor, first: $perPage) {
      ${pageInfo}
      edges { node { ${runFields} } }
    }
  }
}`,
)

export const createdBy = document<
  { readonly artifact: { readonly createdBy: (RunNode & { readonly __typename: string }) | null } | null },
  { readonly id: string }
>(
  `
query ArtifactCreatedBy($id: ID!) {
  artifact(id: $id) { createdBy { __typename ... on Run { ${runFields} } } }
}`,
)

export const usedBy = document<{ readonly artifact: { readonly usedBy: Page<RunNode> | null } | null }, { readonly id: string }>(
  `
query ArtifactUsedBy($id: ID!) {
  artifact(id: $id) { usedBy { edges { node { ${runFields} } } } }
}`,
)

type RunPage = { readonly project: { readonly run: { readonly artifacts: Page<PlacedNode> } | null } | null }
type RunPageVariables = RunVariables & { readonly cursor: string | undefined; readonly perPage: number }

const runArtifacts = (name: string, field: string) =>
  document<RunPage, RunPageVariables>(
    `
query ${name}($entity: String!, $project: String!, $run: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    run(name: $run) {
      artifacts: ${field}(after: $cursor, first: $perPage) {
        ${pageInfo}
        edges { node { ...PlacedFields } }
      }
    }
  }
}`,
    ...placedFields,
  )

export const loggedArtifacts = /* @__PURE__ */ runArtifacts("RunOutputArtifacts", "outputArtifacts")
export const usedArtifacts = /* @__PURE__ */ runArtifacts("RunInputArtifacts", "inputArtifacts")
