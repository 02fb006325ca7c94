import { type Call, placeOf } from "./call.ts"
import { connection, type PageArgs, wholeList } from "./connection.ts"
import { formatId } from "./ids.ts"
import { may } from "./principal.ts"
import { type FilterArgs, projectView } from "./view-project.ts"
import { findProject, registriesEntity, registryCollections, registryMemberships, registryProjects } from "./view-registries.ts"

/** Names from protocol.md 6.4: what W&B's clients ask for before they use it. */
const features = [
  "ARTIFACT_COLLECTIONS_FILTERING_SORTING",
  "ARTIFACT_COLLECTION_MEMBERSHIP_FILES",
  "ARTIFACT_COLLECTION_MEMBERSHIP_FILE_DOWNLOAD_HANDLER",
  "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE",
  "ARTIFACT_REGISTRY_SEARCH",
  "ARTIFACT_TAGS",
  "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID",
  "CLIENT_IDS",
  "INCLUDE_ARTIFACT_TYPES_IN_REGISTRY_CREATION",
  "LARGE_FILENAMES",
  "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP",
  "TOTAL_COUNT_IN_FILE_CONNECTION",
  "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
]

export const serverInfo = {
  features: features.map((name) => ({ name, isEnabled: true })),
  // From 0.11.0 on, artifacts that are still on their way may refer to each other by client id.
  cliVersionInfo: { max_cli_version: "0.31.0" },
  latestLocalVersionInfo: null,
}

export function userView(call: Call) {
  const { entity, username, email, entities } = call.principal
  const teams = entities === "*" ? [entity] : entities
  return {
    __typename: "User",
    id: formatId("User", username),
    name: username,
    username,
    email: email ?? null,
    admin: false,
    flags: "{}",
    entity,
    deletedAt: null,
    apiKeys: { edges: [] },
    teams: () => wholeList(teams, (name) => ({ node: entityView(call, name) })),
    organizations: async () => (await readableEntities(call)).map((name) => organizationView(call, name)),
  }
}

/** A key to all entities may read those that have a project; a gateway cannot list them. */
async function readableEntities({ principal, registry, setup, signal, spend }: Call): Promise<readonly string[]> {
  const { entity, entities } = principal
  if (entities !== "*") return entities
  if (setup.isGateway) return [entity]
  const found = new Set([entity])
  for await (const project of registry.projects(undefined, { signal })) {
    spend(1)
    found.add(project.entity)
  }
  return [...found]
}

/** Clients insist on somebody; who made a run or a project is not kept. */
export function ownerView(entity: string) {
  return { __typename: "User", id: formatId("User", entity), name: entity, username: entity }
}

/**
 * Null for an entity that the principal may not see. Its user is who asks, since clients look there for the organization that a name holds;
 * entities that others lead to have none, or a short query would ask for ever more.
 */
export function findEntity(call: Call, name: string) {
  return may(call.principal, "read", { entity: name }) ? { ...entityView(call, name), user: () => userView(call) } : null
}

export function entityView(call: Call, name: string) {
  return {
    __typename: "Entity",
    id: formatId("Entity", name),
    name,
    entityType: "organization",
    isTeam: true,
    xxhashDigestsEnabled: false,
    user: null,
    organization: () => organizationView(call, name),
    project: ({ name: project }: { name?: string | null }) => findProject(call, { entity: name, project: project ?? "" }),
    projects: (args: PageArgs & FilterArgs) =>
      connection(call, registryProjects(call, name, args), (project) => ({ node: projectView(call, project, project) }), args),
    artifactCollections: (args: Parameters<typeof registryCollections>[2]) => registryCollections(call, name, args),
    artifactMemberships: (args: Parameters<typeof registryMemberships>[2]) => registryMemberships(call, name, args),
  }
}

/** Each entity is an organization of its own: there is nothing above it here, unless a gateway's registry has it. */
export function organizationView(call: Call, name: string) {
  return {
    __typename: "Organization",
    id: formatId("Organization", name),
    name,
    orgEntity: async () => entityView(call, await registriesEntity(call, name)),
    coreWeaveOrganizationId: null,
    advancedRegistryFeatures: { advancedSearch: false },
    featureFlags: [],
  }
}

export async function findOrganization(call: Call, name: string) {
  return may(call.principal, "read", { entity: name }) ? organizationView(call, name) : null
}

export async function namedProject(call: Call, args: { name?: string | null; entityName?: string | null }) {
  return findProject(call, await placeOf(call, args.entityName, args.name))
}
