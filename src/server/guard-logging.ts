import type { Registry } from "../ports.ts"
import type { Sight } from "./guard-sight.ts"
import { demand, demandRun, type Principal } from "./principal.ts"

type Logging = Pick<Registry, "createVersion" | "requestUploads" | "storeManifest" | "commitVersion" | "resolveClientId">

/** The part of `guardRegistry` that makes versions. */
export function guardLogging(registry: Registry, who: Principal, { see, requireSeen, requireOwn }: Sight): Logging {
  return {
    async createVersion(input, options) {
      demand(who, "write", input)
      if (input.run !== undefined) demandRun(who, "write", input.run)
      // What a version builds on becomes part of it.
      if (input.baseId !== undefined) await requireSeen(input.baseId, options)
      return registry.createVersion(input, options)
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
      return registry.commitVersion(id, options)
    },
    async resolveClientId(clientId, options) {
      const id = await registry.resolveClientId(clientId, options)
      return id !== undefined && (await see(id, options)) !== undefined ? id : undefined
    },
  }
}
