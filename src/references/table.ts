import { RegistryError } from "../errors.ts"
import type { Platform, ReferenceHandler, ReferenceUri } from "../ports.ts"
import { azureConnection } from "./azure-connection.ts"
import { createFileReferences, type LocalFiles } from "./file.ts"
import { createTrackingReferences } from "./tracking.ts"
import { isAzureHost } from "./uri.ts"

/** The first handler that takes a URI; a table ends with one that takes any. */
export function pickHandler(handlers: readonly ReferenceHandler[], uri: ReferenceUri): ReferenceHandler {
  const handler = handlers.find((candidate) => candidate.handles(uri))
  if (handler === undefined) throw new RegistryError(`No reference handler takes ${uri.scheme}: addresses`)
  return handler
}

/**
 * A runtime's handlers in the order in which Python asks its own, those of `platform.references` before them. What speaks to a store
 * is loaded when the first address of its kind comes.
 */
export function referenceTable(platform: Pick<Platform, "env" | "references">, files: LocalFiles): readonly ReferenceHandler[] {
  return [
    ...(platform.references ?? []),
    loaded(
      ({ scheme }) => scheme === "s3",
      async () => (await import("./s3-environment.ts")).s3FromEnvironment(platform.env),
    ),
    loaded(
      ({ scheme }) => scheme === "gs",
      async () => (await import("./gcs-environment.ts")).gcsFromEnvironment({ ...platform, openFile: files.openFile }),
    ),
    loaded(
      (uri) => isAzure(uri, azureConnection(platform.env) ?? ""),
      async () => (await import("./azure-environment.ts")).azureFromEnvironment(platform.env),
    ),
    loaded(
      ({ scheme }) => scheme === "http" || scheme === "https",
      async () => (await import("./http.ts")).httpReferences(),
    ),
    createFileReferences(files),
    createTrackingReferences(),
  ]
}

/** Python's rule, and what the environment names: a connection string tells where else there are blobs. */
function isAzure({ scheme, authority }: ReferenceUri, connection: string): boolean {
  if (isAzureHost(scheme, authority)) return true
  const suffix = /^[\w-]+\.blob\.([\w.-]+)$/.exec(authority)?.[1]
  return connection
    .split(";")
    .some((part) => `${part}/`.startsWith(`BlobEndpoint=${scheme}://${authority}/`) || part === `EndpointSuffix=${suffix}`)
}

/** A handler that is loaded by its first use. */
function loaded(handles: ReferenceHandler["handles"], load: () => Promise<ReferenceHandler>): ReferenceHandler {
  let loading: Promise<ReferenceHandler> | undefined
  const get = () => {
    // A chunk that could not be loaded is asked for again.
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
  return {
    handles,
    track: async (uri, options) => (await get()).track(uri, options),
    open: async (entry, options) => (await get()).open(entry, options),
  }
}
