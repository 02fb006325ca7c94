import { ConflictError, EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, NewVersion, PendingVersion } from "../ports.ts"
import { isExpired, latestAlias, latestLiving, withAliases, withTtl } from "./collection-state.ts"
import { changeCollection, ensureCollection } from "./collections.ts"
import { type Context, timestamp } from "./context.ts"
import { type CheckedVersion, checkNewVersion } from "./inputs.ts"
import { clientKey, formatId, newToken, runKey, sharedKey, versionKey } from "./keys.ts"
import { recordLogged } from "./lineage.ts"
import { isWhole } from "./presence.ts"
import { changeRecord, createRecord, readRecord } from "./records.ts"
import type { ClientRow, CollectionRow, Member, SharedRow, VersionRow } from "./rows.ts"
import { changeVersion, readVersionRow } from "./version-row.ts"
import { clockOf, loadVersion } from "./versions.ts"

/**
 * A pending version, or the version that is this content already. protocol.md 3.3.
 *
 * A version whose files were damaged answers `"PENDING"` too: its uploads ask for what is missing, and committing it again changes
 * nothing but that.
 */
export async function createVersion(context: Context, input: NewVersion, options: CallOptions): Promise<PendingVersion> {
  const wanted = checkNewVersion(input)
  await requireRun(context, wanted, options)
  const collection = await ensureCollection(context, wanted.ref, "sequence", wanted.type, options)
  const latestId = latestLiving(collection, clockOf(context))?.id
  const answer = async (id: string): Promise<PendingVersion> => ({ ...(await describe(context, id, options)), latestId })

  for (;;) {
    const client = await readRecord<ClientRow>(context.records, clientKey(wanted.clientId), options)
    const known = client && (await knownClient(context, client, wanted, collection, options))
    if (known !== undefined) return answer(known)
    const id = (await reuse(context, wanted, collection, options)) ?? (await createPending(context, wanted, collection, options))
    const claimed = await claimClient(context, wanted, collection, id, client?.id, options)
    if (await standsFor(context, wanted, claimed, options)) return answer(claimed)
  }
}

async function requireRun(context: Context, { run }: CheckedVersion, options: CallOptions): Promise<void> {
  if (run === null || (await readRecord(context.records, runKey(run), options)) !== undefined) return
  throw new EntryNotFoundError(`There is no run ${run.entity}/${run.project}/${run.run}; start it before logging with it.`, {
    path: run.run,
  })
}

async function describe(context: Context, id: string, options: CallOptions): Promise<Pick<PendingVersion, "id" | "state">> {
  const loaded = await loadVersion(context, id, options)
  if (loaded === undefined) throw new ConflictError(`Version ${id} was removed while it was being created; log it again.`)
  const { row, state } = loaded
  return { id: row.id, state: state === "COMMITTED" && !(await isWhole(context, row, options)) ? "PENDING" : state }
}

/** What the client id stands for, unless that is gone. */
async function knownClient(
  context: Context,
  client: ClientRow,
  wanted: CheckedVersion,
  collection: CollectionRow,
  options: CallOptions,
): Promise<string | undefined> {
  if (client.digest !== wanted.digest || client.collection !== collection.token) {
    throw new InvalidArgumentError("clientId", "This clientId stands for other content already; make a new one for each artifact.")
  }
  return (await standsFor(context, wanted, client.id, options)) ? client.id : undefined
}

/** Whether a version is, or can become, what is wanted. One that writers share is not once it was committed without this one's part. */
async function standsFor(context: Context, wanted: CheckedVersion, id: string, options: CallOptions): Promise<boolean> {
  const loaded = await loadVersion(context, id, options)
  if (wanted.distributedId === undefined || loaded?.state !== "COMMITTED") return loaded !== undefined && loaded.state !== "DELETED"
  const row = await readVersionRow(context, id, options)
  return row?.parts.slice(0, row.merged).some(({ content }) => content === wanted.digest) ?? false
}

/** Last, so that a client that comes again before this has everything done again. Returns the id that the client id stands for. */
function claimClient(
  context: Context,
  { clientId, digest }: CheckedVersion,
  { token: collection }: CollectionRow,
  id: string,
  stale: string | undefined,
  options: CallOptions,
): Promise<string> {
  const claim = (current: ClientRow | undefined) => {
    if (current !== undefined && current.id !== stale) return { result: current.id }
    return { next: { id, digest, collection, at: context.now() }, result: id }
  }
  return changeRecord<ClientRow, string>(context.records, clientKey(clientId), claim, options)
}

