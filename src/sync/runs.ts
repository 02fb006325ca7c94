import type { Json } from "../core/json.ts"
import type { Membership, RunInput, RunRecord, RunRef } from "../ports.ts"
import { isEqualJson } from "./equal-json.ts"
import { collectionOf, isSelected, type Job, targetOf } from "./job.ts"

/** The run at the target, made or completed at the first call for it; undefined for one of a project that is not copied. */
export function copyRun(job: Job, run: RunRecord): Promise<RunRef | undefined> {
  if (!isSelected(job, run)) return Promise.resolve(undefined)
  const path = `${run.entity}/${run.project}/${run.run}`
  const begun = job.runs.get(path)
  if (begun !== undefined) return begun
  const copying = copy(job, run)
  job.runs.set(path, copying)
  return copying
}

/** Ended right away: what it logged and used can be written down later, and is the same whoever was first. */
async function copy(job: Job, run: RunRecord): Promise<RunRef> {
  const { to, tally, call } = job
  const ref: RunRef = { ...targetOf(job, run), run: run.run }
  const there = await to.getRun(ref, call)
  const input = inputFor(ref, run, there)
  const now = input === undefined ? there! : await to.upsertRun(input, call)
  const state = run.state === "crashed" ? "failed" : run.state
  const ends = state !== "running" && now.state !== state
  if (ends) await to.finishRun(ref, state === "failed" ? 1 : 0, call)
  tally.runs[input === undefined && !ends ? "present" : "sent"]++
  return ref
}

/** What the target lacks of the run; what only the target says stays. Undefined: it has it all. */
function inputFor(ref: RunRef, run: RunRecord, there: RunRecord | undefined): RunInput | undefined {
  const tags = [...new Set([...(there?.tags ?? []), ...run.tags])]
  const merged: { readonly [key: string]: Json } = { ...there?.config, ...run.config }
  const config = isEqualJson(merged, run.config) ? (run.configText ?? run.config) : merged
  const { displayName } = run
  const texts = {
    ...{ jobType: textOf(run.jobType), group: textOf(run.group) },
    ...{ notes: textOf(run.notes), description: textOf(run.description) },
  }
  const summary = summaryFor(run, there)
  const isSame =
    there?.displayName === displayName &&
    Object.entries(texts).every(([key, text]) => text === undefined || there[key as keyof typeof texts] === text) &&
    tags.length === there.tags.length &&
    isEqualJson(merged, there.config) &&
    summary === undefined
  return isSame ? undefined : { ...ref, displayName, ...texts, host: run.host, tags, config, summary }
}

const textOf = (text: string | null | undefined) => text || undefined

/** Undefined where what the target says is the same: it may have kept only some members of a large one. */
function summaryFor({ summary = {}, summaryText }: RunRecord, there: RunRecord | undefined): RunInput["summary"] {
  const known = Object.entries(there?.summary ?? {})
  const isThere = known.length > 0 && known.every(([key, value]) => isEqualJson(value, summary[key]))
  return isThere || Object.keys(summary).length === 0 ? undefined : (summaryText ?? summary)
}

/** Which runs used a version. */
export async function copyUses(job: Job, member: Membership): Promise<void> {
  const { from, to, call } = job
  const { id, index } = job.copies.get(member.version.id)!
  const users = await from.usedBy(member.version.id, call)
  if (users.length === 0) return
  const known = new Set((await to.usedBy(id, call)).map(pathOf))
  for (const user of users) {
    const run = await copyRun(job, user)
    if (run !== undefined && !known.has(pathOf(run))) {
      await to.useVersion({ ...collectionOf(job, member.version.source), index, id }, run, call)
    }
  }
}

const pathOf = ({ entity, project, run }: RunRef) => `${entity}/${project}/${run}`
