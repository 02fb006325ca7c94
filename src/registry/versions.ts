import { mapAhead } from "../bytes/ahead.ts"
import { versionIndexOf } from "../core/names.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { ArtifactState, CallOptions, CollectionRef, Membership, VersionRecord } from "../ports.ts"
import { aliasesAt, aliasTarget, effectiveTtl, isExpired, latestAlias, livingMember, memberAt } from "./collection-state.ts"
import { findCollection, readCollection, toCollectionRecord } from "./collections.ts"
import type { Context } from "./context.ts"
import { versionKey } from "./keys.ts"
import { readRecord } from "./records.ts"
import type { CollectionRow, Member, VersionRow } from "./rows.ts"
import { readVersionRow, refuseUnknownId } from "./version-row.ts"

/**
 * What is read of versions. Whether one is committed is never stored with it: it is when its sequence lists it and its time has not
 * run out. A version that is not listed is pending until its record says otherwise, deleted from then on. Reading never writes.
 */
export interface LoadedVersion {
  readonly row: VersionRow
  readonly state: ArtifactState
  /** The sequence it was logged to, unless that was deleted. */
  readonly source: CollectionRow | undefined
  /** Its place there; only when committed. */
  readonly member: Member | undefined
}

/** A version by id, also pending and deleted ones; undefined for an id that was never given out. */
export async function loadVersion(context: Context, id: string, options: CallOptions): Promise<LoadedVersion | undefined> {
  const row = await readVersionRow(context, id, options)
  if (row === undefined) return undefined
  if (row.sameAs !== null) return loadVersion(context, row.sameAs, options)
  const source = await readCollection(context, row.collection, options)
  const member = livingMember(source, row.id, clockOf(context))
  if (member !== undefined) return { row: await whole(context, row, options), state: "COMMITTED", source, member }
  const isPending = row.state === "PENDING" && source !== undefined && !source.members.some((listed) => listed.id === row.id)
  return { row, state: isPending ? "PENDING" : "DELETED", source, member: undefined }
}

/** The same, but a version that is unknown or gone is an `EntryNotFoundError`. */
export async function requireVersion(context: Context, id: string, options: CallOptions): Promise<LoadedVersion> {
  const loaded = await loadVersion(context, id, options)
  if (loaded !== undefined && loaded.state !== "DELETED") return loaded
  return refuseUnknownId(id)
}

/** The row as it was when its sequence listed it: one read just before that lacks its manifest. */
async function whole(context: Context, row: VersionRow, options: CallOptions): Promise<VersionRow> {
  if (row.manifest !== null) return row
  return (await readRecord<VersionRow>(context.records, versionKey(row.token), options)) ?? row
}

export function clockOf(context: Context) {
  return { at: context.now(), defaultTtl: context.defaultTtl }
}

export function toVersionRecord(context: Context, { row, state, source, member }: LoadedVersion): VersionRecord {
  const createdAt = member?.createdAt ?? row.createdAt
  const ttl = member === undefined ? (row.ttl === "inherit" ? undefined : row.ttl) : member.ttl
  return {
    id: row.id,
    source: { ...row.origin, ...(source && { collection: source.name }), index: member?.index ?? row.index ?? undefined },
    type: source?.type ?? row.type,
    state,
    digest: row.digest,
    description: row.description,
    metadata: row.metadata,
    metadataText: row.metadataText,
    tags: row.tags,
    ttl: effectiveTtl(ttl, context.defaultTtl),
    ttlIsInherited: ttl === undefined,
    size: row.size,
    fileCount: row.fileCount,
    commitHash: row.commitHash,
    historyStep: row.historyStep,
    createdAt,
    // Clocks differ, but a change is never older than what it changes.
    updatedAt: row.updatedAt !== null && row.updatedAt < createdAt ? createdAt : row.updatedAt,
  }
}

/** Reads sequences at most once while one answer is put together. */
export interface Sources {
  /** The living member of its sequence behind a member of any collection. */
  living(
    collection: CollectionRow,
    member: Member,
  ): Promise<{ readonly source: CollectionRow; readonly member: Member } | undefined>
}

