/** What W&B answers, as far as it is asked for, and what that means. protocol.md 7.1. @module */

import { plainJson, readMetadata, readObject } from "../core/exact-json.ts"
import { unwrapConfig } from "../core/run-config.ts"
import type {
  ArtifactState,
  ArtifactTypeRecord,
  CollectionRecord,
  CollectionRef,
  Membership,
  ProjectRecord,
  ProjectRef,
  RunRecord,
  VersionRecord,
} from "../ports.ts"

/** A list that comes in pages. */
export interface Page<N> {
  readonly pageInfo?: { readonly endCursor: string | null; readonly hasNextPage: boolean } | null
  readonly edges: readonly { readonly node: N | null }[]
}

interface ProjectNode {
  readonly name: string
  readonly entity: { readonly name: string } | null
}

export interface CollectionNode {
  readonly __typename: string
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly createdAt: string | null
  readonly updatedAt: string | null
  readonly project: ProjectNode | null
  readonly type: { readonly name: string } | null
  readonly tags: Page<{ readonly name: string }> | null
}

export interface MemberNode {
  readonly versionIndex: number | null
  readonly createdAt: string
  readonly aliases: readonly { readonly alias: string }[] | null
  readonly artifactCollection: CollectionNode | null
}

export interface VersionNode {
  readonly id: string
  readonly artifactSequence: Pick<CollectionNode, "name" | "project">
  readonly versionIndex: number | null
  readonly artifactType: { readonly name: string }
  readonly description: string | null
  readonly metadata: string | null
  readonly ttlDurationSeconds: number | string | null
  readonly ttlIsInherited: boolean
  readonly tags: readonly { readonly name: string }[] | null
  readonly historyStep: number | string | null
  readonly state: ArtifactState
  readonly size: number | string
  readonly digest: string
  readonly commitHash: string | null
  readonly fileCount: number | string
  readonly createdAt: string
  readonly updatedAt: string | null
}

/** A version with the collection it was logged to. */
export interface SourcedNode extends VersionNode {
  readonly artifactSequence: CollectionNode
}

/** And with all the places it is in. */
export interface PlacedNode extends SourcedNode {
  readonly artifactMemberships: Page<MemberNode> | null
}

export interface RunNode {
  readonly id: string
  readonly name: string
  readonly displayName: string | null
  readonly jobType: string | null
  readonly group: string | null
  readonly notes: string | null
  readonly tags: readonly string[] | null
  readonly config: string | null
  readonly description: string | null
  readonly summaryMetrics: string | null
  readonly historyLineCount: number | null
  readonly heartbeatAt: string | null
  readonly state: string | null
  readonly createdAt: string
  readonly project: ProjectNode | null
}

export interface RegistryNode extends ProjectNode {
  readonly id: string
  readonly description: string | null
  readonly createdAt: string
  readonly updatedAt: string | null
  readonly allowAllArtifactTypesInRegistry: boolean | null
  readonly artifactTypes?: Page<{ readonly name: string }> | null
}

export const nodesOf = <N>(page: Page<N> | null | undefined): N[] =>
  (page?.edges ?? []).flatMap(({ node }) => (node === null ? [] : [node]))

/** What `read` makes of what an answer has; undefined where it has nothing. */
export const ifGiven = <N, T>(node: N | null | undefined, read: (node: N) => T): T | undefined =>
  node === null || node === undefined ? undefined : read(node)

const isVersionName = (alias: string) => /^v\d+$/.test(alias)

/** Int64 comes as a number, or as text where it does not fit one. */
const toNumber = (value: number | string | null) => Number(value ?? 0)

/** W&B cannot tell none from empty when it is asked to clear a text. */
const toText = (text: string | null) => text || null

const toProject = (project: ProjectNode | null): ProjectRef => ({
  entity: project?.entity?.name ?? "",
  project: project?.name ?? "",
})

export const refOf = ({ name, project }: Pick<CollectionNode, "name" | "project">): CollectionRef => ({
  ...toProject(project),
  collection: name,
})

