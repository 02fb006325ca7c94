import type { CollectionRecord, CollectionRef, Membership, ProjectRef, RunRef } from "../../ports.ts"

/** Addresses of pages, each a path from the root of this server's host. */
export interface Links {
  readonly home: string
  readonly login: string
  readonly logout: string
  entity(entity: string): string
  project(ref: ProjectRef): string
  type(ref: ProjectRef, type: string): string
  collection(record: CollectionRef & Pick<CollectionRecord, "type">): string
  version(member: Membership): string
  /** The files of a version, or the file or folder at `path`. */
  files(member: Membership, path?: string): string
  lineage(member: Membership): string
  compare(member: Membership, other: string): string
  run(ref: RunRef): string
}

/** `prefix` is where the server is mounted, without a slash at its end. The scheme is W&B's own. */
export function createLinks(prefix: string): Links {
  const at = (...parts: readonly string[]) => `${prefix}/${parts.map(encodeURIComponent).join("/")}`
  const collection = (record: CollectionRef & Pick<CollectionRecord, "type">) =>
    at(record.entity, record.project, "artifacts", record.type, record.collection)
  const version = (member: Membership) => `${collection(member.collection)}/v${member.index}`
  return {
    home: `${prefix}/`,
    login: at("login"),
    logout: at("logout"),
    entity: (entity) => at(entity),
    project: ({ entity, project }) => at(entity, project),
    type: ({ entity, project }, type) => at(entity, project, "artifacts", type),
    collection,
    version,
    files: (member, path) => [version(member), "files", ...(path ? path.split("/").map(encodeURIComponent) : [])].join("/"),
    lineage: (member) => `${version(member)}/lineage`,
    compare: (member, other) => `${version(member)}?compare=${encodeURIComponent(other)}`,
    run: ({ entity, project, run }) => at(entity, project, "runs", run),
  }
}

/** `address` with one more parameter; one that is undefined is left out. */
export function withQuery(address: string, parameters: { readonly [name: string]: string | number | undefined }): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(parameters)) if (value !== undefined) query.set(key, String(value))
  return query.size === 0 ? address : `${address}?${query}`
}
