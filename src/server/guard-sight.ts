import { show } from "../core/show.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { CallOptions, CollectionRef, Registry, VersionRecord } from "../ports.ts"
import { Refusal } from "./failure.ts"
import { may, type Principal } from "./principal.ts"

/** Which versions a principal may see, and which it may change. */
export interface Sight {
  readable(place: CollectionRef): boolean
  see(id: string, options?: CallOptions): Promise<VersionRecord | undefined>
  requireSeen(id: string, options?: CallOptions): Promise<VersionRecord>
  /** Throws unless it may be changed; one that may not even be seen is unknown. */
  requireOwn(id: string, action: "write" | "delete", options?: CallOptions): Promise<void>
}

export function createSight(registry: Registry, who: Principal): Sight {
  const readable = (place: CollectionRef) => may(who, "read", place)
  const see = async (id: string, options?: CallOptions): Promise<VersionRecord | undefined> => {
    const version = await registry.getVersion(id, options)
    if (version === undefined || readable(version.source)) return version
    const members = version.state === "COMMITTED" ? await registry.memberships(version.id, options) : []
    return members.some(({ collection }) => readable(collection)) ? version : undefined
  }
  const requireSeen = async (id: string, options?: CallOptions) => (await see(id, options)) ?? refuseUnknown(id)
  return {
    readable,
    see,
    requireSeen,
    async requireOwn(id, action, options) {
      const version = (await registry.getVersion(id, options)) ?? refuseUnknown(id)
      if (may(who, action, version.source)) return
      await requireSeen(id, options)
      throw new Refusal(403, `This key may not ${action} version ${id}.`, id)
    },
  }
}

function refuseUnknown(id: string): never {
  throw new EntryNotFoundError(`There is no version with the id ${show(id)}.`, { path: id })
}
