import type { CollectionKind, CollectionRecord, Membership, ProjectRecord, ProjectRef } from "../ports.ts"
import type { Call } from "./call.ts"
import { connection, type PageArgs } from "./connection.ts"
import { compileFilter, filterItems } from "./filters.ts"
import { numberOf } from "./ids.ts"
import { memberView } from "./view-artifact.ts"
import { collectionView, memberFields } from "./view-collection.ts"
import { collectionFields, type FilterArgs, projectView } from "./view-project.ts"

/** W&B's registries are projects with this prefix. */
const registryPrefix = "wandb-registry-"

const projectFields = {
  // What clients decode from `internalId`.
  id: ({ entity, project }: ProjectRecord) => numberOf(`${entity}/${project}`),
  name: ({ project }: ProjectRecord) => project,
  entity_id: ({ entity }: ProjectRecord) => entity,
  description: ({ description }: ProjectRecord) => description,
  created_at: ({ createdAt }: ProjectRecord) => createdAt,
  updated_at: ({ updatedAt }: ProjectRecord) => updatedAt,
}

export async function findProject(call: Call, ref: ProjectRef) {
  const found = await call.registry.getProject(ref, { signal: call.signal })
  return found ? projectView(call, found, found) : null
}

/** Whose the registries are that an entity's name finds, as far as this principal may look there. */
export async function registriesEntity({ registry, signal }: Call, entity: string): Promise<string> {
  const place = await registry.canonical?.({ entity, project: `${registryPrefix}any` }, { signal })
  return place?.entity ?? entity
}

/** The registries of an entity, which as an organization has no other projects. */
export function registryProjects(call: Call, entity: string, args: FilterArgs) {
  return filterItems(call, listRegistries(call, entity), projectFields, args)
}

async function* listRegistries(call: Call, entity: string): AsyncGenerator<ProjectRecord> {
  for await (const project of call.registry.projects(entity, { signal: call.signal })) {
    call.spend(1)
    if (project.project.startsWith(registryPrefix)) yield project
  }
}

interface CollectionArgs extends PageArgs, FilterArgs {
  readonly projectFilters?: string | null | undefined
  readonly collectionTypes?: readonly ("SEQUENCE" | "PORTFOLIO")[] | null | undefined
}

export function registryCollections(call: Call, entity: string, args: CollectionArgs) {
  const kinds = args.collectionTypes?.map((type) => type.toLowerCase() as CollectionKind)
  const all = () => filterItems(call, listCollections(call, entity, args.projectFilters, kinds), collectionFields, args)
  return connection(call, all, (collection) => ({ node: collectionView(call, collection, collection) }), args)
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
  const all = () => filterItems(call, listMembers(call, entity, args), memberFields, args)
  return connection(call, all, (member) => ({ node: memberView(call, member) }), args)
}

async function* listMembers(call: Call, entity: string, args: MemberArgs): AsyncGenerator<Membership> {
  const passes = compileFilter(call, collectionFields, args.collectionFilters)
  for await (const collection of listCollections(call, entity, args.projectFilters, undefined)) {
    if (passes?.(collection) === false) continue
    yield* call.registry.versions(collection, { signal: call.signal })
  }
}
