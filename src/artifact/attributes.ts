import type { Json } from "../core/json.ts"
import type { Manifest } from "../core/manifest.ts"
import { checkMetadata } from "../core/metadata.ts"
import { checkAliases, checkTags } from "../core/names.ts"
import { type ArtifactTTL, checkTtl, type DurationInput, durationFromSeconds } from "../core/ttl.ts"
import { ArtifactNotLoggedError, InvalidArgumentError } from "../errors.ts"
import type { ArtifactState as VersionState } from "../ports.ts"
import { ArtifactCollection } from "./collection.ts"
import { type ArtifactState, bindState, type Logged } from "./state.ts"

/** Seconds, spelt as a duration of days, hours, minutes and seconds. */
export type Duration = ReturnType<typeof durationFromSeconds>

/** What an artifact says of itself. Where a row says "logged", a draft throws `ArtifactNotLoggedError`. */
export abstract class ArtifactAttributes {
  /** What the verbs work on; reached by {@link stateOf}, so that it is no part of the public interface. */
  readonly #state: ArtifactState

  constructor(state: ArtifactState) {
    this.#state = state
    bindState(this, state)
  }

  /** Nicknames of this version in its collection; logged. Change the array or assign a new one, then `save()`. */
  get aliases(): string[] {
    this.#logged("aliases")
    return this.#state.attributes.aliases
  }
  set aliases(aliases: readonly string[]) {
    this.#logged("aliases")
    this.#state.attributes.aliases = checkAliases(aliases)
  }

  /** The collection this version was reached through; for a link, the linked one; logged. */
  get collection(): ArtifactCollection {
    const { session, member } = this.#logged("collection")
    return new ArtifactCollection(session, member.collection)
  }

  /** Hash returned when the version was committed; logged. */
  get commitHash(): string {
    return this.#logged("commitHash").member.version.commitHash ?? ""
  }

  /** ISO 8601, UTC; logged. */
  get createdAt(): string {
    return this.#logged("createdAt").member.version.createdAt
  }

  /** ISO 8601, UTC; `createdAt` for a version that was never changed; logged. */
  get updatedAt(): string {
    const { createdAt, updatedAt } = this.#logged("updatedAt").member.version
    return updatedAt ?? createdAt
  }

  /** Free text, shown as Markdown. Assign, then `save()` if it is logged. */
  get description(): string | null {
    return this.#state.attributes.description
  }
  set description(description: string | null) {
    this.#state.attributes.description = checkDescription(description)
  }

  /** Hex MD5 of the manifest. A version with the digest of one that is there already is not logged again. */
  get digest(): string {
    return this.#state.manifest?.digest() ?? this.#logged("digest").member.version.digest
  }

  /** The entity of the collection it was reached through; logged. */
  get entity(): string {
    return this.#logged("entity").member.collection.entity
  }

  /** The project of the collection it was reached through; logged. */
  get project(): string {
    return this.#logged("project").member.collection.project
  }

  /** Entries, references included; logged. */
  get fileCount(): number {
    return this.#logged("fileCount").member.version.fileCount
  }

  /** The registry's id; undefined on a draft. */
  get id(): string | undefined {
    return this.#state.logged?.member.version.id
  }

  /** Whether the next version starts from the latest one. Experimental; prefer `newDraft()`. */
  get incremental(): boolean {
    return this.#state.incremental
  }

  /** Every entry; frozen once logged. @throws InvalidArgumentError when it was fetched lazily and not loaded yet */
  get manifest(): Manifest {
    return this.#state.requireManifest()
  }

  /** A JSON object of at most 100 keys. Change it or assign a new one, then `save()` if it is logged. */
  get metadata(): { [key: string]: Json } {
    return this.#state.attributes.metadata
  }
  set metadata(metadata: { readonly [key: string]: unknown } | null) {
    this.#state.attributes.metadata = checkMetadata(metadata)
  }

  /** `collection` on a draft, `collection:vN` or what was asked for (`collection:latest`) once logged. */
  get name(): string {
    return this.#state.name
  }

  /** `entity/project/name`; logged. */
  get qualifiedName(): string {
    return `${this.entity}/${this.project}/${this.name}`
  }

  /** Bytes, references included. */
  get size(): number {
    return this.#state.manifest?.size ?? this.#logged("size").member.version.size
  }

  /** Where it was first logged, as opposed to where it is linked; logged. */
  get sourceCollection(): ArtifactCollection {
    const { session, member } = this.#logged("sourceCollection")
    return new ArtifactCollection(session, member.sourceCollection)
  }

  /** Logged. */
  get sourceEntity(): string {
    return this.#logged("sourceEntity").member.version.source.entity
  }

  /** Logged. */
  get sourceProject(): string {
    return this.#logged("sourceProject").member.version.source.project
  }

