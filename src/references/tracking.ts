import { baseName, entryPath } from "../core/path.ts"
import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { ReferenceHandler, ReferenceUri } from "../ports.ts"
import { bareAddress } from "./uri.ts"

/** Schemes whose objects could be checksummed; asking for that without a handler that can is refused, not silently skipped. */
const checkable = new Set(["http", "https", "s3", "gs"])

/** Any scheme, as it stands: the URI is its own digest, so a new version arises only when the URI changes. */
export function createTrackingReferences(): ReferenceHandler {
  return {
    handles: () => true,
    async track(uri, { name, checksum }) {
      if (checksum && checkable.has(uri.scheme)) {
        throw new UnsupportedError(
          `The checksum of ${uri.scheme}: objects cannot be read here. Pass checksum: false to track ${bareAddress(uri.text)} by its address alone`,
          { argument: "options.checksum" },
        )
      }
      const ref = uri.scheme === "s3" || uri.scheme === "gs" ? beforeQuery(uri.text) : uri.text
      return [{ path: entryPath(name ?? defaultName(uri)), ref, digest: ref }]
    },
    async open(entry) {
      throw new UnsupportedError(
        `"${entry.path}" cannot be downloaded: it references ${bareAddress(entry.ref)}, a scheme that is tracked but not read. Pass allowMissingReferences: true to leave it out`,
        { path: entry.path },
      )
    },
  }
}

/** As Python names them: the last part of a web address, the whole key of a bucket, and nothing that can be guessed for the rest. */
function defaultName(uri: ReferenceUri): string {
  if (uri.scheme === "http" || uri.scheme === "https") return baseName(uri.text)
  if (uri.scheme === "s3") return uri.path.slice(1) || uri.authority
  if (uri.scheme === "gs") return uri.path.slice(1)
  throw new InvalidArgumentError(
    "options.name",
    `Pass name: "<entry path>" when tracking a reference with an unknown scheme: ${bareAddress(uri.text)}`,
  )
}

const beforeQuery = (address: string) => address.replace(/[?#][\s\S]*$/, "")
