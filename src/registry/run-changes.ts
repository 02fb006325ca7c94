import { plainJson, readObject } from "../core/exact-json.ts"
import { type JsonMember, membersOf, objectText } from "../core/json-members.ts"
import type { CallOptions, RunChanges, RunNews, RunRecord, RunRef } from "../ports.ts"
import { type Context, timestamp } from "./context.ts"
import { runKey } from "./keys.ts"
import { changeRecord } from "./records.ts"
import { checkChanges, type RunRow, refuseUnknownRun, silentMs, toRunRecord } from "./runs.ts"

/** Of heartbeats that bring nothing new, one in so many milliseconds is noted. */
const beatMs = 60_000
/** What W&B's clients have room for. */
const maxLines = 2 ** 31 - 1
/** Characters. */
const maxSummary = 64 * 1024

export async function updateRun(context: Context, run: RunRef, changes: RunChanges, options: CallOptions = {}): Promise<RunRecord> {
  const given = await checkChanges(changes)
  const edit = (current: RunRow | undefined) => {
    const next: RunRow = { ...(current ?? refuseUnknownRun(run)), ...given }
    return { next, result: toRunRecord(context, next) }
  }
  return changeRecord<RunRow, RunRecord>(context.records, runKey(run), edit, options)
}

export async function heartbeat(context: Context, run: RunRef, news: RunNews, options: CallOptions = {}): Promise<void> {
  const summary = news.summary === undefined ? {} : checkSummary(news.summary)
  const end = endOf(news.history)
  const beat = (current: RunRow | undefined) => {
    const row = current ?? refuseUnknownRun(run)
    const isFurther = end !== undefined && end.historyLineCount > (row.historyLineCount ?? 0)
    const isKnown = news.summary === undefined && !isFurther && silentMs(context, row) < beatMs
    const next = { ...row, ...summary, ...(isFurther && end), heartbeatAt: timestamp(context) }
    return { next: isKnown ? undefined : next, result: undefined }
  }
  await changeRecord<RunRow, undefined>(context.records, runKey(run), beat, options)
}

/** Where the history ends with these lines. */
function endOf(history: RunNews["history"]): { readonly historyLineCount: number; readonly lastStep?: number } | undefined {
  if (history === undefined) return undefined
  const { offset, lines } = history
  const historyLineCount = offset + lines.length
  if (!Number.isInteger(offset) || offset < 0 || historyLineCount > maxLines) return undefined
  const lastStep = stepOf(lines.at(-1) ?? "")
  return { historyLineCount, ...(lastStep !== undefined && { lastStep }) }
}

function stepOf(line: string): number | undefined {
  try {
    const { _step } = JSON.parse(plainJson(line))
    return Number.isSafeInteger(_step) && _step >= 0 ? _step : undefined
  } catch {
    return undefined
  }
}

/** A run may log any amount into its summary, and its record is read with every list of runs. */
export function checkSummary(given: NonNullable<RunChanges["summary"]>): Pick<RunRecord, "summary" | "summaryText"> {
  const { value: summary, text: summaryText } = readObject(cut(given), "summary")
  return { summary, summaryText }
}

/** Of a large one the smallest members, in their order: W&B's clients go on from some that are single numbers. */
function cut(given: NonNullable<RunChanges["summary"]>): typeof given {
  const text = typeof given === "string" ? given : JSON.stringify(given)
  if (text.length <= maxSummary) return given
  const members = membersOf(text, "summary")
  const sizeOf = ([key, value]: JsonMember) => JSON.stringify(key).length + value.length + 2
  const kept = new Set<JsonMember>()
  let size = 0
  for (const member of members.toSorted((a, b) => sizeOf(a) - sizeOf(b))) {
    size += sizeOf(member)
    if (size > maxSummary) break
    kept.add(member)
  }
  return objectText(members.filter((member) => kept.has(member)))
}
