import type { Call } from "./call.ts"
import * as collections from "./change-collection.ts"
import { completeMultipartUpload, createArtifactFiles } from "./change-files.ts"
import {
  commitArtifact,
  createArtifact,
  createArtifactManifest,
  mapClientId,
  updateArtifactManifest,
  useArtifact,
} from "./change-log.ts"
import { createRunFiles, deleteRun, updateRunState, upsertBucket } from "./change-run.ts"
import { addAliases, deleteAliases, deleteArtifact, linkArtifact, unlinkArtifact, updateArtifact } from "./change-version.ts"
import { connection, type PageArgs } from "./connection.ts"
import { artifactView } from "./view-artifact.ts"
import { collectionView, findCollection } from "./view-collection.ts"
import { projectView } from "./view-project.ts"
import { projectList } from "./view-registries.ts"
import { findEntity, findOrganization, namedProject, serverInfo, userView } from "./view-session.ts"

/** What the fields of `Query` and `Mutation` do, each with its arguments and the call it belongs to. */
type Resolver = (call: Call, args: never) => unknown

const queries = {
  viewer: (call: Call) => userView(call),
  serverInfo: () => serverInfo,
  entity: (call: Call, { name }: { name?: string | null }) => findEntity(call, name || call.principal.entity),
  organization: (call: Call, { name }: { name: string }) => findOrganization(call, name),
  project: namedProject,
  model: namedProject,
  models: (call: Call, args: PageArgs & { entityName?: string | null }) =>
    connection(
      call,
      projectList(call, args.entityName || undefined),
      (project) => ({ node: projectView(call, project, project) }),
      args,
    ),
  artifact: async (call: Call, { id }: { id: string }) => {
    const version = await call.registry.getVersion(id, { signal: call.signal })
    return version ? artifactView(call, version) : null
  },
  artifactCollection: async (call: Call, { id }: { id: string }) => {
    const found = await findCollection(call, id)
    return found ? collectionView(call, found, found) : null
  },
  clientIDMapping: mapClientId,
}

const mutations = {
  upsertBucket,
  updateRunState,
  deleteRun,
  createRunFiles,
  markRunFilesUploaded: () => ({ success: true }),
  createArtifact,
  createArtifactType: collections.createArtifactType,
  createArtifactManifest,
  updateArtifactManifest,
  createArtifactFiles,
  completeMultipartUploadArtifact: completeMultipartUpload,
  commitArtifact,
  useArtifact,
  updateArtifact,
  deleteArtifact,
  addAliases,
  deleteAliases,
  linkArtifact,
  unlinkArtifact,
  updateArtifactSequence: collections.updateSequence,
  updateArtifactPortfolio: collections.updatePortfolio,
  moveArtifactSequence: collections.moveSequence,
  deleteArtifactSequence: collections.deleteSequence,
  deleteArtifactPortfolio: collections.deletePortfolio,
  createArtifactCollectionTagAssignments: collections.addCollectionTags,
  deleteArtifactCollectionTagAssignments: collections.deleteCollectionTags,
  upsertModel: collections.upsertModel,
  renameProject: collections.renameProject,
  createProjectMembers: collections.changeMembers,
  deleteProjectMembers: collections.changeMembers,
  updateProjectMember: collections.changeMembers,
  updateProjectTeamMember: collections.changeMembers,
  deleteModel: collections.deleteModel,
}

const bind = (resolver: Resolver, pick: (args: never) => unknown) => (args: never, call: Call) =>
  resolver(call, pick(args) as never)

/** Every field at the root, as graphql-js calls them. Mutations take all they need as `input`. */
export const root: Readonly<Record<string, unknown>> = Object.fromEntries([
  ...Object.entries(queries).map(([name, resolver]) => [name, bind(resolver, (args) => args)]),
  ...Object.entries(mutations).map(([name, resolver]) => [name, bind(resolver, ({ input }: { input: unknown }) => input)]),
])