export function toCollection(node: CollectionNode): CollectionRecord {
  return {
    ...refOf(node),
    id: node.id,
    kind: node.__typename === "ArtifactPortfolio" ? "portfolio" : "sequence",
    type: node.type?.name ?? "",
    description: toText(node.description),
    tags: nodesOf(node.tags).map(({ name }) => name),
    createdAt: node.createdAt ?? "",
    updatedAt: node.updatedAt,
  }
}

export function toVersion(node: VersionNode): VersionRecord {
  const ttl = toNumber(node.ttlDurationSeconds)
  return {
    id: node.id,
    source: { ...refOf(node.artifactSequence), index: node.versionIndex ?? undefined },
    type: node.artifactType.name,
    state: node.state,
    digest: node.digest,
    description: toText(node.description),
    ...readMetadata(node.metadata),
    tags: (node.tags ?? []).map(({ name }) => name),
    ttl: ttl > 0 ? ttl : null,
    ttlIsInherited: node.ttlIsInherited,
    size: toNumber(node.size),
    fileCount: toNumber(node.fileCount),
    commitHash: node.commitHash,
    historyStep: node.historyStep === null ? null : toNumber(node.historyStep),
    createdAt: node.createdAt,
    updatedAt: node.updatedAt,
  }
}

/** Undefined for what is being made or unmade: a version or a place that is not whole. */
export function toMembership(version: SourcedNode | null, member: MemberNode | null | undefined): Membership | undefined {
  if (version?.state !== "COMMITTED" || !member?.artifactCollection || member.versionIndex === null) return undefined
  return {
    collection: toCollection(member.artifactCollection),
    sourceCollection: toCollection(version.artifactSequence),
    index: member.versionIndex,
    aliases: (member.aliases ?? []).map(({ alias }) => alias).filter((alias) => !isVersionName(alias)),
    createdAt: member.createdAt,
    version: toVersion(version),
  }
}

/** Its source first. */
export function toMemberships(node: PlacedNode | null | undefined): Membership[] {
  if (!node) return []
  const members = nodesOf(node.artifactMemberships).flatMap((member) => toMembership(node, member) ?? [])
  const isSource = ({ collection, sourceCollection }: Membership) => collection.id === sourceCollection.id
  return [...members.filter(isSource), ...members.filter((member) => !isSource(member))]
}

export function toRun(node: RunNode): RunRecord {
  const config = readTolerantly(() => unwrapConfig(node.config || "{}"))
  const summary = readTolerantly(() => plainJson(node.summaryMetrics || "{}"))
  return {
    ...toProject(node.project),
    run: node.name,
    id: node.id,
    displayName: node.displayName ?? node.name,
    jobType: node.jobType,
    group: node.group,
    notes: toText(node.notes),
    tags: node.tags ?? [],
    config: config.value,
    configText: config.text,
    description: toText(node.description),
    summary: summary.value,
    summaryText: summary.text,
    historyLineCount: toNumber(node.historyLineCount),
    heartbeatAt: node.heartbeatAt || null,
    state: toRunState(node.state),
    createdAt: node.createdAt,
  }
}

function toRunState(state: string | null): RunRecord["state"] {
  if (state === "finished" || state === "crashed") return state
  return state === null || state === "running" || state === "pending" || state === "preempting" ? "running" : "failed"
}

/** Whatever the text is, it makes no run unreadable. */
function readTolerantly(read: () => string): ReturnType<typeof readObject> {
  try {
    return readObject(read(), "text")
  } catch {
    return { value: {}, text: undefined }
  }
}

export function toProjectRecord(node: RegistryNode): ProjectRecord {
  const { id, description, createdAt, updatedAt } = node
  const isOpen = node.allowAllArtifactTypesInRegistry !== false
  const artifactTypes = isOpen ? null : nodesOf(node.artifactTypes).map(({ name }) => name)
  return { ...toProject(node), id, description: toText(description), artifactTypes, createdAt, updatedAt }
}

export const toType = ({ id, name, description, createdAt }: ArtifactTypeRecord): ArtifactTypeRecord => ({
  id,
  name,
  description,
  createdAt,
})
