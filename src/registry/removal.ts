import { mapAhead } from "../bytes/ahead.ts"
import { ConflictError } from "../errors.ts"
import type { CallOptions, CollectionRef } from "../ports.ts"
import { settleLatest, withoutMembers } from "./collection-losses.ts"
import { aliasesAt } from "./collection-state.ts"
import { changeCollection, readCollection, requireCollection } from "./collections.ts"
import { touch } from "./commit.ts"
import { type Context, timestamp } from "./context.ts"
import { nameKey } from "./keys.ts"
import { removeRecord } from "./records.ts"
import type { CollectionRow, NameRow, VersionRow } from "./rows.ts"
import { changeVersion, refuseUnknownId } from "./version-row.ts"
import { createSources, loadVersion } from "./versions.ts"

interface DeleteOptions extends CallOptions {
  readonly deleteAliases?: boolean
}

/**
 * Deletes a version everywhere. Leaving its sequence is the deletion, in one swap together with its aliases; a portfolio that still lists
 * it is not believed, and is tidied afterwards. Aliases in any collection protect it, `latest` among them, unless they are given up. One
 * that is added in a portfolio at the same instant goes with the version.
 */
export async function deleteVersion(
  context: Context,
  id: string,
  { deleteAliases = false, signal }: DeleteOptions = {},
): Promise<void> {
  const options = { signal }
  const loaded = await loadVersion(context, id, options)
  if (loaded === undefined) return refuseUnknownId(id)
  const { row, source } = loaded
  if (loaded.state === "DELETED") return
  if (loaded.state === "PENDING") return deletePending(context, row, source!, options)
  if (!deleteAliases) await refuseAliases(context, row, options)
  await deleteMember(context, row, source!, deleteAliases, options)
}

async function deleteMember(
  context: Context,
  row: VersionRow,
  source: CollectionRow,
  deleteAliases: boolean,
  options: CallOptions,
): Promise<void> {
  await settleCommitted(context, row.id, options)
  await changeCollection(
    context,
    source,
    async (current) => {
      if (!deleteAliases) await refuseAliasesIn(context, current, row.id, options)
      return { row: withoutMembers(current, (member) => member.id === row.id), result: undefined }
    },
    options,
  )
  await tidyAfter(context, row, options)
}

/** Before a version is unlisted: a record that still says "pending" would make it look uncommitted then, not deleted. */
export async function settleCommitted(context: Context, id: string, options: CallOptions): Promise<void> {
  await changeVersion(context, id, (row) => (row.state === "PENDING" ? { ...row, state: "COMMITTED" } : row), options)
}

/** The record first, then the collection: a commit that has read the old record loses its swap and reads the new one. */
async function deletePending(context: Context, row: VersionRow, source: CollectionRow, options: CallOptions): Promise<void> {
  await markDeleted(context, row.id, options)
  if (await changeCollection(context, source, touch(row.id), options)) await deleteMember(context, row, source, true, options)
}

/** Repeats in records and portfolios what the sequence says already. */
export async function tidyAfter(context: Context, row: VersionRow, options: CallOptions): Promise<void> {
  const { links } = await markDeleted(context, row.id, options)
  for (const token of links) {
    const portfolio = await readCollection(context, token, options)
    if (portfolio === undefined) continue
    const drop = (current: CollectionRow) => ({ row: withoutMembers(current, (member) => member.id === row.id), result: undefined })
    await changeCollection(context, portfolio, drop, options)
  }
}

function markDeleted(context: Context, id: string, options: CallOptions): Promise<VersionRow> {
  const mark = (row: VersionRow): VersionRow =>
    row.state === "DELETED" ? row : { ...row, state: "DELETED", updatedAt: timestamp(context) }
  return changeVersion(context, id, mark, options)
}

async function refuseAliases(context: Context, row: VersionRow, options: CallOptions): Promise<void> {
  for await (const collection of mapAhead([row.collection, ...row.links], (token) => readCollection(context, token, options))) {
    if (collection !== undefined) await refuseAliasesIn(context, collection, row.id, options)
  }
}

async function refuseAliasesIn(context: Context, current: CollectionRow, id: string, options: CallOptions): Promise<void> {
  const collection = await settleLatest(createSources(context, options), current)
  const member = collection.members.find((candidate) => candidate.id === id)
  const aliases = member === undefined ? [] : aliasesAt(collection, member.index)
  if (member === undefined || aliases.length === 0) return
  const path = `${collection.name}:v${member.index}`
  throw new ConflictError(`${path} has aliases (${aliases.join(", ")}); pass { deleteAliases: true } to give them up.`, { path })
}

/** A sequence takes its versions with it, a portfolio only its links. */
export async function deleteCollection(context: Context, ref: CollectionRef, options: CallOptions = {}): Promise<void> {
  const found = await requireCollection(context, ref, options)
  const { members, kind } = await changeCollection(
    context,
    found,
    (current) => ({ row: { ...current, deleted: true as const, members: [], aliases: [] }, result: current }),
    options,
  )
  await removeRecord<NameRow>(context.records, nameKey(ref), ({ token }) => token === found.token, options)
  if (kind === "portfolio") return
  for (const { id } of members) {
    const loaded = await loadVersion(context, id, options)
    if (loaded !== undefined) await tidyAfter(context, loaded.row, options)
  }
}
