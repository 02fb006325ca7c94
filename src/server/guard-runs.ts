import type { ProjectRef, Registry } from "../ports.ts"
import type { Places } from "./guard-places.ts"
import type { RunSight } from "./guard-run-sight.ts"
import type { Sight } from "./guard-sight.ts"
import { may, type Principal } from "./principal.ts"

type Runs = Pick<
  Registry,
  | ("upsertRun" | "updateRun" | "heartbeat" | "finishRun" | "deleteRun" | "getRun" | "runs")
  | ("useVersion" | "loggedBy" | "usedBy" | "runVersions")
>

/** The part of `guardRegistry` that is about runs, which belong to a project and to none of its collections. */
export function guardRuns(registry: Registry, who: Principal, places: Places, runSight: RunSight, sight: Sight): Runs {
  const { readable, requireSeen } = sight
  const { isMade, isHere, isOwn, demanded, marked, tell } = runSight
  const inSight = ({ entity, project }: ProjectRef) => may(who, "read", { entity, project })
  return {
    async upsertRun(input, options) {
      return tell(await registry.upsertRun(await marked(input, options), options), true)
    },
    async updateRun(ref, given, options) {
      const { entity, project, run, ...changes } = await marked({ ...ref, ...given }, options)
      return tell(await registry.updateRun({ entity, project, run }, changes, options), true)
    },
    async heartbeat(run, news, options) {
      return registry.heartbeat(await demanded(run, options), news, options)
    },
    async finishRun(run, exitCode, options) {
      return registry.finishRun(await demanded(run, options), exitCode, options)
    },
    async deleteRun(run, options) {
      // Never for who may change one collection: a run can have logged to any.
      return registry.deleteRun(await places.demanded("delete", run, options), options)
    },
    async getRun(ref, options) {
      const place = await places.allowed("read", ref, options)
      const run = place && (await registry.getRun(place, options))
      return run && tell(run, await isOwn(run, options))
    },
    async *runs(ref, options) {
      const project = await places.allowed("read", ref, options)
      if (project === undefined) return
      // Which of them logged or used something in one collection would take looking at all that each did.
      for await (const run of registry.runs(project, options)) yield tell(run, isMade(run))
    },
    async useVersion(member, run, options) {
      const found = await places.demanded("read", member, options)
      const user = await demanded(run, options)
      await requireSeen(member.id, options)
      return registry.useVersion(found, user, options)
    },
    async loggedBy(id, options) {
      const { source } = await requireSeen(id, options)
      const run = await registry.loggedBy(id, options)
      return run && inSight(run) ? tell(run, isHere(source) || isMade(run)) : undefined
    },
    async usedBy(id, options) {
      const { source } = await requireSeen(id, options)
      const runs = (await registry.usedBy(id, options)).filter(inSight)
      return runs.map((run) => tell(run, isHere(source) || isMade(run)))
    },
    async *runVersions(ref, direction, options) {
      const run = await places.demanded("read", ref, options)
      for await (const member of registry.runVersions(run, direction, options)) if (readable(member.collection)) yield member
    },
  }
}
