/** How the cases reach a registry: here as it is. In the suites over the wire `through-wire.ts` stands in for this module. */
import type { EmbeddedRegistry, EmbeddedRegistryOptions } from "../../src/registry/embedded.ts"

export const isWire = false as boolean

export function through(registry: EmbeddedRegistry, _options: Partial<EmbeddedRegistryOptions>): EmbeddedRegistry {
  return registry
}
