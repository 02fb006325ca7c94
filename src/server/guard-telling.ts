import type { CollectionRecord, Membership, ProjectRecord, VersionRecord } from "../ports.ts"
import { may, type Principal } from "./principal.ts"

/**
 * What a principal is told of what it has changed. Where it may read that is all; where it may not, nothing that people wrote about it:
 * only names, numbers and digests, by which it knows that it is done.
 */
export function toldVersion(who: Principal, version: VersionRecord): VersionRecord {
  return may(who, "read", version.source)
    ? version
    : { ...version, description: null, metadata: {}, metadataText: undefined, tags: [] }
}

export function toldCollection(who: Principal, collection: CollectionRecord): CollectionRecord {
  return may(who, "read", collection) ? collection : { ...collection, description: null, tags: [] }
}

export function toldMembership(who: Principal, member: Membership): Membership {
  return {
    ...member,
    collection: toldCollection(who, member.collection),
    sourceCollection: toldCollection(who, member.sourceCollection),
    aliases: may(who, "read", member.collection) ? member.aliases : [],
    version: toldVersion(who, member.version),
  }
}

export function toldProject(who: Principal, project: ProjectRecord): ProjectRecord {
  return may(who, "read", project) ? project : { ...project, description: null, artifactTypes: null }
}
