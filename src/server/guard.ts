import type { Registry } from "../ports.ts"
import { guardLists } from "./guard-lists.ts"
import { guardLogging } from "./guard-logging.ts"
import { createPlaces } from "./guard-places.ts"
import { guardRuns } from "./guard-runs.ts"
import { createSight } from "./guard-sight.ts"
import { guardVersions } from "./guard-versions.ts"
import { forRuns, type Principal } from "./principal.ts"

/**
 * `registry` as one principal may use it: each method asks for the right it needs at the place it touches, and what may not be read is
 * not there. Everything that answers a request goes through this, so nothing else has to think of rights.
 *
 * A version is reached by its id through any collection that lists it, changed only through the one it was logged to.
 */
export function guardRegistry(registry: Registry, who: Principal): Registry {
  const sight = createSight(registry, who)
  const places = createPlaces(registry, who)
  const runPlaces = createPlaces(registry, forRuns(who))
  return {
    name: registry.name,
    remote: registry.remote,
    defaults: async (options) => {
      const { project } = await registry.defaults(options)
      return { entity: who.entity, project: who.project ?? project }
    },
    canonical: async (ref, options) => (await places.allowed("read", ref, options)) ?? ref,
    versionUrl: (membership) => registry.versionUrl(membership),
    ...guardLogging(registry, who, places, runPlaces, sight),
    ...guardVersions(registry, who, places, sight),
    ...guardRuns(registry, who, places, runPlaces, sight),
    ...guardLists(registry, who, places),
  }
}
