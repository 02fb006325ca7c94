import { checkStorable } from "../core/check.ts"
import { readObject } from "../core/exact-json.ts"
import { toJson } from "../core/json.ts"
import { checkRunTags } from "../core/names.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { CallOptions, RunChanges, RunInput, RunRecord, RunRef, VersionRef } from "../ports.ts"
import { ensureProject, requireCollection } from "./collections.ts"
import { type Context, more, timestamp } from "./context.ts"
import { checkName, checkRun } from "./inputs.ts"
import { formatId, newToken, runEdgePrefix, runKey, usedByKey, versionToken } from "./keys.ts"
import { changeRecord, createRecord, readRecord } from "./records.ts"
import type { EdgeRow } from "./rows.ts"
import { requireVersion } from "./versions.ts"

/** W&B's clients send a heartbeat every half minute. */
const crashedMs = 10 * 60_000

/**
 * Runs, and which versions they logged and used. An edge is a record of its own, created if absent: a run that logs ten thousand
 * versions makes no record grow, and doing it twice changes nothing. Edges are written before what they speak of becomes visible and
 * are judged when read.
 */
export async function upsertRun(context: Context, input: RunInput, options: CallOptions = {}): Promise<RunRecord> {
  const ref = checkRun(input)
  const given = await checkChanges(input)
  await ensureProject(context, ref, undefined, options)
  const merge = (current: RunRow | undefined) => {
    const before = current ?? newRun(context, ref)
    const goesOn = toRunRecord(context, before).state === "running"
    const heartbeatAt = goesOn ? before.heartbeatAt : null
    const next: RunRow = { ...before, ...given, state: "running", heartbeatAt }
    return { next, result: toRunRecord(context, next) }
  }
  return changeRecord<RunRow, RunRecord>(context.records, runKey(ref), merge, options)
}

function newRun(context: Context, ref: RunRef): RunRecord {
  const empty = { displayName: ref.run, jobType: null, group: null, notes: null, tags: [], config: {} }
  return { ...ref, id: formatId("Run", newToken()), ...empty, state: "running", createdAt: timestamp(context) }
}

/** Only what was given: the rest is left alone. */
export async function checkChanges(input: RunChanges): Promise<Partial<RunRecord>> {
  const given: { -readonly [K in keyof RunRecord]?: RunRecord[K] } = {}
  if (input.displayName !== undefined) given.displayName = checkName("displayName", input.displayName)
  if (input.jobType !== undefined) given.jobType = checkName("jobType", input.jobType)
  if (input.group !== undefined) given.group = checkName("group", input.group)
  if (input.notes !== undefined) given.notes = toJson(input.notes, "notes") as string
  if (input.tags !== undefined) given.tags = checkRunTags(input.tags)
  if (input.host !== undefined) given.host = checkStorable("host", input.host)
  if (input.description !== undefined) given.description = checkStorable("description", input.description)
  if (input.config !== undefined) {
    const { value, text } = readObject(input.config, "config")
    given.config = value
    given.configText = text
  }
  return input.summary === undefined ? given : { ...given, ...(await more()).checkSummary(input.summary) }
}

export async function finishRun(context: Context, run: RunRef, exitCode: number, options: CallOptions = {}): Promise<void> {
  const finish = (current: RunRow | undefined) => {
    if (current === undefined) return refuseUnknownRun(run)
    const state = exitCode === 0 ? ("finished" as const) : ("failed" as const)
    return { next: { ...current, state, heartbeatAt: timestamp(context) }, result: undefined }
  }
  await changeRecord<RunRow, undefined>(context.records, runKey(run), finish, options)
}

export function refuseUnknownRun(run: RunRef): never {
  throw new EntryNotFoundError(
    `There is no run ${run.entity}/${run.project}/${run.run}; start it before logging or using anything with it.`,
    { path: run.run },
  )
}

export async function getRun(context: Context, run: RunRef, options: CallOptions = {}): Promise<RunRecord | undefined> {
  const row = await readRecord<RunRow>(context.records, runKey(run), options)
  return row && toRunRecord(context, row)
}

export type RunRow = RunRecord & { readonly revision?: number }

/** Nothing is written when a heartbeat stops: who reads the run sees how long ago that was. */
export function toRunRecord(context: Context, row: RunRow): RunRecord {
  const { revision: _, ...record } = row
  const isCrashed = row.state === "running" && row.heartbeatAt && silentMs(context, row) > crashedMs
  return isCrashed ? { ...record, state: "crashed" } : record
}

/** Since the last heartbeat; for ever if there was none. */
export function silentMs(context: Context, { heartbeatAt }: RunRow): number {
  return heartbeatAt ? context.now() - Date.parse(heartbeatAt) : Number.POSITIVE_INFINITY
}

export function recordLogged(
  context: Context,
  id: string,
  run: RunRef,
  collection: string,
  options: CallOptions,
): Promise<boolean> {
  return recordEdge(
    context,
    `${runEdgePrefix(run, "logged")}/${versionToken(id)}`,
    { id, run, collection, at: timestamp(context) },
    options,
  )
}

async function recordEdge(context: Context, key: string, edge: EdgeRow, options: CallOptions): Promise<boolean> {
  return (await readRecord(context.records, key, options)) === undefined && createRecord(context.records, key, edge, options)
}

export async function useVersion(
  context: Context,
  member: VersionRef & { readonly id: string },
  run: RunRef,
  options: CallOptions = {},
): Promise<void> {
  const { row } = await requireVersion(context, member.id, options)
  const collection = await requireCollection(context, member, options)
  if ((await getRun(context, run, options)) === undefined) refuseUnknownRun(run)
  const { entity, project, run: runId } = run
  const edge: EdgeRow = { id: row.id, run: { entity, project, run: runId }, collection: collection.token, at: timestamp(context) }
  await recordEdge(context, `${runEdgePrefix(run, "used")}/${row.token}`, edge, options)
  await recordEdge(context, usedByKey(row.token, run), edge, options)
}
