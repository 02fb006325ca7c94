import { checkMetadata } from "../core/metadata.ts"
import { checkAliases, checkTags } from "../core/names.ts"
import { type ArtifactPath, parseArtifactPath } from "../core/path-string.ts"
import { ConflictError, EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionRef, Membership, VersionChanges, VersionRef } from "../ports.ts"
import { isLinkMember } from "./attributes.ts"
import type { ArtifactState, Logged } from "./state.ts"

/** Persists what was edited on a logged artifact, each as the smallest change, so that two editors do not undo each other. */
export async function saveEdits(state: ArtifactState, options: CallOptions): Promise<void> {
  const logged = refuseDeleted(state.requireLogged("save"))
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
  const changes: VersionChanges = {
    description: attributes.description === version.description ? undefined : attributes.description,
    metadata: JSON.stringify(wanted.metadata) === JSON.stringify(version.metadata) ? undefined : wanted.metadata,
    addTags: emptyToUndefined(without(wanted.tags, version.tags)),
    removeTags: emptyToUndefined(without(version.tags, wanted.tags)),
    ttl: attributes.ttl,
  }
  const isChanged = Object.values(changes).some((change) => change !== undefined)
  const updated = isChanged ? await registry.updateVersion(version.id, changes, options) : version
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

/** `"collection"`, `"project/collection"` or `"entity/project/collection"`. */
export function checkLinkTarget(targetPath: string): ArtifactPath {
  const target = parseArtifactPath(targetPath, "targetPath")
  const { collection, alias } = target
  if (alias === undefined) return target
  throw new InvalidArgumentError(
    "targetPath",
    `targetPath must name a collection, not a version of it: pass "${collection}" and give aliases: ["${alias}"]`,
  )
}

/** What the target leaves out is the artifact's own. */
export function linkVersion(
  { session, member }: Logged,
  { entity, project, collection }: ArtifactPath,
  aliases: readonly string[],
  options: CallOptions,
): Promise<Membership> {
  const { source, id } = member.version
  const target: CollectionRef = { entity: entity ?? source.entity, project: project ?? source.project, collection }
  return session.registry.link(id, target, aliases, options)
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

function versionRef({ member }: Logged): VersionRef {
  const { entity, project, collection } = member.collection
  return { entity, project, collection, index: member.index }
}

/** Refuses to work on a version that this object has deleted. */
export function refuseDeleted(logged: Logged): Logged {
  if (logged.deleted) throw new ConflictError(`"${logged.name}" was deleted`)
  return logged
}

function emptyToUndefined(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list
}

function without(list: readonly string[], others: readonly string[]): string[] {
  return list.filter((item) => !others.includes(item))
}
