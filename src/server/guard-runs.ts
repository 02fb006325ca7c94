import type { ProjectRef, Registry } from "../ports.ts"
import type { Places } from "./guard-places.ts"
import type { Sight } from "./guard-sight.ts"
import { toldRun } from "./guard-telling.ts"
import { may, type Principal } from "./principal.ts"

type Runs = Pick<Registry, "upsertRun" | "finishRun" | "getRun" | "runs" | "useVersion" | "loggedBy" | "usedBy" | "runVersions">

/** The part of `guardRegistry` that is about runs, which belong to a project and to none of its collections. */
export function guardRuns(registry: Registry, who: Principal, places: Places, runPlaces: Places, sight: Sight): Runs {
  const { readable, requireSeen } = sight
  const inSight = ({ entity, project }: ProjectRef) => may(who, "read", { entity, project })
  return {
    async upsertRun(run, options) {
      return toldRun(who, await registry.upsertRun(await runPlaces.demanded("write", run, options), options))
    },
    async finishRun(run, exitCode, options) {
      return registry.finishRun(await runPlaces.demanded("write", run, options), exitCode, options)
    },
    async getRun(ref, options) {
      const run = await runPlaces.allowed("read", ref, options)
      return run && registry.getRun(run, options)
    },
    async *runs(ref, options) {
      const project = await runPlaces.allowed("read", ref, options)
      if (project !== undefined) yield* registry.runs(project, options)
    },
    async useVersion(member, run, options) {
      const found = await places.demanded("read", member, options)
      const user = await runPlaces.demanded("write", run, options)
      await requireSeen(member.id, options)
      return registry.useVersion(found, user, options)
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
    async *runVersions(ref, direction, options) {
      const run = await runPlaces.demanded("read", ref, options)
      for await (const member of registry.runVersions(run, direction, options)) if (readable(member.collection)) yield member
    },
  }
}
