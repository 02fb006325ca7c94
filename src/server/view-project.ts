import { EntryNotFoundError } from "../errors.ts"
import type { ArtifactTypeRecord, CollectionRecord, ProjectRecord, ProjectRef, RunRef } from "../ports.ts"
import { type Call, once } from "./call.ts"
import { connection, type LivingList, type PageArgs, wholeList } from "./connection.ts"
import { type Kind, listOf } from "./filters.ts"
import { formatId, numberOf } from "./ids.ts"
import { named } from "./places.ts"
import { may } from "./principal.ts"
import { artifactView, memberView } from "./view-artifact.ts"
import { collectionView } from "./view-collection.ts"
import { runKind, runView } from "./view-run.ts"
import { entityView, ownerView } from "./view-session.ts"

export interface FilterArgs {
  readonly filters?: string | null | undefined
  readonly order?: string | null | undefined
}

export function projectId({ entity, project }: ProjectRef): string {
  return formatId("Project", entity, project)
}

/** `known` saves a look-up where the project has been read already. */
export function projectView(call: Call, ref: ProjectRef, known?: ProjectRecord) {
  const { entity, project } = ref
  const record = once(
    async () => known ?? (await call.registry.getProject(ref, { signal: call.signal })) ?? refuseUnknownProject(ref),
  )
  const types: LivingList<ArtifactTypeRecord> = {
    all: () => listTypes(call, ref),
    placeOf: (type) => named(type.name),
    isOrdered: false,
  }
  return {
    __typename: "Project",
    id: projectId(ref),
    // Clients decode this one and expect a number.
    internalId: btoa(`ProjectInternalId:${numberOf(`${entity}/${project}`)}`),
    name: project,
    entityName: entity,
    entity: () => entityView(call, entity),
    description: async () => (await record()).description,
    access: "PRIVATE",
    views: "{}",
    isBenchmark: false,
    user: ownerView(entity),
    readOnly: false,
    members: () => [memberOf(call, ref)],
    teamMembers: [],
    createdAt: async () => (await record()).createdAt,
    updatedAt: async () => (await record()).updatedAt,
    allowAllArtifactTypesInRegistry: async () => (await record()).artifactTypes === null,
    run: ({ name }: { name: string }) => findRun(call, { ...place(ref), run: name }),
    bucket: ({ name }: { name: string }) => findRun(call, { ...place(ref), run: name }),
    runs: (args: PageArgs & FilterArgs) => runConnection(call, ref, args),
    runCount: (args: FilterArgs) => runConnection(call, ref, args).totalCount(),
    artifact: async ({ name }: { name: string }) => {
      const member = await findMember(call, ref, name)
      return member ? artifactView(call, member.version) : null
    },
    artifactCollectionMembership: async ({ name }: { name: string }) => {
      const member = await findMember(call, ref, name)
      return member ? memberView(call, member) : null
    },
    artifactType: async ({ name }: { name: string }) => findType(call, ref, name),
    artifactTypes: async (args: PageArgs & { includeAll?: boolean }) => {
      const { artifactTypes } = await record()
      if (args.includeAll !== true || artifactTypes === null)
        return connection(call, types, (type) => ({ node: typeView(call, ref, type) }), args)
      return wholeList(artifactTypes, (name) => ({ node: typeView(call, ref, namedType(ref, name, "")) }))
    },
    artifactCollection: async ({ name }: { name: string }) => {
      const found = await call.registry.getCollection({ ...place(ref), collection: name }, { signal: call.signal })
      return found ? collectionView(call, found, found) : null
    },
    artifactCollections: (args: PageArgs & FilterArgs) => collectionList(call, ref, undefined, args),
  }
}

/** Keys decide who may do what, and a request knows of its own only. */
function memberOf({ principal }: Call, ref: ProjectRef) {
  const { username, email = null } = principal
  const name = may(principal, "delete", ref) ? "admin" : may(principal, "write", ref) ? "member" : "viewer"
  return { __typename: "ProjectMember", id: formatId("User", username), name: username, username, email, role: { name } }
}

const place = ({ entity, project }: ProjectRef): ProjectRef => ({ entity, project })

function refuseUnknownProject({ entity, project }: ProjectRef): never {
  const path = `${entity}/${project}`
  throw new EntryNotFoundError(`There is no project ${path}.`, { path })
}

/** `name[:alias]`, the alias being anything after the first colon. */
async function findMember(call: Call, ref: ProjectRef, name: string) {
  const colon = name.indexOf(":")
  const collection = colon < 0 ? name : name.slice(0, colon)
  const alias = colon < 0 ? undefined : name.slice(colon + 1)
  const path = { ...place(ref), collection, ...(alias !== undefined && { alias }) }
  return call.registry.findVersion(path, { signal: call.signal })
}

async function findRun(call: Call, ref: RunRef) {
  const run = await call.registry.getRun(ref, { signal: call.signal })
  return run ? runView(call, run) : null
}

function runConnection(call: Call, ref: ProjectRef, args: PageArgs & FilterArgs) {
  const runs = () => call.registry.runs(place(ref), { signal: call.signal })
  return connection(call, listOf(call, runs, runKind, args), (run) => ({ node: runView(call, run) }), args)
}

function listTypes(call: Call, ref: ProjectRef): AsyncIterable<ArtifactTypeRecord> {
  return call.registry.types(ref, { signal: call.signal })
}

async function findType(call: Call, ref: ProjectRef, name: string) {
  for await (const type of listTypes(call, ref)) if (type.name === name) return typeView(call, ref, type)
  return null
}

/** A type that is known by its name alone. */
export function namedType({ entity, project }: ProjectRef, name: string, createdAt: string): ArtifactTypeRecord {
  return { id: formatId("ArtifactType", entity, project, name), name, description: null, createdAt }
}

export function typeView(call: Call, ref: ProjectRef, type: ArtifactTypeRecord) {
  return {
    __typename: "ArtifactType",
    ...type,
    artifactCollection: async ({ name }: { name: string }) => {
      const found = await call.registry.getCollection({ ...place(ref), collection: name }, { signal: call.signal })
      return found?.type === type.name ? collectionView(call, found, found) : null
    },
    artifactCollections: (args: PageArgs & FilterArgs) => collectionList(call, ref, type.name, args),
  }
}

export function collectionList(call: Call, ref: ProjectRef, type: string | undefined, args: PageArgs & FilterArgs) {
  const collections = () => call.registry.collections(ref, type, { signal: call.signal })
  return connection(
    call,
    listOf(call, collections, collectionKind, args),
    (collection) => ({ node: collectionView(call, collection, collection) }),
    args,
  )
}

/** The words that filters and orders of collections use. */
const collectionFields = {
  id: ({ id }: CollectionRecord) => id,
  artifact_collection_id: ({ id }: CollectionRecord) => id,
  name: ({ collection }: CollectionRecord) => collection,
  description: ({ description }: CollectionRecord) => description,
  tag: ({ tags }: CollectionRecord) => tags,
  tags: ({ tags }: CollectionRecord) => tags,
  type: ({ type }: CollectionRecord) => type,
  state: () => "READY",
  created_at: ({ createdAt }: CollectionRecord) => createdAt,
  createdAt: ({ createdAt }: CollectionRecord) => createdAt,
  updated_at: ({ updatedAt }: CollectionRecord) => updatedAt,
  updatedAt: ({ updatedAt }: CollectionRecord) => updatedAt,
}

export const collectionKind: Kind<CollectionRecord> = {
  fields: collectionFields,
  placeOf: ({ project, collection }) => named(project, collection),
  isOrdered: false,
}
