import type { Registry } from "../ports.ts"
import type { Places } from "./guard-places.ts"
import type { Sight } from "./guard-sight.ts"
import { toldVersion } from "./guard-telling.ts"
import type { Principal } from "./principal.ts"

type Reading = Pick<Registry, "findVersion" | "getVersion" | "memberships" | "getManifest" | "openFile">
type Changing = Pick<Registry, "updateVersion" | "addAliases" | "removeAliases" | "deleteVersion" | "link" | "unlink">

/** The part of `guardRegistry` that reads and changes versions. */
export function guardVersions(registry: Registry, who: Principal, places: Places, sight: Sight): Reading & Changing {
  return { ...guardReading(registry, places, sight), ...guardChanging(registry, who, places, sight) }
}

function guardReading(registry: Registry, { allowed, demanded }: Places, { readable, see, requireSeen }: Sight): Reading {
  return {
    async findVersion(named, options) {
      const path = await allowed("read", named, options)
      const member = path && (await registry.findVersion(path, options))
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
      const found = await demanded("read", member, options)
      await requireSeen(member.id, options)
      return registry.openFile(found, file, options)
    },
  }
}

function guardChanging(registry: Registry, who: Principal, { demanded }: Places, { requireSeen, requireOwn }: Sight): Changing {
  return {
    async updateVersion(id, changes, options) {
      await requireOwn(id, "write", options)
      return toldVersion(who, await registry.updateVersion(id, changes, options))
    },
    async addAliases(member, aliases, options) {
      return registry.addAliases(await demanded("write", member, options), aliases, options)
    },
    async removeAliases(member, aliases, options) {
      return registry.removeAliases(await demanded("write", member, options), aliases, options)
    },
    async deleteVersion(id, options) {
      await requireOwn(id, "delete", options)
      return registry.deleteVersion(id, options)
    },
    async link(id, target, aliases, options) {
      const collection = await demanded("write", target, options)
      await requireSeen(id, options)
      return registry.link(id, collection, aliases, options)
    },
    async unlink(member, options) {
      return registry.unlink(await demanded("delete", member, options), options)
    },
  }
}
