import { registryNameOf } from "../core/names.ts"
import type { CollectionKind, CollectionRecord, Membership, ProjectRecord, ProjectRef } from "../ports.ts"
import type { Call } from "./call.ts"
import { connection, type LivingList, type PageArgs } from "./connection.ts"
import { compileFilter, type Kind, listOf } from "./filters.ts"
import { numberOf } from "./ids.ts"
import { named, type Place } from "./places.ts"
import { memberView } from "./view-artifact.ts"
import { collectionView, shelvedKind } from "./view-collection.ts"
import { collectionKind, type FilterArgs, projectView } from "./view-project.ts"

const projectFields = {
  // What clients decode from `internalId`.
  id: ({ entity, project }: ProjectRecord) => numberOf(`${entity}/${project}`),
  name: ({ project }: ProjectRecord) => project,
  entity_id: ({ entity }: ProjectRecord) => entity,
  description: ({ description }: ProjectRecord) => description,
  created_at: ({ createdAt }: ProjectRecord) => createdAt,
  updated_at: ({ updatedAt }: ProjectRecord) => updatedAt,
}

const projectKind: Kind<ProjectRecord> = { fields: projectFields, placeOf: placeOfProject, isOrdered: false }

function placeOfProject({ entity, project }: ProjectRecord): Place {
  return named(entity, project)
}

/** Of one entity, or of all that may be seen. */
export function projectList(call: Call, entity: string | undefined): LivingList<ProjectRecord> {
  const all = () => call.registry.projects(entity, { signal: call.signal })
  return { all, placeOf: placeOfProject, isOrdered: false }
}

export async function findProject(call: Call, ref: ProjectRef) {
  const found = await call.registry.getProject(ref, { signal: call.signal })
  return found ? projectView(call, found, found) : null
}

/** Whose the registries are that an entity's name finds, as far as this principal may look there. */
export async function registriesEntity({ registry, signal }: Call, entity: string): Promise<string> {
  const place = await registry.canonical?.({ entity, project: "wandb-registry-any" }, { signal })
  return place?.entity ?? entity
}

/** The registries of an entity, which as an organization has no other projects. */
export function registryProjects(call: Call, entity: string, args: FilterArgs): LivingList<ProjectRecord> {
  return listOf(call, () => listRegistries(call, entity), projectKind, args)
}

async function* listRegistries(call: Call, entity: string): AsyncGenerator<ProjectRecord> {
  for await (const project of call.registry.projects(entity, { signal: call.signal })) {
    call.spend(1)
    if (registryNameOf(project.project) !== undefined) yield project
  }
}

interface CollectionArgs extends PageArgs, FilterArgs {
  readonly projectFilters?: string | null | undefined
  readonly collectionTypes?: readonly ("SEQUENCE" | "PORTFOLIO")[] | null | undefined
}

export function registryCollections(call: Call, entity: string, args: CollectionArgs) {
  const kinds = args.collectionTypes?.map((type) => type.toLowerCase() as CollectionKind)
  const collections = () => listCollections(call, entity, args.projectFilters, kinds)
  return connection(
    call,
    listOf(call, collections, collectionKind, args),
    (collection) => ({ node: collectionView(call, collection, collection) }),
    args,
  )
}

async function* listCollections(
  call: Call,
  entity: string,
  projectFilters: string | null | undefined,
  kinds: readonly CollectionKind[] | undefined,
): AsyncGenerator<CollectionRecord> {
  const passes = compileFilter(call, projectFields, projectFilters)
  for await (const project of listRegistries(call, entity)) {
    if (passes?.(project) === false) continue
    for await (const collection of call.registry.collections(project, undefined, { signal: call.signal })) {
      if (kinds === undefined || kinds.includes(collection.kind)) yield collection
    }
  }
}

interface MemberArgs extends PageArgs, FilterArgs {
  readonly projectFilters?: string | null | undefined
  readonly collectionFilters?: string | null | undefined
}

export function registryMemberships(call: Call, entity: string, args: MemberArgs) {
  const members = () => listMembers(call, entity, args)
  return connection(call, listOf(call, members, shelvedKind, args), (member) => ({ node: memberView(call, member) }), args)
}

async function* listMembers(call: Call, entity: string, args: MemberArgs): AsyncGenerator<Membership> {
  const passes = compileFilter(call, collectionKind.fields, args.collectionFilters)
  for await (const collection of listCollections(call, entity, args.projectFilters, undefined)) {
    if (passes?.(collection) === false) continue
    yield* call.registry.versions(collection, { signal: call.signal })
  }
}
