import type { Digest } from "../core/digest-text.ts"
import type { Json } from "../core/json.ts"
import type { ArtifactState, CollectionKind, CollectionRef, ManifestKind, RunRef, Ttl } from "../ports.ts"

/** A version in a collection. In a sequence this is what makes it visible. */
export interface Member {
  readonly index: number
  /** Artifact id. */
  readonly id: string
  /** Hex manifest digest. */
  readonly digest: string
  readonly createdAt: string
  /** Token of the sequence that owns the version; only in portfolios. */
  readonly source?: string
  /** Seconds, null for never; absent: inherit. Only in sequences. */
  readonly ttl?: number | null
}

/** The one hot record of a collection: whatever must change together is in here, so one compare-and-swap changes it. */
export interface CollectionRow {
  readonly token: string
  readonly kind: CollectionKind
  readonly entity: string
  readonly project: string
  readonly name: string
  readonly type: string
  readonly description: string | null
  readonly tags: readonly string[]
  readonly createdAt: string
  readonly updatedAt: string | null
  /** Next version number; never goes back. */
  readonly next: number
  /** Ascending by index. */
  readonly members: readonly Member[]
  /** Pairs, not an object: `__proto__` is a legal alias. */
  readonly aliases: readonly (readonly [alias: string, index: number])[]
  readonly renamingTo?: string
  readonly deleted?: true
}

/** Points from a name to a collection; only valid while the collection says that it has this name. */
export interface NameRow {
  readonly token: string
}

export interface ManifestPart {
  readonly kind: ManifestKind
  readonly digest: Digest
  /** Hex manifest digest: what it says, however it is written. */
  readonly content: string
  /** What an incremental one comes on top of, when that was said with it. */
  readonly baseId?: string
}

/** What belongs to a version wherever it is listed. `state` lags behind the collection: see `versions.ts`. */
export interface VersionRow {
  readonly id: string
  readonly token: string
  /** Token of the source sequence. */
  readonly collection: string
  /** What that was called when the version was created: remembered for when it is gone. */
  readonly origin: CollectionRef
  readonly type: string
  readonly state: ArtifactState
  readonly digest: string
  readonly description: string | null
  readonly metadata: { readonly [key: string]: Json }
  /** Only where it says more than `metadata`. */
  readonly metadataText?: string | undefined
  readonly tags: readonly string[]
  /** What was asked for at creation; the member of the sequence has it from the commit on. */
  readonly ttl: Ttl
  /** To be moved here by the commit. */
  readonly aliases: readonly string[]
  readonly run: RunRef | null
  readonly historyStep: number | null
  readonly baseId: string | null
  readonly createdAt: string
  readonly updatedAt: string | null
  /** Manifests as writers stored them, in that order; blobs. Only ever grows. */
  readonly parts: readonly ManifestPart[]
  /** When the last part came, milliseconds since the epoch. */
  readonly partAt: number | null
  /** How many of them `manifest` is made of. */
  readonly merged: number
  /** The whole manifest, a blob: set by the commit just before the version becomes visible. */
  readonly manifest: Digest | null
  /** When `manifest` was set, milliseconds since the epoch: garbage collection leaves a commit in progress alone. */
  readonly preparedAt: number | null
  readonly size: number
  readonly fileCount: number
  readonly commitHash: string | null
  /** Number in the source sequence, once known; the member is the authority. */
  readonly index: number | null
  /** Tokens of the portfolios it was ever linked to. */
  readonly links: readonly string[]
  /** Id of the version that had this content already when this one was committed: this one stands for it from then on. */
  readonly sameAs: string | null
}

export interface ClientRow {
  readonly id: string
  readonly digest: string
  readonly collection: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Whether the version was made for it, and not only logged again. Absent in rows from before that was noted. */
  readonly isFirst?: boolean
}

export interface SharedRow {
  readonly id: string
}

export interface ProjectRow {
  readonly entity: string
  readonly project: string
  readonly createdAt: string
  readonly updatedAt?: string | null
  readonly description?: string | null
  /** Absent or null: any. */
  readonly artifactTypes?: readonly string[] | null
  /** The project that is getting this name, until all that is in it has. */
  readonly renamedFrom?: string
}

export interface TypeRow {
  readonly id: string
  readonly name: string
  readonly createdAt: string
}

/** An edge between a run and a version. */
export interface EdgeRow {
  readonly id: string
  readonly run: RunRef
  /** Token of the collection it was reached through. */
  readonly collection: string
  readonly at: string
}