export function createSources(context: Context, options: CallOptions): Sources {
  const known = new Map<string, Promise<CollectionRow | undefined>>()
  const read = (token: string) => {
    const found = known.get(token) ?? readCollection(context, token, options)
    known.set(token, found)
    return found
  }
  return {
    async living(collection, member) {
      if (member.source === undefined) return isExpired(member, clockOf(context)) ? undefined : { source: collection, member }
      const source = await read(member.source)
      const original = livingMember(source, member.id, clockOf(context))
      return source !== undefined && original !== undefined ? { source, member: original } : undefined
    },
  }
}

/** The newest version of a collection that is still there. */
async function newestMember(sources: Sources, collection: CollectionRow): Promise<Member | undefined> {
  for (let at = collection.members.length - 1; at >= 0; at--) {
    const member = collection.members[at]!
    if ((await sources.living(collection, member)) !== undefined) return member
  }
  return undefined
}

/**
 * Where `latest` is: on the version that was logged or linked last, or, once that has expired or was deleted elsewhere, on the newest
 * that is left. Undefined when somebody took the alias away.
 */
export async function latestMember(sources: Sources, collection: CollectionRow): Promise<Member | undefined> {
  const target = aliasTarget(collection, latestAlias)
  if (target === undefined) return undefined
  const member = memberAt(collection, target)
  const isLiving = member !== undefined && (await sources.living(collection, member)) !== undefined
  return isLiving ? member : newestMember(sources, collection)
}

/** What a reader sees of a member, or undefined when its version is gone. */
export async function toMembership(
  context: Context,
  sources: Sources,
  collection: CollectionRow,
  member: Member,
  options: CallOptions,
): Promise<Membership | undefined> {
  const living = await sources.living(collection, member)
  if (living === undefined) return undefined
  const row = await readVersionRow(context, member.id, options)
  if (row === undefined) return undefined
  const latest = await latestMember(sources, collection)
  const named = aliasesAt(collection, member.index).filter((alias) => alias !== latestAlias)
  return {
    collection: toCollectionRecord(collection),
    sourceCollection: toCollectionRecord(living.source),
    index: member.index,
    aliases: latest === member ? [latestAlias, ...named] : named,
    createdAt: member.createdAt,
    version: toVersionRecord(context, { row, state: "COMMITTED", source: living.source, member: living.member }),
  }
}

/** The place of a committed version in its own sequence. */
export async function sourceMembership(context: Context, loaded: LoadedVersion, options: CallOptions): Promise<Membership> {
  const { source, member } = loaded
  const membership = source && member && (await toMembership(context, createSources(context, options), source, member, options))
  if (membership !== undefined) return membership
  throw new EntryNotFoundError(`Version ${loaded.row.id} is gone; log it again.`, { path: loaded.row.id })
}

/** By alias, `vN`, digest, or the latest. */
export async function findVersion(
  context: Context,
  path: CollectionRef & { readonly alias?: string | undefined },
  options: CallOptions = {},
): Promise<Membership | undefined> {
  const collection = await findCollection(context, path, options)
  if (collection === undefined) return undefined
  const sources = createSources(context, options)
  const member = await resolve(sources, collection, path.alias ?? latestAlias)
  return member && toMembership(context, sources, collection, member, options)
}

async function resolve(sources: Sources, collection: CollectionRow, alias: string): Promise<Member | undefined> {
  if (alias === latestAlias) return (await latestMember(sources, collection)) ?? newestMember(sources, collection)
  const index = versionIndexOf(alias) ?? aliasTarget(collection, alias)
  return index === undefined ? collection.members.findLast(({ digest }) => digest === alias) : memberAt(collection, index)
}

/** The version's place in every collection that lists it, its source first. */
export async function listMemberships(context: Context, id: string, options: CallOptions = {}): Promise<Membership[]> {
  const loaded = await loadVersion(context, id, options)
  if (loaded?.state !== "COMMITTED") return []
  const sources = createSources(context, options)
  const found: Membership[] = []
  for await (const collection of mapAhead([loaded.row.collection, ...loaded.row.links], (token) =>
    readCollection(context, token, options),
  )) {
    const member = collection?.members.find((listed) => listed.id === loaded.row.id)
    const membership = collection && member && (await toMembership(context, sources, collection, member, options))
    if (membership !== undefined) found.push(membership)
  }
  return found
}
