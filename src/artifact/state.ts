import type { Digest } from "../core/digest-text.ts"
import type { Json } from "../core/json.ts"
import type { Manifest } from "../core/manifest.ts"
import { randomId } from "../core/random-id.ts"
import { ArtifactFinalizedError, ArtifactNotLoggedError, ConflictError, InvalidArgumentError } from "../errors.ts"
import type { Content, Membership, Platform, Ttl } from "../ports.ts"
import type { Session } from "./session.ts"

/** Bytes a draft will have to store. */
export interface DraftFile {
  readonly content: Content
  readonly digest: Digest
  readonly size: number
  readonly skipCache: boolean
  /** The same bytes by another way, if `content` turns out to be damaged. */
  readonly alternative?: Content | undefined
}

/** Where a logged artifact stands. */
export interface Logged {
  readonly session: Session
  readonly member: Membership
  /** As asked for (`birds:latest`), else `birds:vN`. */
  readonly name: string
  readonly deleted: boolean
}

/** What can be edited after logging, as the user sees it; the registry's copy is in `Logged.member`. */
export interface Attributes {
  description: string | null
  metadata: { [key: string]: Json }
  tags: string[]
  aliases: string[]
  /** Undefined: untouched. */
  ttl: Ttl | undefined
}

/** Everything behind one `Artifact`. The verbs (stage, publish, download, …) are functions over it. */
export class ArtifactState {
  readonly platform: Platform
  readonly collection: string
  readonly type: string
  readonly incremental: boolean
  readonly storageRegion: string | undefined
  readonly useAs: string | undefined
  /** Identifies this object to the registry across retries; other drafts may reference its entries by it. */
  readonly clientId: string = randomId(128)
  attributes: Attributes = { description: null, metadata: {}, tags: [], aliases: [], ttl: undefined }
  /** Absent only on a logged artifact fetched lazily. */
  manifest: Manifest | undefined
  final = false
  /** New bytes, by entry path. */
  readonly files: Map<string, DraftFile> = new Map()
  /** Entry path by local path. */
  readonly localNames: Map<string, string> = new Map()
  /** The version a draft was made from. */
  base: Logged | undefined
  distributedId: string | undefined
  /** Set from the moment logging starts. */
  saving: Promise<Logged> | undefined
  logged: Logged | undefined

  constructor(options: {
    platform: Platform
    collection: string
    type: string
    incremental?: boolean | undefined
    storageRegion?: string | undefined
    useAs?: string | undefined
    manifest?: Manifest | undefined
  }) {
    this.platform = options.platform
    this.collection = options.collection
    this.type = options.type
    this.incremental = options.incremental ?? false
    this.storageRegion = options.storageRegion
    this.useAs = options.useAs
    this.manifest = options.manifest
  }

  /** A version that is in a registry. */
  static of(
    session: Session,
    member: Membership,
    options: { name?: string | undefined; manifest?: Manifest | undefined } = {},
  ): ArtifactState {
    const { platform } = session
    const state = new ArtifactState({
      platform,
      collection: member.collection.collection,
      type: member.version.type,
      manifest: options.manifest,
    })
    state.becomeLogged({
      session,
      member,
      name: options.name ?? `${member.collection.collection}:v${member.index}`,
      deleted: member.version.state === "DELETED",
    })
    return state
  }

  becomeLogged(logged: Logged): void {
    const { version, aliases } = logged.member
    this.logged = logged
    this.final = true
    this.attributes = {
      description: version.description,
      metadata: structuredClone(version.metadata) as { [key: string]: Json },
      tags: [...version.tags],
      aliases: [...aliases],
      ttl: undefined,
    }
  }

  requireLogged(member: string): Logged {
    if (this.logged !== undefined) return this.logged
    throw new ArtifactNotLoggedError(
      `${member} needs a logged version, and "${this.collection}" is a draft: log it with run.logArtifact(artifact) and await artifact.wait() first`,
      { operation: member },
    )
  }

  /** The same, but a version that this object has deleted is a `ConflictError`. */
  requireLiving(member: string): Logged {
    const logged = this.requireLogged(member)
    if (logged.deleted) throw new ConflictError(`"${logged.name}" was deleted`)
    return logged
  }

  requireChangeable(member: string): Manifest {
    if (!this.final && this.manifest !== undefined) return this.manifest
    throw new ArtifactFinalizedError(
      `${member} cannot change "${this.name}": it is final. Take artifact.newDraft() and log that as a new version`,
      {
        operation: member,
      },
    )
  }

  requireManifest(): Manifest {
    if (this.manifest !== undefined) return this.manifest
    throw new InvalidArgumentError("manifest", `The manifest of "${this.name}" is not loaded: await artifact.loadManifest() first`)
  }

  get name(): string {
    return this.logged?.name ?? this.collection
  }

  /** `collection:vN` where it was first logged; `collection` on a draft. */
  get sourceName(): string {
    if (this.logged === undefined) return this.collection
    const { collection, index } = this.logged.member.version.source
    return `${collection}:v${index}`
  }
}

const states = /* @__PURE__ */ new WeakMap<object, ArtifactState>()

export function bindState(artifact: object, state: ArtifactState): void {
  states.set(artifact, state)
}

/** The state behind a public artifact. @throws InvalidArgumentError for anything else */
export function stateOf(artifact: unknown, argument = "artifact"): ArtifactState {
  const state = typeof artifact === "object" && artifact !== null ? states.get(artifact) : undefined
  if (state !== undefined) return state
  throw new InvalidArgumentError(argument, `${argument} must be an Artifact`)
}

/** What building, logging and downloading do without, loaded by the first call that needs it. */
export const more = () => import("./more.ts")
