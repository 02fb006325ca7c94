import { collect } from "../bytes/ahead.ts"
import type { CallOptions, RunRef } from "../ports.ts"
import type { Context } from "./context.ts"
import { loggedPrefix, runEdgePrefix, runKey, usedByKey, usedByPrefix, versionToken } from "./keys.ts"
import { listRecords, removeRecord } from "./records.ts"
import { deleteVersion } from "./removal.ts"
import type { EdgeRow, VersionRow } from "./rows.ts"
import { getRun, refuseUnknownRun } from "./runs.ts"
import { changeVersion, readVersionRow } from "./version-row.ts"
import { loadVersion } from "./versions.ts"

interface DeleteOptions extends CallOptions {
  readonly deleteVersions?: boolean
}

/**
 * Deletes a run and whatever leads to it, its record last: who was cut off asks for the same again. Versions forget it, so that another
 * run of that name is not taken for the one that logged them. With `deleteVersions`, those that it was the first to log in its project
 * go too, whatever their aliases and links are, unless another run logged or used them.
 */
export async function deleteRun(
  context: Context,
  run: RunRef,
  { deleteVersions = false, signal }: DeleteOptions = {},
): Promise<void> {
  const options = { signal }
  if ((await getRun(context, run, options)) === undefined) refuseUnknownRun(run)
  const logged = await listEdges(context, runEdgePrefix(run, "logged"), options)
  const others = deleteVersions && logged.length > 0 ? await loggedByOthers(context, run, options) : new Set<string>()
  for (const { key, id } of logged) {
    if (deleteVersions) await deleteOwn(context, id, run, others, options)
    await disown(context, id, run, options)
    await removeRecord(context.records, key, () => true, options)
  }
  for (const { key, id } of await listEdges(context, runEdgePrefix(run, "used"), options)) {
    await removeRecord(context.records, usedByKey(versionToken(id)!, run), () => true, options)
    await removeRecord(context.records, key, () => true, options)
  }
  await removeRecord(context.records, runKey(run), () => true, options)
}

async function listEdges(context: Context, prefix: string, options: CallOptions) {
  const records = await collect(listRecords(context.records, prefix, options))
  return records.map(({ key, value }) => ({ ...(value as unknown as EdgeRow), key }))
}

async function loggedByOthers(context: Context, run: RunRef, options: CallOptions): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const { value } of listRecords(context.records, loggedPrefix(run), options)) {
    const edge = value as unknown as EdgeRow
    if (!isSameRun(edge.run, run)) ids.add(edge.id)
  }
  return ids
}

async function deleteOwn(
  context: Context,
  id: string,
  run: RunRef,
  others: ReadonlySet<string>,
  options: CallOptions,
): Promise<void> {
  const row = (await loadVersion(context, id, options))?.row
  if (row === undefined || !isFirstLogged(row, run) || others.has(row.id)) return
  const users = await listEdges(context, usedByPrefix(row.token), options)
  if (users.every((user) => isSameRun(user.run, run))) await deleteVersion(context, row.id, { ...options, deleteAliases: true })
}

function isFirstLogged({ run: logger, origin }: VersionRow, run: RunRef): boolean {
  return isSameRun(logger, run) && origin.entity === run.entity && origin.project === run.project
}

async function disown(context: Context, id: string, run: RunRef, options: CallOptions): Promise<void> {
  const row = await readVersionRow(context, id, options)
  if (row !== undefined && isSameRun(row.run, run))
    await changeVersion(context, id, (current) => ({ ...current, run: null }), options)
}

function isSameRun(one: RunRef | null, other: RunRef): boolean {
  return one?.entity === other.entity && one.project === other.project && one.run === other.run
}
