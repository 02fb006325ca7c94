import { contentTypeOf } from "../core/content-type.ts"
import type { ByteRange } from "../ports.ts"
import type { ArtifactManifestEntry } from "./entry.ts"
import { sizedBody } from "./route-body.ts"

/**
 * One file of an artifact as the answer to a GET or HEAD: conditional requests, one range, and headers under which a hostile file can
 * do nothing in the page's origin. A whole file is verified while it streams: damaged, its body errors instead of ending. A range is
 * verified where the whole file is at hand.
 *
 * A reference has neither length, tag nor ranges: what is behind it may change.
 */
export async function serveFile(entry: ArtifactManifestEntry, request: Request): Promise<Response> {
  const size = entry.ref === undefined ? entry.size : undefined
  const etag = entry.ref === undefined ? `"${entry.digest}"` : undefined
  const headers = new Headers(safeHeaders(contentTypeOf(entry.path)))
  headers.set("cache-control", "no-cache")
  if (etag !== undefined) headers.set("etag", etag)
  if (etag !== undefined && isCurrent(request.headers.get("if-none-match"), etag))
    return new Response(null, { status: 304, headers })
  if (size !== undefined) headers.set("accept-ranges", "bytes")
  const range = size === undefined ? undefined : askedRange(request, etag, size)
  if (range === "none") {
    headers.set("content-range", `bytes */${size}`)
    headers.set("cache-control", "no-store")
    return new Response(null, { status: 416, headers })
  }
  if (range !== undefined) headers.set("content-range", `bytes ${range.start}-${range.end - 1}/${size}`)
  const length = range === undefined ? size : range.end - range.start
  if (length !== undefined) headers.set("content-length", String(length))
  const status = range === undefined ? 200 : 206
  if (request.method === "HEAD") return new Response(null, { status, headers })
  // A range that is the whole file is read as one, since that is verified in the same pass.
  const part = length === size ? undefined : range
  const body = await entry.stream({ range: part, signal: request.signal })
  return new Response(sizedBody(body, length), { status, headers })
}

/** Headers under which a browser takes the body for what it is called, and runs nothing in it. */
export function safeHeaders(type: string): Record<string, string> {
  const headers: Record<string, string> = { "content-type": type, "x-content-type-options": "nosniff" }
  // Browsers show no PDF in a sandbox, and a PDF has no access to the origin it came from.
  if (type !== "application/pdf") headers["content-security-policy"] = "sandbox"
  return headers
}

/** Whether the client has it. Tags are compared weakly, since a proxy that compresses makes them weak. */
export function isCurrent(header: string | null, etag: string | null): boolean {
  if (header === null || etag === null) return false
  return header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)
}

/** The bytes asked for, end exclusive; undefined for all of them, which is also the answer to several ranges; "none": there are none such. */
function askedRange(
  request: Request,
  etag: string | undefined,
  size: number,
): Required<ByteRange & { end: number }> | "none" | undefined {
  const [whole, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/i.exec(request.headers.get("range")?.replace(/\s/g, "") ?? "") ?? []
  const condition = request.headers.get("if-range")
  if (request.method !== "GET" || whole === undefined || first + last === "" || (condition ?? etag) !== etag) return undefined
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size)
  return start < end ? { start, end } : "none"
}
