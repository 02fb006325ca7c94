import { isCurrent, safeHeaders, serveRange } from "../bytes/serve-file.ts"
import { contentTypeOf } from "../core/content-type.ts"
import type { ArtifactManifestEntry } from "./entry.ts"

/**
 * One file of an artifact as the answer to a GET or HEAD: conditional requests, one range, and headers under which a hostile file can
 * do nothing in the page's origin. A whole file is verified while it streams: damaged, its body errors instead of ending. A range is
 * verified where the whole file is at hand.
 *
 * A reference has neither length, tag nor ranges: what is behind it may change.
 */
export async function serveFile(entry: ArtifactManifestEntry, request: Request): Promise<Response> {
  const isStored = entry.ref === undefined
  const etag = `"${entry.digest}"`
  const headers = new Headers({ ...safeHeaders(contentTypeOf(entry.path)), "cache-control": "no-cache", ...(isStored && { etag }) })
  if (isStored && isCurrent(request, etag)) return new Response(null, { status: 304, headers })
  const size = isStored ? entry.size : undefined
  return serveRange(request, headers, size, (range) => {
    // A range that is the whole file is read as one, since that is verified in the same pass.
    const isPart = range !== undefined && range.end - range.start !== size
    return entry.stream({ range: isPart ? range : undefined, signal: request.signal })
  })
}
