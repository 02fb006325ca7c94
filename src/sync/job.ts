import type { Progress } from "../artifact/progress.ts"
import type { Session } from "../artifact/session.ts"
import { hexEncode } from "../core/digest-text.ts"
import { isArtifactError } from "../errors.ts"
import type { CallOptions, CollectionRef, Membership, ProjectRef, Registry, RunRef, VersionRecord } from "../ports.ts"
import type { Tally } from "./report.ts"

/** Which part of the source is copied, and under which names. */
export interface Scope {
  readonly entity: string | undefined
  readonly project: string | undefined
  readonly into: { readonly entity?: string | undefined; readonly project?: string | undefined }
  readonly match: RegExp | ((collection: string) => boolean) | undefined
}

export interface JobOptions {
  readonly from: Registry
  readonly to: Registry
  /** Of `from`. */
  readonly session: Session
  readonly scope: Scope
  readonly concurrency: number
  readonly progress: Progress
  /** For every call of a registry. */
  readonly call: CallOptions
}

/** A version of the source at the target. */
export interface Copy {
  readonly id: string
  readonly index: number
}

/** A collection of the source whose versions are copied in their order. */
export interface Sequence {
  /** Copies the versions up to this number. While one of them is being copied, which may need an earlier one, this does nothing. */
  advance(index: number): Promise<void>
  /** What concerns all of its versions, once they are copied: lineage, aliases, description and tags. */
  finish(): Promise<void>
}

/** Everything one sync knows. */
export interface Job extends JobOptions {
  readonly tally: Tally
  /** By the source's version id. */
  readonly copies: Map<string, Copy>
  /** Sequences that were begun, by name, until all of their versions are copied. */
  readonly open: Map<string, Sequence>
  /** What became of each run, by its path in the source: undefined when it is none of those to be copied. */
  readonly runs: Map<string, Promise<RunRef | undefined>>
}

export function isSelected({ scope }: Job, { entity, project }: ProjectRef): boolean {
  return (scope.entity ?? entity) === entity && (scope.project ?? project) === project
}

export function isChosen({ scope: { match } }: Job, { collection }: CollectionRef): boolean {
  return match instanceof RegExp ? collection.search(match) >= 0 : (match?.(collection) ?? true)
}

/** Where the target has what the source has in this place. */
export function targetOf({ scope }: Job, { entity, project }: ProjectRef): ProjectRef {
  return {
    entity: (entity === scope.entity ? scope.into.entity : undefined) ?? entity,
    project: (project === scope.project ? scope.into.project : undefined) ?? project,
  }
}

export function collectionOf(job: Job, { collection, ...place }: CollectionRef): CollectionRef {
  return { ...targetOf(job, place), collection }
}

export function nameOf({ entity, project, collection }: CollectionRef): string {
  return `${entity}/${project}/${collection}`
}

/**
 * The client id under which a version is logged at the target: the same whenever it is copied there, so that a copy that was begun is
 * found again. Another content or place has another, as has another run that logs the same.
 */
export async function clientIdOf(job: Job, version: VersionRecord, run?: RunRef): Promise<string> {
  const { entity, project, collection } = collectionOf(job, version.source)
  const parts = [version.id, version.digest, entity, project, collection, ...(run ? [run.entity, run.project, run.run] : [])]
  const text = new TextEncoder().encode(JSON.stringify(parts))
  return hexEncode(new Uint8Array(await crypto.subtle.digest("SHA-512", text)))
}

/** Notes what cannot be copied whoever tries; whatever may go better another time is thrown on. */
export function noteFailure(job: Job, kind: "versions" | "links", { collection, index }: Membership, error: unknown): void {
  job.call.signal?.throwIfAborted()
  if (!isArtifactError(error) || !lasting.has(error.code)) throw error
  job.tally[kind].failed++
  job.tally.failures.push({ path: `${nameOf(collection)}:v${index}`, error })
}

const lasting = new Set(["DIGEST_MISMATCH", "ENTRY_NOT_FOUND", "INVALID_ARGUMENT", "UNSUPPORTED"])
