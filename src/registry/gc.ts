import { mapAhead } from "../bytes/ahead.ts"
import { optional, refuse } from "../core/check.ts"
import type { Digest } from "../core/digest-text.ts"
import type { CallOptions } from "../ports.ts"
import { withoutMembers } from "./collection-losses.ts"
import { isExpired, livingMember } from "./collection-state.ts"
import { changeCollection, readCollection } from "./collections.ts"
import type { Context } from "./context.ts"
import { acquireLease, type Lease } from "./gc-lock.ts"
import { clientPrefix, collectionPrefix, versionPrefix } from "./keys.ts"
import { filesOf, readManifest } from "./manifests.ts"
import { readIfThere } from "./presence.ts"
import { listRecords, removeRecord } from "./records.ts"
import { settleCommitted, tidyAfter } from "./removal.ts"
import type { ClientRow, CollectionRow, VersionRow } from "./rows.ts"
import { readVersionRow } from "./version-row.ts"
import { clockOf } from "./versions.ts"

const hourMs = 60 * 60 * 1000
const defaultGraceMs = 24 * hourMs

export interface GcOptions extends CallOptions {
  /** Only count. Default false. */
  readonly dryRun?: boolean | undefined
  /** Blobs and pending versions younger than this, in milliseconds, are left alone. Default 24 hours. */
  readonly graceMs?: number | undefined
}

export interface GcReport {
  readonly dryRun: boolean
  /** Versions whose time to live had run out. */
  readonly versionsExpired: number
  /** Versions that were begun and never committed. */
  readonly pendingDropped: number
  readonly blobsDeleted: number
  /** Bytes, leftovers of dead writers included. */
  readonly bytesFreed: number
}

/**
 * Deletes what no version needs: versions past their time, uploads that were given up, and then every blob that no manifest names.
 *
 * Safe while others log: an upload in progress is younger than `graceMs`; and while blobs are being deleted commits wait, so that each
 * either was seen by the collector or finds out what is missing. A manifest that cannot be read stops it before anything is deleted: what
 * that version needs is unknown. Run {@link fsck} then.
 */
export async function collectGarbage(context: Context, options: GcOptions = {}): Promise<GcReport> {
  const { signal, dryRun = false } = options
  const graceMs = optional(checkGrace, "options.graceMs", options.graceMs) ?? defaultGraceMs
  const cutoff = context.now() - graceMs
  const versionsExpired = await expire(context, dryRun, { signal })
  const pendingDropped = await dropPending(context, cutoff, dryRun, { signal })
  const garbage = await listOlder(context, cutoff, { signal })
  const marks: Marks = { manifests: new Set(), needed: new Set() }
  await mark(context, marks, cutoff, { signal })
  for (const digest of marks.needed) garbage.delete(digest)
  const blobs = dryRun ? sum(garbage) : await sweep(context, garbage, marks, cutoff, { signal })
  const leftovers = dryRun ? 0 : await sweepStores(context, { signal })
  return { dryRun, versionsExpired, pendingDropped, blobsDeleted: blobs.count, bytesFreed: blobs.bytes + leftovers }
}

function checkGrace(argument: string, value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : refuse(argument, "milliseconds, 0 or more", value)
}

async function listOlder(context: Context, cutoff: number, options: CallOptions): Promise<Map<Digest, number>> {
  const older = new Map<Digest, number>()
  for await (const { digest, size, modifiedAt } of context.blobs.list(options)) if (modifiedAt <= cutoff) older.set(digest, size)
  return older
}

function sum(garbage: ReadonlyMap<Digest, number>) {
  let bytes = 0
  for (const size of garbage.values()) bytes += size
  return { count: garbage.size, bytes }
}

interface Marks {
  /** Manifests that were read already. */
  readonly manifests: Set<Digest>
  readonly needed: Set<Digest>
}

/** Marks what committed versions and recent pending ones need. */
async function mark(context: Context, marks: Marks, cutoff: number, options: CallOptions): Promise<void> {
  const collections = new Map<string, CollectionRow>()
  for await (const { value } of listRecords(context.records, collectionPrefix, options)) {
    const row = value as unknown as CollectionRow
    collections.set(row.token, row)
  }
  for await (const { value } of listRecords(context.records, versionPrefix, options)) {
    await markVersion(context, marks, value as unknown as VersionRow, collections, cutoff, options)
  }
}

async function markVersion(
  context: Context,
  marks: Marks,
  row: VersionRow,
  collections: ReadonlyMap<string, CollectionRow>,
  cutoff: number,
  options: CallOptions,
): Promise<void> {
  if (row.state === "DELETED" || row.sameAs !== null) return
  const isListed = livingMember(collections.get(row.collection), row.id, clockOf(context)) !== undefined
  const isRecent = isPendingRecent(context, row, cutoff)
  // Committed after the collections were listed, or about to be.
  const isCommitted =
    isListed || livingMember(await readCollection(context, row.collection, options), row.id, clockOf(context)) !== undefined
  if (!isCommitted && !isRecent) return
  const current = isCommitted && row.manifest === null ? await readVersionRow(context, row.id, options) : row
  for (const { digest } of isCommitted ? [] : row.parts) await markManifest(context, marks, digest, row.id, false, options)
  if (current?.manifest) await markManifest(context, marks, current.manifest, row.id, isCommitted, options)
}

