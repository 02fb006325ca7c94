import type { Registry } from "../ports.ts"
import { guardLists } from "./guard-lists.ts"
import { guardLogging } from "./guard-logging.ts"
import { createPlaces } from "./guard-places.ts"
import { createRunSight } from "./guard-run-sight.ts"
import { guardRuns } from "./guard-runs.ts"
import { createSight } from "./guard-sight.ts"
import { guardVersions } from "./guard-versions.ts"
import type { Principal } from "./principal.ts"

/**
 * `registry` as one principal may use it: each method asks for the right it needs at the place it touches, and what may not be read is
 * not there. Everything that answers a request goes through this, so nothing else has to think of rights.
 *
 * A version is reached by its id through any collection that lists it, changed only through the one it was logged to. `spend` is told how
 * many objects are looked at only to know what is allowed.
 */
export function guardRegistry(registry: Registry, who: Principal, spend: (count: number) => void): Registry {
  const sight = createSight(registry, who)
  const places = createPlaces(registry, who)
  const runSight = createRunSight(registry, who, spend)
  return {
    name: registry.name,
    remote: registry.remote,
    defaults: async (options) => {
      const { project } = await registry.defaults(options)
      return { entity: who.entity, project: who.project ?? project }
    },
    canonical: async (ref, options) => (await places.allowed("read", ref, options)) ?? ref,
    versionUrl: (membership) => registry.versionUrl(membership),
    ...guardLogging(registry, who, places, runSight, sight),
    ...guardVersions(registry, who, places, sight),
    ...guardRuns(registry, who, places, runSight, sight),
    ...guardLists(registry, who, places),
  }
}
