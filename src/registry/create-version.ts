import { ConflictError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, NewVersion, PendingVersion } from "../ports.ts"
import { latestLiving, relog } from "./collection-state.ts"
import { changeCollection, ensureCollection } from "./collections.ts"
import { type Context, more, timestamp } from "./context.ts"
import { type CheckedVersion, checkNewVersion } from "./inputs.ts"
import { clientKey, formatId, newToken, runKey, versionKey } from "./keys.ts"
import { isWhole } from "./presence.ts"
import { changeRecord, createRecord, readRecord } from "./records.ts"
import type { ClientRow, CollectionRow, VersionRow } from "./rows.ts"
import { recordLogged, refuseUnknownRun } from "./runs.ts"
import { addTags } from "./version-row.ts"
import { clockOf, loadVersion } from "./versions.ts"

/** Each round ends with a version unless somebody deletes it meanwhile. */
const maxRounds = 50

/**
 * A pending version, or the version that is this content already. protocol.md 3.3.
 *
 * A version whose files were damaged answers `"PENDING"` too: its uploads ask for what is missing, and committing it again changes
 * nothing but that.
 */
export async function createVersion(context: Context, input: NewVersion, options: CallOptions = {}): Promise<PendingVersion> {
  const wanted = checkNewVersion(input)
  await requireRun(context, wanted, options)
  for (let round = 0; round < maxRounds; round++) {
    const collection = await ensureCollection(context, wanted.ref, "sequence", wanted.type, options)
    const latestId = latestLiving(collection, clockOf(context))?.id
    const client = await readRecord<ClientRow>(context.records, clientKey(wanted.clientId), options)
    const known = client && (await answer(context, wanted, client.id, options))
    if (client !== undefined) checkClient(client, wanted, collection, known !== undefined)
    if (known !== undefined) return { ...known, latestId }
    const again = await reuse(context, wanted, collection, options)
    const id = again ?? (await createPending(context, wanted, collection, options))
    const claimed = await claimClient(context, wanted, collection, { id, isFirst: again === undefined }, client?.id, options)
    // Whoever was faster with this client id may have meant something else by it: the next round looks.
    if (claimed !== id) continue
    const made = await answer(context, wanted, id, options)
    if (made !== undefined) return { ...made, latestId }
  }
  throw new ConflictError(
    `"${wanted.ref.collection}" keeps being deleted, or its versions do, while this is logged; nothing is visible.`,
  )
}

async function requireRun(context: Context, { run }: CheckedVersion, options: CallOptions): Promise<void> {
  if (run === null || (await readRecord(context.records, runKey(run), options)) !== undefined) return
  refuseUnknownRun(run)
}

function checkClient(client: ClientRow, wanted: CheckedVersion, collection: CollectionRow, isLiving: boolean): void {
  if (client.digest === wanted.digest && (client.collection === collection.token || !isLiving)) return
  throw new InvalidArgumentError("clientId", "This clientId stands for other content already; make a new one for each artifact.")
}

/**
 * How a version stands, if it is or can become what is wanted: not when it is gone, and not when writers share it and it was committed
 * without this one's part.
 */
async function answer(
  context: Context,
  wanted: CheckedVersion,
  id: string,
  options: CallOptions,
): Promise<Pick<PendingVersion, "id" | "state"> | undefined> {
  const loaded = await loadVersion(context, id, options)
  if (loaded === undefined || loaded.state === "DELETED") return undefined
  const { row, state } = loaded
  if (state === "PENDING") return { id: row.id, state }
  if (wanted.distributedId !== undefined && !(await (await more()).hasPart(context, id, wanted.digest, options))) return undefined
  return { id: row.id, state: (await isWhole(context, row, options)) ? state : "PENDING" }
}

/** Last, so that a client that comes again before this has everything done again. Returns the id that the client id stands for. */
function claimClient(
  context: Context,
  { clientId, digest }: CheckedVersion,
  { token: collection }: CollectionRow,
  claimed: Pick<ClientRow, "id" | "isFirst">,
  stale: string | undefined,
  options: CallOptions,
): Promise<string> {
  const claim = (current: ClientRow | undefined) => {
    if (current !== undefined && current.id !== stale) return { result: current.id }
    return { next: { ...claimed, digest, collection, at: context.now() }, result: claimed.id }
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
  // What comes on top of a base, or is shared with other writers, is known only when it is committed.
  if (wanted.kind !== "FULL" || wanted.distributedId !== undefined || relog(collection, wanted, clockOf(context)) === undefined)
    return undefined
  const id = await changeCollection(
    context,
    collection,
    (current) => {
      const again = relog(current, wanted, clockOf(context))
      return { row: again?.row ?? current, result: again?.member.id }
    },
    options,
  )
  if (id === undefined) return undefined
  await addTags(context, id, wanted.tags, options)
  if (wanted.run !== null) await recordLogged(context, id, wanted.run, collection.token, options)
  return id
}

async function createPending(
  context: Context,
  wanted: CheckedVersion,
  collection: CollectionRow,
  options: CallOptions,
): Promise<string> {
  const sharing = wanted.distributedId === undefined ? undefined : await more()
  const joined = await sharing?.joinShared(context, wanted, collection, options)
  if (joined?.id !== undefined) return joined.id
  const row = pendingRow(context, wanted, collection)
  await createRecord(context.records, versionKey(row.token), row, options)
  if (wanted.run !== null) await recordLogged(context, row.id, wanted.run, collection.token, options)
  return sharing === undefined ? row.id : sharing.claimShared(context, wanted, collection, row.id, joined?.stale, options)
}

function pendingRow(context: Context, wanted: CheckedVersion, collection: CollectionRow): VersionRow {
  const { ref, type, digest, description, metadata, metadataText, tags, aliases, run, historyStep, baseId } = wanted
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
    metadataText,
    tags,
    ttl: wanted.ttl === undefined ? "inherit" : wanted.ttl,
    aliases,
    run,
    historyStep,
    baseId,
    createdAt: timestamp(context),
    updatedAt: null,
    parts: [],
    partAt: null,
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
