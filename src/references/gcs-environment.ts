import type { Platform, ReferenceHandler } from "../ports.ts"
import { gcsReferences } from "./gcs.ts"

/** Public objects, or those of the emulator that `STORAGE_EMULATOR_HOST` names as Google's own clients take it. */
export function gcsFromEnvironment(env: Platform["env"]): ReferenceHandler {
  const host = env("STORAGE_EMULATOR_HOST")
  if (!host) return gcsReferences()
  // Some of the clients want the scheme in it, some the path, and some neither.
  return gcsReferences({ endpoint: (host.includes("://") ? host : `http://${host}`).replace(/(\/storage\/v1)?\/*$/, "") })
}