  /** `collection:vN` where it was first logged; `collection` on a draft. */
  get sourceName(): string {
    return this.#state.sourceName
  }

  /** Logged. */
  get sourceQualifiedName(): string {
    return `${this.sourceEntity}/${this.sourceProject}/${this.sourceName}`
  }

  /** `vN` where it was first logged; logged. */
  get sourceVersion(): string {
    return `v${this.#logged("sourceVersion").member.version.source.index}`
  }

  /** `"PENDING"` on a draft. */
  get state(): VersionState {
    const { logged } = this.#state
    if (logged === undefined) return "PENDING"
    return logged.deleted ? "DELETED" : logged.member.version.state
  }

  /** Labels of this version in every collection; logged. Change the array or assign a new one, then `save()`. */
  get tags(): string[] {
    this.#logged("tags")
    return this.#state.attributes.tags
  }
  set tags(tags: readonly string[]) {
    this.#logged("tags")
    this.#state.attributes.tags = checkTags(tags)
  }

  /**
   * How long until the version is deleted: a duration (`{ days: 30 }`), `null` for never, or, to assign only, `ArtifactTTL.INHERIT` for
   * the team's default. Positive; `save()` persists it.
   *
   * @throws ArtifactNotLoggedError when it is inherited and the artifact is a draft, so that nobody knows yet
   * @throws InvalidArgumentError when assigned on a link
   */
  get ttl(): Duration | null {
    const { attributes, logged } = this.#state
    const { ttl } = attributes
    if (typeof ttl === "number") return durationFromSeconds(ttl)
    if (ttl === null) return null
    if (logged === undefined || ttl === "inherit") {
      throw new ArtifactNotLoggedError(
        "ttl is inherited from the team's default, which is known once the artifact is logged and saved",
        { operation: "ttl" },
      )
    }
    const seconds = logged.member.version.ttl
    return seconds === null ? null : durationFromSeconds(seconds)
  }
  set ttl(ttl: DurationInput | typeof ArtifactTTL.INHERIT | null) {
    if (this.isLink) {
      throw new InvalidArgumentError(
        "ttl",
        `"${this.name}" is a link, and only a source version has a ttl: set it on await artifact.sourceArtifact()`,
      )
    }
    if (this.#state.type === "wandb-history")
      throw new InvalidArgumentError("ttl", "An artifact of type wandb-history cannot have a ttl")
    this.#state.attributes.ttl = checkTtl(ttl)
  }

  get type(): string {
    return this.#state.type
  }

  /** Accepted for compatibility, without effect. @deprecated */
  get useAs(): string | undefined {
    return this.#state.useAs
  }

  /** The registry's page for this version; logged. */
  get url(): string {
    const { session, member } = this.#logged("url")
    return session.registry.versionUrl(member)
  }

  /** `vN` in the collection it was reached through; logged. */
  get version(): string {
    return `v${this.#logged("version").member.index}`
  }

  /** Whether it was reached through a collection it is linked into. */
  get isLink(): boolean {
    return this.#state.logged !== undefined && isLinkMember(this.#state.logged)
  }

  /** Step of the run that logged it, when the run counts steps; logged. */
  get historyStep(): number | null {
    return this.#logged("historyStep").member.version.historyStep
  }

  #logged(member: string): Logged {
    return this.#state.requireLogged(member)
  }
}

export function isLinkMember({ member }: Logged): boolean {
  const { collection, version } = member
  const { source } = version
  return collection.collection !== source.collection || collection.project !== source.project || collection.entity !== source.entity
}

export function checkDescription(description: unknown, argument = "description"): string | null {
  if (description === null || typeof description === "string") return description
  if (description === undefined) return null
  throw new InvalidArgumentError(argument, `${argument} must be text or null, not ${typeof description}`)
}

/** The attributes as plain JSON: Python's keys, and every attribute that this artifact has by now. */
export function encodeAttributes(artifact: ArtifactAttributes, logged: boolean): { readonly [key: string]: unknown } {
  const { name, type, description, metadata, digest, size, state, sourceName } = artifact
  const common = { _type: "artifactVersion", _version: "v0", name, type, description, metadata, digest, size, state }
  const sequenceName = sourceName.split(":")[0]
  if (!logged) return { ...common, id: null, version: null, sequenceName, usedAs: null }
  const { id, entity, project, aliases, tags, ttl, fileCount, commitHash, createdAt, updatedAt, sourceVersion, qualifiedName } =
    artifact
  const place = { id, version: sourceVersion, sequenceName, usedAs: null, entity, project, qualifiedName, aliases, tags }
  return { ...common, ...place, ttl, fileCount, commitHash, createdAt, updatedAt }
}
