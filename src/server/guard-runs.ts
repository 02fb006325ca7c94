import type { ProjectRef, Registry } from "../ports.ts"
import { Refusal } from "./failure.ts"
import type { Sight } from "./guard-sight.ts"
import { demand, demandRun, may, type Principal } from "./principal.ts"

type Runs = Pick<Registry, "upsertRun" | "finishRun" | "getRun" | "runs" | "useVersion" | "loggedBy" | "usedBy" | "runVersions">

/** The part of `guardRegistry` that is about runs, which belong to a project and to none of its collections. */
export function guardRuns(registry: Registry, who: Principal, { readable, requireSeen }: Sight): Runs {
  const inSight = ({ entity, project }: ProjectRef) => may(who, "read", { entity, project })
  return {
    async upsertRun(run, options) {
      demandRun(who, "write", run)
      return registry.upsertRun(run, options)
    },
    async finishRun(run, exitCode, options) {
      demandRun(who, "write", run)
      return registry.finishRun(run, exitCode, options)
    },
    async getRun(run, options) {
      return inSight(run) ? registry.getRun(run, options) : undefined
    },
    async *runs(project, options) {
      if (inSight(project)) yield* registry.runs(project, options)
    },
    async useVersion(member, run, options) {
      demand(who, "read", member)
      demandRun(who, "write", run)
      await requireSeen(member.id, options)
      return registry.useVersion(member, run, options)
    },
    async loggedBy(id, options) {
      await requireSeen(id, options)
      const run = await registry.loggedBy(id, options)
      return run && inSight(run) ? run : undefined
    },
    async usedBy(id, options) {
      await requireSeen(id, options)
      return (await registry.usedBy(id, options)).filter(inSight)
    },
    async *runVersions(run, direction, options) {
      if (!inSight(run)) throw new Refusal(403, `This key may not read runs of ${run.entity}/${run.project}.`, run.run)
      for await (const member of registry.runVersions(run, direction, options)) if (readable(member.collection)) yield member
    },
  }
}
