import { checkBoolean } from "../core/check.ts"
import { checkMetadata } from "../core/metadata.ts"
import { checkAliases, checkTags } from "../core/names.ts"
import { type ArtifactPath, parseArtifactPath } from "../core/path-string.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, CollectionRef, VersionChanges, VersionRef } from "../ports.ts"
import type { Artifact } from "./artifact.ts"
import { isLinkMember } from "./attributes.ts"
import { checkCall } from "./call.ts"
import { ensureLogged } from "./log.ts"
import { type ArtifactState, type Logged, stateOf } from "./state.ts"

/** Persists what was edited on a logged artifact, each as the smallest change, so that two editors do not undo each other. */
export async function saveEdits(state: ArtifactState, options: CallOptions): Promise<void> {
  const logged = state.requireLiving("save")
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
  options: CallOptions & { readonly deleteAliases?: boolean },
): Promise<void> {
  const { deleteAliases = false, signal } = checkCall(options, { deleteAliases: checkBoolean })
  const logged = state.requireLogged("delete")
  const { registry } = logged.session
  if (isLinkMember(logged)) await registry.unlink(versionRef(logged), { signal })
  else await registry.deleteVersion(logged.member.version.id, { deleteAliases, signal })
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

/** Links into a collection; what its path leaves out is the artifact's own. A draft is logged first. */
export async function linkVersion(
  artifact: Artifact,
  targetPath: string,
  options: CallOptions & { readonly aliases?: readonly string[] },
): Promise<Artifact> {
  const { aliases = [], signal } = checkCall(options, { aliases: undefined })
  const { entity, project, collection } = checkLinkTarget(targetPath)
  const names = checkAliases(aliases, "options.aliases")
  if (artifact.isDraft()) await ensureLogged(artifact, { signal })
  const { session, member } = stateOf(artifact).requireLiving("link")
  const { source, id } = member.version
  const target: CollectionRef = { entity: entity ?? source.entity, project: project ?? source.project, collection }
  return session.openArtifact(await session.registry.link(id, target, names, options))
}

export async function unlinkVersion(state: ArtifactState, options: CallOptions): Promise<void> {
  checkCall(options)
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

/** Every collection it is linked into, as an artifact reached through it. */
export async function linkedArtifacts(state: ArtifactState, options: CallOptions): Promise<Artifact[]> {
  checkCall(options)
  const { session, member } = state.requireLiving("linkedArtifacts")
  const members = await session.registry.memberships(member.version.id, options)
  return members.map((item) => session.openArtifact(item)).filter((artifact) => artifact.isLink)
}

/** The version through the collection it was logged in. */
export async function sourceArtifact(artifact: Artifact, options: CallOptions): Promise<Artifact> {
  checkCall(options)
  const { session, member, name } = stateOf(artifact).requireLiving("sourceArtifact")
  if (!artifact.isLink) return artifact
  const [source] = await session.registry.memberships(member.version.id, options)
  if (source !== undefined) return session.openArtifact(source)
  throw new EntryNotFoundError(`The source of "${name}" was deleted`)
}

function versionRef({ member }: Logged): VersionRef {
  const { entity, project, collection } = member.collection
  return { entity, project, collection, index: member.index }
}

function emptyToUndefined(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list
}

function without(list: readonly string[], others: readonly string[]): string[] {
  return list.filter((item) => !others.includes(item))
}
