import { checkMetadata } from "../core/metadata.ts"
import { checkAliases, checkTags } from "../core/names.ts"
import { parseArtifactPath } from "../core/path-string.ts"
import { ConflictError, EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionRef, Membership, VersionRef } from "../ports.ts"
import { isLinkMember } from "./attributes.ts"
import type { ArtifactState, Logged } from "./state.ts"

/** Persists what was edited on a logged artifact, each as the smallest change, so that two editors do not undo each other. */
export async function saveEdits(state: ArtifactState, options: CallOptions): Promise<void> {
  const logged = state.requireLogged("save")
  const { registry } = logged.session
  const { version, aliases } = logged.member
  const { attributes } = state
  const place = versionRef(logged)
  const wanted = {
    aliases: checkAliases(attributes.aliases),
    tags: checkTags(attributes.tags),
    metadata: checkMetadata(attributes.metadata),
  }
  const added = without(wanted.aliases, aliases)
  const removed = without(aliases, wanted.aliases)
  if (added.length > 0) await registry.addAliases(place, added, options)
  if (removed.length > 0) await registry.removeAliases(place, removed, options)
  const updated = await registry.updateVersion(
    version.id,
    {
      description: attributes.description === version.description ? undefined : attributes.description,
      metadata: JSON.stringify(wanted.metadata) === JSON.stringify(version.metadata) ? undefined : wanted.metadata,
      addTags: without(wanted.tags, version.tags),
      removeTags: without(version.tags, wanted.tags),
      ttl: attributes.ttl,
    },
    options,
  )
  state.becomeLogged({ ...logged, member: { ...logged.member, aliases: wanted.aliases, version: updated } })
}

export async function deleteVersion(
  state: ArtifactState,
  options: CallOptions & { readonly deleteAliases: boolean },
): Promise<void> {
  const logged = state.requireLogged("delete")
  const { registry } = logged.session
  if (isLinkMember(logged)) await registry.unlink(versionRef(logged), options)
  else await registry.deleteVersion(logged.member.version.id, options)
  state.logged = { ...logged, deleted: true }
}

/** `"collection"`, `"project/collection"` or `"entity/project/collection"`; what is left out is the artifact's own. */
export function linkTarget(logged: Logged, targetPath: string): CollectionRef {
  const { entity, project, collection, alias } = parseArtifactPath(targetPath, "targetPath")
  if (alias !== undefined) {
    throw new InvalidArgumentError(
      "targetPath",
      `A link goes to a collection, not to a version: pass "${collection}" and give aliases: ["${alias}"]`,
    )
  }
  const { source } = logged.member.version
  return { entity: entity ?? source.entity, project: project ?? source.project, collection }
}

export function linkVersion(
  logged: Logged,
  target: CollectionRef,
  aliases: readonly string[],
  options: CallOptions,
): Promise<Membership> {
  return logged.session.registry.link(logged.member.version.id, target, checkAliases(aliases), options)
}

export async function unlinkVersion(state: ArtifactState, options: CallOptions): Promise<void> {
  const logged = state.requireLogged("unlink")
  if (!isLinkMember(logged)) {
    throw new InvalidArgumentError(
      "artifact",
      `"${logged.name}" is not a link: it is where the version was logged. Use delete() to delete it`,
    )
  }
  await logged.session.registry.unlink(versionRef(logged), options)
  state.logged = { ...logged, deleted: true }
}

/** The version through the collection it was logged in. */
export async function sourceMember(logged: Logged, options: CallOptions): Promise<Membership> {
  if (!isLinkMember(logged)) return logged.member
  const [source] = await logged.session.registry.memberships(logged.member.version.id, options)
  if (source !== undefined) return source
  throw new EntryNotFoundError(`The source of "${logged.name}" was deleted`)
}

export function versionRef({ member }: Logged): VersionRef {
  const { entity, project, collection } = member.collection
  return { entity, project, collection, index: member.index }
}

/** Refuses to work on a version that this object has deleted. */
export function refuseDeleted(logged: Logged): Logged {
  if (logged.deleted) throw new ConflictError(`"${logged.name}" was deleted`)
  return logged
}

function without(list: readonly string[], others: readonly string[]): string[] {
  return list.filter((item) => !others.includes(item))
}
