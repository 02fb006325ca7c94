import type { Registry } from "../ports.ts"
import type { Places } from "./guard-places.ts"
import type { RunSight } from "./guard-run-sight.ts"
import type { Sight } from "./guard-sight.ts"
import { toldMembership } from "./guard-telling.ts"
import type { Principal } from "./principal.ts"

type Logging = Pick<Registry, "createVersion" | "requestUploads" | "storeManifest" | "commitVersion" | "resolveClientId">

/** The part of `guardRegistry` that makes versions. */
export function guardLogging(registry: Registry, who: Principal, places: Places, runs: RunSight, sight: Sight): Logging {
  const { see, requireSeen, requireOwn } = sight
  return {
    async createVersion(input, options) {
      const version = await places.demanded("write", input, options)
      const run = input.run && (await runs.demanded(input.run, options))
      // What a version builds on becomes part of it.
      if (input.baseId !== undefined) await requireSeen(input.baseId, options)
      return registry.createVersion({ ...version, run }, options)
    },
    async requestUploads(id, files, options) {
      await requireOwn(id, "write", options)
      return registry.requestUploads(id, files, options)
    },
    async storeManifest(id, manifest, options) {
      await requireOwn(id, "write", options)
      if (manifest.baseId !== undefined) await requireSeen(manifest.baseId, options)
      return registry.storeManifest(id, manifest, options)
    },
    async commitVersion(id, options) {
      await requireOwn(id, "write", options)
      return toldMembership(who, await registry.commitVersion(id, options))
    },
    async resolveClientId(clientId, options) {
      const id = await registry.resolveClientId(clientId, options)
      return id !== undefined && (await see(id, options)) !== undefined ? id : undefined
    },
  }
}
