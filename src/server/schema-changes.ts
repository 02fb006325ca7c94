/** What can be changed, protocol.md 7.2 to 7.4. */
export const changeDefs = `
type Mutation {
  upsertBucket(input: UpsertBucketInput!): UpsertBucketPayload
  updateRunState(input: UpdateRunStateInput!): SuccessPayload
  deleteRun(input: DeleteRunInput!): SuccessPayload
  createRunFiles(input: CreateRunFilesInput!): CreateRunFilesPayload
  markRunFilesUploaded(input: MarkRunFilesUploadedInput!): SuccessPayload

  createArtifact(input: CreateArtifactInput!): CreateArtifactPayload
  createArtifactType(input: CreateArtifactTypeInput!): ArtifactTypePayload
  createArtifactManifest(input: CreateArtifactManifestInput!): ArtifactManifestPayload
  updateArtifactManifest(input: UpdateArtifactManifestInput!): ArtifactManifestPayload
  createArtifactFiles(input: CreateArtifactFilesInput!): CreateArtifactFilesPayload
  completeMultipartUploadArtifact(input: CompleteMultipartUploadArtifactInput!): CompleteMultipartUploadArtifactPayload
  commitArtifact(input: CommitArtifactInput!): ArtifactPayload
  useArtifact(input: UseArtifactInput!): ArtifactPayload

  updateArtifact(input: UpdateArtifactInput!): ArtifactPayload
  deleteArtifact(input: DeleteArtifactInput!): ArtifactPayload
  addAliases(input: AddAliasesInput!): SuccessPayload
  deleteAliases(input: DeleteAliasesInput!): SuccessPayload
  linkArtifact(input: LinkArtifactInput!): LinkArtifactPayload
  unlinkArtifact(input: UnlinkArtifactInput!): UnlinkArtifactPayload

  updateArtifactSequence(input: UpdateArtifactSequenceInput!): ArtifactCollectionPayload
  updateArtifactPortfolio(input: UpdateArtifactPortfolioInput!): ArtifactCollectionPayload
  moveArtifactSequence(input: MoveArtifactSequenceInput!): ArtifactCollectionPayload
  deleteArtifactSequence(input: DeleteArtifactSequenceInput!): ArtifactCollectionPayload
  deleteArtifactPortfolio(input: DeleteArtifactPortfolioInput!): ArtifactCollectionPayload
  createArtifactCollectionTagAssignments(input: CreateArtifactCollectionTagAssignmentsInput!): TagsPayload
  deleteArtifactCollectionTagAssignments(input: DeleteArtifactCollectionTagAssignmentsInput!): SuccessPayload

  upsertModel(input: UpsertModelInput!): UpsertModelPayload
  renameProject(input: RenameProjectInput!): UpsertModelPayload
  deleteModel(input: DeleteModelInput!): SuccessPayload
  createProjectMembers(input: CreateProjectMembersInput!): SuccessPayload
  deleteProjectMembers(input: DeleteProjectMembersInput!): SuccessPayload
  updateProjectMember(input: UpdateProjectMemberInput!): SuccessPayload
  updateProjectTeamMember(input: UpdateProjectTeamMemberInput!): SuccessPayload
}

type SuccessPayload { success: Boolean! clientMutationId: String }
type UpsertBucketPayload { bucket: Run inserted: Boolean }
type CreateRunFilesPayload { runID: ID! uploadHeaders: [String!]! files: [File!]! }
type CreateArtifactPayload { artifact: Artifact! }
type ArtifactPayload { artifact: Artifact success: Boolean }
type ArtifactTypePayload { artifactType: ArtifactType! }
type ArtifactManifestPayload { artifactManifest: ArtifactManifest! }
type CreateArtifactFilesPayload { files: FileConnection! }
type CompleteMultipartUploadArtifactPayload { digest: String }
type LinkArtifactPayload { versionIndex: Int artifactMembership: ArtifactCollectionMembership }
type UnlinkArtifactPayload { artifactID: ID! success: Boolean! }
type ArtifactCollectionPayload { artifactCollection: ArtifactCollection }
type TagsPayload { tags: [Tag!]! }
type UpsertModelPayload { inserted: Boolean project: Project model: Project }

input UpsertBucketInput {
  id: String name: String groupName: String modelName: String entityName: String description: String displayName: String notes: String
  commit: String config: JSONString host: String debug: Boolean jobProgram: String jobRepo: String jobType: String state: String
  sweep: String tags: [String!] summaryMetrics: JSONString clientMutationId: String
}
input UpdateRunStateInput { id: ID! state: String! clientMutationId: String }
input DeleteRunInput { id: ID! deleteArtifacts: Boolean = false clientMutationId: String }
input CreateRunFilesInput { entityName: String projectName: String runName: String! files: [String!]! clientMutationId: String }
input MarkRunFilesUploadedInput { entityName: String! projectName: String! runName: String! files: [String!]! clientMutationId: String }
input ArtifactAliasInput { artifactCollectionName: String! alias: String! }
input ArtifactCollectionAliasInput { entityName: String! projectName: String! artifactCollectionName: String! alias: String! }
input TagInput { tagName: String! tagCategoryName: String attributes: JSONString }
input CreateArtifactInput {
  entityName: String! projectName: String! artifactTypeName: String! artifactCollectionName: String artifactCollectionNames: [String!]
  runName: String digest: String! digestAlgorithm: ArtifactDigestAlgorithm! description: String aliases: [ArtifactAliasInput!]
  tags: [TagInput!] metadata: JSONString labels: JSONString ttlDurationSeconds: Int64 historyStep: Int64
  enableDigestDeduplication: Boolean distributedID: String clientID: ID sequenceClientID: ID storageRegion: String
  clientMutationId: String
}
input CreateArtifactTypeInput { entityName: String! projectName: String! name: String! description: String clientMutationId: String }
input CreateArtifactManifestInput {
  artifactID: ID! baseArtifactID: ID name: String! digest: String! entityName: String! projectName: String! runName: String
  type: ArtifactManifestType = FULL clientMutationId: String
}
input UpdateArtifactManifestInput { artifactManifestID: ID! digest: String baseArtifactID: ID clientMutationId: String }
input UploadPartsInput { partNumber: Int64! hexMD5: String! }
input CreateArtifactFileSpecInput {
  artifactID: ID! name: String! md5: String! mimetype: String artifactManifestID: ID uploadPartsInput: [UploadPartsInput!]
}
input CreateArtifactFilesInput {
  artifactFiles: [CreateArtifactFileSpecInput!]! storageLayout: ArtifactStorageLayout cloudRegionID: ID clientMutationId: String
}
input CompleteMultipartUploadArtifactInput {
  completeMultipartAction: CompleteMultipartAction! completedParts: [UploadPartsInput!]! artifactID: ID! storagePath: String
  uploadID: String! clientMutationId: String
}
input ArtifactManifestEntryInput { name: String! digest: String! ref: String birthArtifactID: ID size: Int64 }
input CommitArtifactInput { artifactID: ID! clientMutationId: String }
input UseArtifactInput {
  artifactID: ID! entityName: String! projectName: String! runName: String! usedAs: String artifactEntityName: String
  artifactProjectName: String clientMutationId: String
}
input UpdateArtifactInput {
  artifactID: ID! description: String metadata: JSONString labels: JSONString tagsToAdd: [TagInput!] tagsToDelete: [TagInput!]
  ttlDurationSeconds: Int64 clientMutationId: String
}
input DeleteArtifactInput { artifactID: ID! deleteAliases: Boolean = false clientMutationId: String }
input AddAliasesInput { artifactID: ID! aliases: [ArtifactCollectionAliasInput!]! clientMutationId: String }
input DeleteAliasesInput { artifactID: ID! aliases: [ArtifactCollectionAliasInput!]! clientMutationId: String }
input LinkArtifactInput {
  artifactID: ID clientID: ID artifactPortfolioID: ID artifactPortfolioName: String entityName: String projectName: String
  aliases: [ArtifactAliasInput!] clientMutationId: String
}
input UnlinkArtifactInput { artifactID: ID! artifactPortfolioID: ID! clientMutationId: String }
input UpdateArtifactSequenceInput { artifactSequenceID: ID! name: String description: String clientMutationId: String }
input UpdateArtifactPortfolioInput { artifactPortfolioID: ID! name: String description: String clientMutationId: String }
input MoveArtifactSequenceInput { artifactSequenceID: ID! destinationArtifactTypeName: String! clientMutationId: String }
input DeleteArtifactSequenceInput { artifactSequenceID: ID! clientMutationId: String }
input DeleteArtifactPortfolioInput { artifactPortfolioID: ID! clientMutationId: String }
input CreateArtifactCollectionTagAssignmentsInput {
  entityName: String! projectName: String! artifactCollectionName: String! tags: [TagInput!]! clientMutationID: String
}
input DeleteArtifactCollectionTagAssignmentsInput {
  entityName: String! projectName: String! artifactCollectionName: String! tags: [TagInput!]! clientMutationID: String
}
input UpsertModelInput {
  id: String entityName: String name: String description: String access: String artifactTypes: [ArtifactTypeInput!]
  allowAllArtifactTypesInRegistry: Boolean framework: String isBenchmark: Boolean isPublished: Boolean views: JSONString
  clientMutationId: String
}
input ArtifactTypeInput { name: String! description: String }
input RenameProjectInput { entityName: String! oldProjectName: String! newProjectName: String! clientMutationId: String }
input CreateProjectMembersInput { projectId: ID! teamIds: [ID!] userIds: [ID!] clientMutationId: String }
input DeleteProjectMembersInput { projectId: ID! teamIds: [ID!] userIds: [ID!] clientMutationId: String }
input UpdateProjectMemberInput { projectId: ID! userId: ID! userProjectRole: String! clientMutationId: String }
input UpdateProjectTeamMemberInput { projectId: ID! teamId: ID! teamProjectRole: String! clientMutationId: String }
input DeleteModelInput { id: String! clientMutationId: String }
`
