import type { Platform, ReferenceHandler, ReferenceUri } from "../ports.ts"
import { azureReferences } from "./azure.ts"
import { azureConnection } from "./azure-connection.ts"
import { parseReferenceUri } from "./uri.ts"

/** The account of Azure's own environment variables with their permission, and what is public of every other. */
export function azureFromEnvironment(env: Platform["env"]): ReferenceHandler {
  const own = ownAccount(env)
  const others = azureReferences()
  const pick = (uri: ReferenceUri) => (own?.handles(uri) ? own : others)
  return {
    handles: (uri) => pick(uri).handles(uri),
    track: (uri, options) => pick(uri).track(uri, options),
    open: (entry, options) => pick(parseReferenceUri(entry.ref)).open(entry, options),
  }
}

function ownAccount(env: Platform["env"]): ReferenceHandler | undefined {
  // Set to nothing means not set.
  const read = (name: string) => env(`AZURE_STORAGE_${name}`) || undefined
  const connectionString = azureConnection(env)
  if (connectionString !== undefined) return azureReferences({ connectionString })
  const account = read("ACCOUNT")
  return account === undefined ? undefined : azureReferences({ account, accountKey: read("KEY"), sasToken: read("SAS_TOKEN") })
}
