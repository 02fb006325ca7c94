/** What can be asked for, protocol.md 7.1 to 7.3: the types of W&B's schema as far as its clients ask for artifacts. */
export const typeDefs = `
scalar JSON
scalar JSONString
scalar Int64
scalar DateTime

type Query {
  viewer: User
  serverInfo: ServerInfo
  entity(name: String): Entity
  organization(name: String!): Organization
  project(name: String, entityName: String): Project
  model(name: String, entityName: String): Project
  models(entityName: String, after: String, first: Int): ProjectConnection
  artifact(id: ID!): Artifact
  artifactCollection(id: ID!): ArtifactCollection
  clientIDMapping(clientID: ID!): ClientIDMapping
}

type ServerInfo {
  features: [ServerFeature!]!
  cliVersionInfo: JSON
  latestLocalVersionInfo: LatestLocalVersionInfo
}
type ServerFeature { name: String! isEnabled: Boolean! }
type LatestLocalVersionInfo { outOfDate: Boolean latestVersionString: String versionOnThisInstanceString: String }
type ClientIDMapping { serverID: ID }

type PageInfo { endCursor: String hasNextPage: Boolean! }

type User {
  id: ID!
  name: String!
  username: String
  email: String
  admin: Boolean
  flags: JSONString
  entity: String
  deletedAt: DateTime
  apiKeys: ApiKeyConnection
  teams: EntityConnection
  organizations: [Organization!]
}
type ApiKey { id: ID! name: String! description: String }
type ApiKeyConnection { edges: [ApiKeyEdge!]! }
type ApiKeyEdge { node: ApiKey }
type EntityConnection { edges: [EntityEdge!]! }
type EntityEdge { node: Entity }

type Entity {
  id: ID!
  name: String!
  entityType: String
  isTeam: Boolean
  organization: Organization
  user: User
  xxhashDigestsEnabled: Boolean
  available: Boolean photoUrl: String readOnly: Boolean readOnlyAdmin: Boolean privateOnly: Boolean isPaid: Boolean
  storageBytes: Int64 codeSavingEnabled: Boolean defaultAccess: String
  members: [Member!]
  project(name: String): Project
  projects(filters: JSONString, after: String, first: Int, order: String): ProjectConnection!
  artifactCollections(projectFilters: JSONString, filters: JSONString, collectionTypes: [ArtifactCollectionType!], after: String,
    first: Int, order: String): ArtifactCollectionConnection!
  artifactMemberships(projectFilters: JSONString, collectionFilters: JSONString, filters: JSONString, after: String, first: Int,
    order: String): ArtifactCollectionMembershipConnection!
}
type Member {
  id: ID role: String pending: Boolean email: String username: String name: String photoUrl: String accountType: String apiKey: String
}
type Organization {
  id: ID!
  name: String!
  orgEntity: Entity
  coreWeaveOrganizationId: String
  advancedRegistryFeatures: AdvancedRegistryFeatures
  featureFlags(rampIDType: RampIDType!): [FeatureFlag!]!
}
type AdvancedRegistryFeatures { advancedSearch: Boolean! }
type FeatureFlag { rampKey: String! isEnabled: Boolean! }

type Role { name: String! }
type ProjectMember { id: ID! name: String username: String email: String role: Role! }
type ProjectTeamMember { team: Entity! role: Role! }
type Project {
  id: ID!
  members: [ProjectMember!]!
  teamMembers: [ProjectTeamMember!]!
  internalId: ID!
  name: String!
  entityName: String!
  entity: Entity!
  description: String
  access: String
  views: JSONString
  isBenchmark: Boolean!
  user: User
  readOnly: Boolean
  createdAt: DateTime!
  updatedAt: DateTime
  allowAllArtifactTypesInRegistry: Boolean!
  run(name: String!, desc: String): Run
  runCount(filters: JSONString): Int!
  runs(after: String, first: Int, filters: JSONString, order: String): RunConnection!
  bucket(name: String!, missingOk: Boolean): Run
  artifact(name: String!): Artifact
  artifactType(name: String!): ArtifactType
  artifactTypes(after: String, first: Int, includeAll: Boolean): ArtifactTypeConnection!
  artifactCollection(name: String!): ArtifactCollection
  artifactCollections(after: String, first: Int, filters: JSONString, order: String): ArtifactCollectionConnection!
  artifactCollectionMembership(name: String!): ArtifactCollectionMembership
}
type ProjectConnection { pageInfo: PageInfo! totalCount: Int! edges: [ProjectEdge!]! }
type ProjectEdge { cursor: String! node: Project }

type ArtifactType {
  id: ID!
  name: String!
  description: String
  createdAt: DateTime!
  artifactCollection(name: String!): ArtifactCollection
  artifactCollections(after: String, first: Int, filters: JSONString, order: String): ArtifactCollectionConnection!
}
type ArtifactTypeConnection { pageInfo: PageInfo! totalCount: Int! edges: [ArtifactTypeEdge!]! }
type ArtifactTypeEdge { cursor: String! node: ArtifactType }

interface ArtifactCollection {
  id: ID!
  name: String!
  description: String
  state: ArtifactCollectionState!
  createdAt: DateTime
  updatedAt: DateTime
  project: Project
  defaultArtifactType: ArtifactType!
  tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection!
  artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection!
  artifactMembership(aliasName: String!): ArtifactCollectionMembership
  artifactMemberships(after: String, first: Int, order: String, filters: JSONString): ArtifactCollectionMembershipConnection!
}
type ArtifactSequence implements ArtifactCollection {
  id: ID!
  name: String!
  description: String
  state: ArtifactCollectionState!
  createdAt: DateTime
  updatedAt: DateTime
  project: Project
  defaultArtifactType: ArtifactType!
  tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection!
  artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection!
  artifactMembership(aliasName: String!): ArtifactCollectionMembership
  artifactMemberships(after: String, first: Int, order: String, filters: JSONString): ArtifactCollectionMembershipConnection!
  latestArtifact: Artifact
  digestAlgorithm: ArtifactDigestAlgorithm
}
type ArtifactPortfolio implements ArtifactCollection {
  id: ID!
  name: String!
  description: String
  state: ArtifactCollectionState!
  createdAt: DateTime
  updatedAt: DateTime
  project: Project
  defaultArtifactType: ArtifactType!
  tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection!
  artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection!
  artifactMembership(aliasName: String!): ArtifactCollectionMembership
  artifactMemberships(after: String, first: Int, order: String, filters: JSONString): ArtifactCollectionMembershipConnection!
}
type ArtifactCollectionConnection { pageInfo: PageInfo! totalCount: Int! edges: [ArtifactCollectionEdge!]! }
type ArtifactCollectionEdge { cursor: String! node: ArtifactCollection }

type ArtifactCollectionMembership {
  id: ID!
  versionIndex: Int
  createdAt: DateTime!
  aliases: [ArtifactAlias!]!
  artifactCollection: ArtifactCollection
  artifact: Artifact
  files(names: [String!], after: String, first: Int): FileConnection!
}
type ArtifactCollectionMembershipConnection { pageInfo: PageInfo! totalCount: Int! edges: [ArtifactCollectionMembershipEdge!]! }
type ArtifactCollectionMembershipEdge { cursor: String! node: ArtifactCollectionMembership }

type Artifact {
  id: ID!
  artifactSequence: ArtifactSequence!
  versionIndex: Int
  artifactType: ArtifactType!
  description: String
  metadata: JSONString
  ttlDurationSeconds: Int64!
  ttlIsInherited: Boolean!
  tags: [Tag!]!
  historyStep: Int64
  state: ArtifactState!
  size: Int64!
  digest: String!
  digestAlgorithm: ArtifactDigestAlgorithm!
  commitHash: String
  fileCount: Int64!
  createdAt: DateTime!
  updatedAt: DateTime
  aliases: [ArtifactAlias!]!
  artifactMemberships: ArtifactCollectionMembershipConnection!
  currentManifest: ArtifactManifest
  files(names: [String!], after: String, first: Int): FileConnection!
  filesByManifestEntries(storageLayout: String!, manifestVersion: String!, entries: [ArtifactManifestEntryInput!],
    storageRegion: String): FileConnection!
  createdBy: ArtifactCreator
  usedBy: RunConnection!
}
union ArtifactCreator = Run | User
type ArtifactEdge { cursor: String! node: Artifact }
type ArtifactConnection { pageInfo: PageInfo! totalCount: Int! edges: [ArtifactEdge!]! }
type VersionedArtifactConnection { pageInfo: PageInfo! totalCount: Int! edges: [VersionedArtifactEdge!]! }
type VersionedArtifactEdge { cursor: String! version: String! node: Artifact }

type ArtifactAlias { id: ID! alias: String! artifactCollection: ArtifactCollection }
type ArtifactAliasConnection { pageInfo: PageInfo! totalCount: Int! edges: [ArtifactAliasEdge!]! }
type ArtifactAliasEdge { cursor: String! node: ArtifactAlias }
type Tag { id: ID! name: String! }
type TagConnection { edges: [TagEdge!]! }
type TagEdge { node: Tag }

type ArtifactManifest { id: ID! type: ArtifactManifestType! digest: String file: File! }
type File {
  id: ID!
  name: String!
  displayName: String
  url(upload: Boolean): String
  directUrl: String
  uploadUrl: String
  uploadHeaders: [String!]
  storagePath: String
  uploadMultipartUrls: UploadMultipartUrls
  sizeBytes: Int64!
  mimetype: String
  updatedAt: DateTime
  digest: String
  md5: String
  artifact: Artifact
}
type UploadMultipartUrls { uploadID: String! uploadUrlParts: [UploadUrlPart!]! }
type UploadUrlPart { partNumber: Int64! uploadUrl: String! }
type FileConnection { pageInfo: PageInfo! totalCount: Int! edges: [FileEdge!]! }
type FileEdge { cursor: String node: File }

type Run {
  id: ID!
  name: String!
  projectId: Int64!
  project: Project
  displayName: String
  description: String
  notes: String
  config: JSONString
  summaryMetrics: JSONString
  systemMetrics: JSONString
  historyKeys: JSON
  state: String
  group: String
  jobType: String
  commit: String
  sweepName: String
  tags: [String!]!
  readOnly: Boolean
  createdAt: DateTime!
  heartbeatAt: DateTime
  user: User
  logLineCount: Int!
  historyLineCount: Int!
  eventsLineCount: Int!
  historyTail: JSONString
  eventsTail: JSONString
  wandbConfig(keys: [String!]): JSONString
  fileCount: Int!
  files(names: [String], after: String, first: Int, pattern: String): FileConnection!
  outputArtifacts(after: String, first: Int): ArtifactConnection!
  inputArtifacts(after: String, first: Int): ArtifactConnection!
}
type RunConnection { pageInfo: PageInfo! totalCount: Int! edges: [RunEdge!]! }
type RunEdge { cursor: String! node: Run }

enum ArtifactState { PENDING COMMITTED DELETED }
enum ArtifactCollectionState { READY DELETED }
enum ArtifactCollectionType { SEQUENCE PORTFOLIO }
enum ArtifactDigestAlgorithm { MANIFEST_MD5 MANIFEST_XXH128 }
enum ArtifactStorageLayout { V1 V2 }
enum ArtifactManifestType { FULL INCREMENTAL PATCH }
enum CompleteMultipartAction { Complete }
enum RampIDType { OrgName EntityName Username }
`