function isPendingRecent(context: Context, row: VersionRow, cutoff: number): boolean {
  const isCommitting = row.preparedAt !== null && row.preparedAt > context.now() - hourMs
  return isCommitting || Math.max(Date.parse(row.updatedAt ?? row.createdAt), row.partAt ?? 0) > cutoff
}

async function markManifest(
  context: Context,
  marks: Marks,
  digest: Digest,
  id: string,
  isCommitted: boolean,
  options: CallOptions,
) {
  if (marks.manifests.has(digest)) return
  const manifest = await (isCommitted ? readManifest : readIfThere)(context, digest, id, options)
  marks.manifests.add(digest)
  marks.needed.add(digest)
  if (manifest !== undefined) for (const file of filesOf(manifest).keys()) marks.needed.add(file)
}

/** Looks at what has changed since the first look, which is little, and deletes the rest; commits wait for this part. */
async function sweep(context: Context, garbage: Map<Digest, number>, marks: Marks, cutoff: number, options: CallOptions) {
  if (garbage.size === 0) return { count: 0, bytes: 0 }
  const lease = await acquireLease(context, options)
  try {
    await mark(context, marks, cutoff, options)
    return await deleteBlobs(context, garbage, marks, cutoff, lease, options)
  } finally {
    await lease.release()
  }
}

async function deleteBlobs(
  context: Context,
  garbage: ReadonlyMap<Digest, number>,
  marks: Marks,
  cutoff: number,
  lease: Lease,
  options: CallOptions,
) {
  let count = 0
  let bytes = 0
  const remove = async ([digest, size]: [Digest, number]) => {
    if (marks.needed.has(digest)) return undefined
    const info = await context.blobs.stat(digest, options)
    // Stored anew since it was listed: somebody is about to need it.
    if (info === undefined || info.modifiedAt > cutoff) return undefined
    await lease.keep()
    await context.blobs.delete(digest, options)
    return size
  }
  for await (const size of mapAhead(garbage, remove)) {
    if (size === undefined) continue
    count++
    bytes += size
  }
  return { count, bytes }
}

async function sweepStores(context: Context, options: CallOptions): Promise<number> {
  const blobs = (await context.blobs.sweep?.(options)) ?? 0
  const records = (await context.records.sweep?.(options)) ?? 0
  return blobs + records
}

/** Takes expired versions out of their sequences, which is when their aliases are free and `latest` moves for good. */
async function expire(context: Context, dryRun: boolean, options: CallOptions): Promise<number> {
  let count = 0
  for await (const { value } of listRecords(context.records, collectionPrefix, options)) {
    const row = value as unknown as CollectionRow
    const expired = row.kind === "sequence" ? row.members.filter((member) => isExpired(member, clockOf(context))) : []
    count += expired.length
    if (dryRun || expired.length === 0) continue
    for (const { id } of expired) await settleCommitted(context, id, options)
    const drop = (current: CollectionRow) => ({
      row: withoutMembers(current, (member) => isExpired(member, clockOf(context))),
      result: undefined,
    })
    await changeCollection(context, row, drop, options)
    for (const { id } of expired) {
      const version = await readVersionRow(context, id, options)
      if (version !== undefined) await tidyAfter(context, version, options)
    }
  }
  return count
}

/** Versions begun before `cutoff` and not touched since; and client ids that nobody asks for any more. */
async function dropPending(context: Context, cutoff: number, dryRun: boolean, options: CallOptions): Promise<number> {
  let count = 0
  const living = new Set<string>()
  for await (const { key, value } of listRecords(context.records, versionPrefix, options)) {
    const row = value as unknown as VersionRow
    if (row.state === "DELETED") continue
    living.add(row.id)
    if (row.state !== "PENDING" || row.sameAs !== null || isPendingRecent(context, row, cutoff)) continue
    const source = await readCollection(context, row.collection, options)
    if (source?.members.some(({ id }) => id === row.id)) continue
    count++
    if (dryRun) continue
    const isOld = (current: VersionRow) => !isPendingRecent(context, current, cutoff)
    if (await removeRecord<VersionRow>(context.records, key, isOld, options)) living.delete(row.id)
  }
  if (!dryRun) await dropClients(context, living, Math.min(cutoff, context.now() - defaultGraceMs), options)
  return count
}

/** Drafts in flight ask for those of the day. Later a sync knows its copies by those that they were made for. */
async function dropClients(context: Context, living: ReadonlySet<string>, before: number, options: CallOptions): Promise<void> {
  const isUnused = ({ id, at, isFirst }: ClientRow) => at <= before && (isFirst === false || !living.has(id))
  for await (const { key, value } of listRecords(context.records, clientPrefix, options)) {
    if (isUnused(value as unknown as ClientRow)) await removeRecord(context.records, key, isUnused, options)
  }
}
