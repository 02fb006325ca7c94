import { isArtifactError } from "../errors.ts"
import type { CallOptions, ProjectRef, Registry } from "../ports.ts"
import { type Action, demand, may, type Principal, refuseAction } from "./principal.ts"

/**
 * The places that a principal names, each under the name that the registry keeps it by. Both names must be the principal's: what is
 * meant decides, and what somebody else's name means is not even looked up.
 */
export interface Places {
  /** Undefined where the principal may not do that. */
  allowed<T extends ProjectRef>(action: Action, named: T, options?: CallOptions): Promise<T | undefined>
  /** The same, but refuses with 403. */
  demanded<T extends ProjectRef>(action: Action, named: T, options?: CallOptions): Promise<T>
}

export function createPlaces(registry: Registry, who: Principal): Places {
  const allowed: Places["allowed"] = async (action, named, options) => {
    const place = may(who, action, named) ? await canonicalPlace(registry, named, options) : undefined
    return place !== undefined && may(who, action, place) ? place : undefined
  }
  return {
    allowed,
    async demanded(action, named, options) {
      demand(who, action, named)
      return (await allowed(action, named, options)) ?? refuseAction(action, named, "it belongs to another entity")
    },
  }
}

/** Undefined for a name that means nothing to the registry. */
async function canonicalPlace<T extends ProjectRef>(registry: Registry, named: T, options?: CallOptions): Promise<T | undefined> {
  try {
    return registry.canonical === undefined ? named : await registry.canonical(named, options)
  } catch (error) {
    // What W&B's client says then names the organizations of whoever the gateway's own key belongs to.
    if (isArtifactError(error) && error.code === "INVALID_ARGUMENT") return undefined
    throw error
  }
}
