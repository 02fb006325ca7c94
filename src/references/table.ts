import { RegistryError } from "../errors.ts"
import type { ReferenceHandler, ReferenceUri } from "../ports.ts"

/** The first handler that takes a URI; a table ends with one that takes any. */
export function pickHandler(handlers: readonly ReferenceHandler[], uri: ReferenceUri): ReferenceHandler {
  const handler = handlers.find((candidate) => candidate.handles(uri))
  if (handler === undefined) throw new RegistryError(`No reference handler takes ${uri.scheme}: addresses`)
  return handler
}