/** The version of this sequence that has this content: its aliases, tags and ttl are changed right away, since no commit follows. */
async function reuse(
  context: Context,
  wanted: CheckedVersion,
  collection: CollectionRow,
  options: CallOptions,
): Promise<string | undefined> {
  // What a writer shares with others is known only when they are all done.
  if (wanted.distributedId !== undefined || sameContent(context, collection, wanted.digest) === undefined) return undefined
  const id = await changeCollection(
    context,
    collection,
    (current) => {
      const member = sameContent(context, current, wanted.digest)
      if (member === undefined) return { row: current, result: undefined }
      const aliased = withAliases(current, member.index, [latestAlias, ...wanted.aliases])
      return { row: wanted.ttl === undefined ? aliased : withTtl(aliased, member.id, wanted.ttl), result: member.id }
    },
    options,
  )
  if (id === undefined) return undefined
  await addTags(context, id, wanted, options)
  if (wanted.run !== null) await recordLogged(context, id, wanted.run, collection.token, options)
  return id
}

/** The newest living version with that digest. */
export function sameContent(context: Context, collection: CollectionRow, digest: string): Member | undefined {
  return collection.members.findLast((member) => member.digest === digest && !isExpired(member, clockOf(context)))
}

async function addTags(context: Context, id: string, wanted: CheckedVersion, options: CallOptions): Promise<void> {
  if (wanted.tags.length === 0) return
  await changeVersion(
    context,
    id,
    (row) => {
      const tags = [...new Set([...row.tags, ...wanted.tags])]
      return tags.length === row.tags.length ? row : { ...row, tags, updatedAt: timestamp(context) }
    },
    options,
  )
}

async function createPending(
  context: Context,
  wanted: CheckedVersion,
  collection: CollectionRow,
  options: CallOptions,
): Promise<string> {
  const shared = await joinShared(context, wanted, collection, options)
  if (shared.id !== undefined) return shared.id
  const row = pendingRow(context, wanted, collection)
  await createRecord(context.records, versionKey(row.token), row, options)
  if (wanted.run !== null) await recordLogged(context, row.id, wanted.run, collection.token, options)
  return wanted.distributedId === undefined ? row.id : claimShared(context, wanted, collection, row.id, shared.stale, options)
}

function pendingRow(context: Context, wanted: CheckedVersion, collection: CollectionRow): VersionRow {
  const { ref, type, digest, description, metadata, tags, aliases, run, historyStep, baseId } = wanted
  const token = newToken()
  return {
    id: formatId("Artifact", token),
    token,
    collection: collection.token,
    origin: ref,
    type,
    state: "PENDING",
    digest,
    description,
    metadata,
    tags,
    ttl: wanted.ttl === undefined ? "inherit" : wanted.ttl,
    aliases,
    run,
    historyStep,
    baseId,
    createdAt: timestamp(context),
    updatedAt: null,
    parts: [],
    merged: 0,
    manifest: null,
    preparedAt: null,
    size: 0,
    fileCount: 0,
    commitHash: null,
    index: null,
    links: [],
    sameAs: null,
  }
}

/** The pending version that writers with this `distributedId` share, now with this writer's aliases and tags as well. */
async function joinShared(
  context: Context,
  wanted: CheckedVersion,
  collection: CollectionRow,
  options: CallOptions,
): Promise<{ readonly id?: string; readonly stale?: string | undefined }> {
  if (wanted.distributedId === undefined) return {}
  const shared = await readRecord<SharedRow>(context.records, sharedKey(collection.token, wanted.distributedId), options)
  const loaded = shared && (await loadVersion(context, shared.id, options))
  if (loaded?.state !== "PENDING") return { stale: shared?.id }
  await changeVersion(
    context,
    loaded.row.id,
    (row) => ({
      ...row,
      aliases: [...new Set([...row.aliases, ...wanted.aliases])],
      tags: [...new Set([...row.tags, ...wanted.tags])],
      metadata: { ...row.metadata, ...wanted.metadata },
    }),
    options,
  )
  if (wanted.run !== null) await recordLogged(context, loaded.row.id, wanted.run, collection.token, options)
  return { id: loaded.row.id }
}

async function claimShared(
  context: Context,
  wanted: CheckedVersion,
  collection: CollectionRow,
  id: string,
  stale: string | undefined,
  options: CallOptions,
): Promise<string> {
  const claim = (current: SharedRow | undefined) => {
    if (current !== undefined && current.id !== stale) return { result: current.id }
    return { next: { id }, result: id }
  }
  const winner = await changeRecord<SharedRow, string>(
    context.records,
    sharedKey(collection.token, wanted.distributedId!),
    claim,
    options,
  )
  return winner === id ? id : ((await joinShared(context, wanted, collection, options)).id ?? winner)
}
