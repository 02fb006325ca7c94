import { entryPath } from "../core/path.ts"
import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { ReferenceHandler } from "../ports.ts"
import { bareAddress } from "./uri.ts"

/** Any scheme, as it stands: the URI is its own digest, so a new version arises only when the URI changes. */
export function createTrackingReferences(): ReferenceHandler {
  return {
    handles: () => true,
    async track({ text }, { name }) {
      if (name !== undefined) return [{ path: entryPath(name), ref: text, digest: text }]
      throw new InvalidArgumentError(
        "options.name",
        `Pass name: "<entry path>" when tracking a reference with an unknown scheme: ${bareAddress(text)}`,
      )
    },
    async open({ path, ref }) {
      throw new UnsupportedError(
        `"${path}" cannot be downloaded: it references ${bareAddress(ref)}, a scheme that is tracked but not read. Pass allowMissingReferences: true to leave it out`,
        { path, operation: "follow" },
      )
    },
  }
}
