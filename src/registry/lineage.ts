import { collect, mapAhead } from "../bytes/ahead.ts"
import type { CallOptions, Membership, ProjectRef, RunRecord, RunRef } from "../ports.ts"
import { readCollection } from "./collections.ts"
import type { Context } from "./context.ts"
import { runEdgePrefix, runPrefix, usedByPrefix } from "./keys.ts"
import { listRecords } from "./records.ts"
import type { CollectionRow, EdgeRow } from "./rows.ts"
import { getRun, type RunRow, toRunRecord } from "./runs.ts"
import { createSources, listMemberships, loadVersion, requireVersion, toMembership } from "./versions.ts"

/** In order of their ids. */
export async function* listRuns(context: Context, project: ProjectRef, options: CallOptions = {}): AsyncGenerator<RunRecord> {
  for await (const { value } of listRecords(context.records, runPrefix(project), options)) {
    yield toRunRecord(context, value as unknown as RunRow)
  }
}

/** The run that created it. */
export async function loggedBy(context: Context, id: string, options: CallOptions = {}): Promise<RunRecord | undefined> {
  const { row } = await requireVersion(context, id, options)
  return row.run === null ? undefined : getRun(context, row.run, options)
}

export async function usedBy(context: Context, id: string, options: CallOptions = {}): Promise<RunRecord[]> {
  const { row } = await requireVersion(context, id, options)
  const edges = await inOrder(context, usedByPrefix(row.token), options)
  const runs = await collect(mapAhead(edges, (edge) => getRun(context, edge.run, options)))
  return runs.filter((run) => run !== undefined)
}

/** In the order in which it logged or used them. */
export async function* runVersions(
  context: Context,
  run: RunRef,
  direction: "logged" | "used",
  options: CallOptions = {},
): AsyncGenerator<Membership> {
  const edges = await inOrder(context, runEdgePrefix(run, direction), options)
  const seen = new Set<string>()
  for await (const membership of mapAhead(edges, (edge) => throughCollection(context, edge, options))) {
    if (membership === undefined || seen.has(membership.version.id)) continue
    seen.add(membership.version.id)
    yield membership
  }
}

async function inOrder(context: Context, prefix: string, options: CallOptions): Promise<EdgeRow[]> {
  const edges = (await collect(listRecords(context.records, prefix, options))).map(({ value }) => value as unknown as EdgeRow)
  return edges.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

/** The version by the collection it was reached through, or by its own when it is not in that one any more. */
async function throughCollection(context: Context, edge: EdgeRow, options: CallOptions): Promise<Membership | undefined> {
  const collection = await readCollection(context, edge.collection, options)
  return (
    (collection && (await memberOf(context, collection, edge, options))) ?? (await listMemberships(context, edge.id, options))[0]
  )
}

async function memberOf(
  context: Context,
  collection: CollectionRow,
  edge: EdgeRow,
  options: CallOptions,
): Promise<Membership | undefined> {
  const loaded = await loadVersion(context, edge.id, options)
  const member = collection.members.find(({ id }) => id === loaded?.row.id)
  return member && toMembership(context, createSources(context, options), collection, member, options)
}
