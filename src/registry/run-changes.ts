import { readObject } from "../core/exact-json.ts"
import { type JsonMember, membersOf, objectText } from "../core/json-members.ts"
import type { CallOptions, RunChanges, RunRecord, RunRef } from "../ports.ts"
import type { Context } from "./context.ts"
import { runKey } from "./keys.ts"
import { changeRecord } from "./records.ts"
import { checkChanges, type RunRow, refuseUnknownRun, toRunRecord } from "./runs.ts"

/** Characters. */
const maxSummary = 64 * 1024

export async function updateRun(context: Context, run: RunRef, changes: RunChanges, options: CallOptions = {}): Promise<RunRecord> {
  const given = await checkChanges(changes)
  const edit = (current: RunRow | undefined) => {
    const next: RunRow = { ...(current ?? refuseUnknownRun(run)), ...given }
    return { next, result: toRunRecord(next) }
  }
  return changeRecord<RunRow, RunRecord>(context.records, runKey(run), edit, options)
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
