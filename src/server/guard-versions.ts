import type { Registry } from "../ports.ts"
import type { Sight } from "./guard-sight.ts"
import { demand, type Principal } from "./principal.ts"

type Reading = Pick<Registry, "findVersion" | "getVersion" | "memberships" | "getManifest" | "openFile">
type Changing = Pick<Registry, "updateVersion" | "addAliases" | "removeAliases" | "deleteVersion" | "link" | "unlink">

/** The part of `guardRegistry` that reads and changes versions. */
export function guardVersions(registry: Registry, who: Principal, sight: Sight): Reading & Changing {
  return { ...guardReading(registry, who, sight), ...guardChanging(registry, who, sight) }
}

function guardReading(registry: Registry, who: Principal, { readable, see, requireSeen }: Sight): Reading {
  return {
    async findVersion(path, options) {
      const member = readable(path) ? await registry.findVersion(path, options) : undefined
      return member && readable(member.collection) ? member : undefined
    },
    getVersion: see,
    async memberships(id, options) {
      return (await registry.memberships(id, options)).filter(({ collection }) => readable(collection))
    },
    async getManifest(id, options) {
      await requireSeen(id, options)
      return registry.getManifest(id, options)
    },
    async openFile(member, file, options) {
      demand(who, "read", member)
      await requireSeen(member.id, options)
      return registry.openFile(member, file, options)
    },
  }
}

function guardChanging(registry: Registry, who: Principal, { requireSeen, requireOwn }: Sight): Changing {
  return {
    async updateVersion(id, changes, options) {
      await requireOwn(id, "write", options)
      return registry.updateVersion(id, changes, options)
    },
    async addAliases(member, aliases, options) {
      demand(who, "write", member)
      return registry.addAliases(member, aliases, options)
    },
    async removeAliases(member, aliases, options) {
      demand(who, "write", member)
      return registry.removeAliases(member, aliases, options)
    },
    async deleteVersion(id, options) {
      await requireOwn(id, "delete", options)
      return registry.deleteVersion(id, options)
    },
    async link(id, target, aliases, options) {
      demand(who, "write", target)
      await requireSeen(id, options)
      return registry.link(id, target, aliases, options)
    },
    async unlink(member, options) {
      demand(who, "delete", member)
      return registry.unlink(member, options)
    },
  }
}
