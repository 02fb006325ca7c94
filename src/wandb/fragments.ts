/** Selections that several operations share; each is exactly what `wire.ts` reads. @module */

export const collectionFields = `
fragment CollectionFields on ArtifactCollection {
  __typename
  id
  name
  description
  createdAt
  updatedAt
  project { name entity { name } }
  type: defaultArtifactType { name }
  tags { edges { node { name } } }
}`

const versionSelection = `
fragment VersionFields on Artifact {
  id
  artifactSequence { name project { name entity { name } } }
  versionIndex
  artifactType { name }
  description
  metadata
  ttlDurationSeconds
  ttlIsInherited
  tags { name }
  historyStep
  state
  size
  digest
  commitHash
  fileCount
  createdAt
  updatedAt
}`

const memberSelection = `
fragment MemberFields on ArtifactCollectionMembership {
  versionIndex
  createdAt
  aliases { alias }
  artifactCollection { ...CollectionFields }
}`

export const versionFields = [versionSelection]

/** A version as a part of what says where it is. */
const sourcedSelection = `
fragment SourcedFields on Artifact {
  ...VersionFields
  artifactSequence { ...CollectionFields }
}`

export const memberFields = [memberSelection, sourcedSelection, versionSelection, collectionFields]

/** A version in all its places. */
export const placedFields = [
  `
fragment PlacedFields on Artifact {
  ...SourcedFields
  artifactMemberships { edges { node { ...MemberFields } } }
}`,
  ...memberFields,
]

export const pageInfo = "pageInfo { endCursor hasNextPage }"

/** Not as a fragment, which would name the type: other people's servers call it otherwise. */
export const runFields = `
  id
  name
  displayName
  jobType
  group
  description
  notes
  tags
  config
  summaryMetrics
  historyLineCount
  heartbeatAt
  state
  createdAt
  project { name entity { name } }`

export const projectFields = `
  id
  name
  entity { name }
  description
  createdAt
  updatedAt
  allowAllArtifactTypesInRegistry
  artifactTypes(includeAll: true) { edges { node { name } } }`
