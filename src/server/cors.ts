import { Refusal } from "./failure.ts"

const exposed = "ETag, Content-Length, Content-Range, X-Request-Id"
const preflightSeconds = "7200"

/** The answer to a browser that asks whether it may; undefined for other requests. */
export function preflight(origins: readonly string[], request: Request): Response | undefined {
  const method = request.headers.get("access-control-request-method")
  if (request.method !== "OPTIONS" || method === null) return undefined
  const headers = new Headers({ vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers" })
  const origin = allowedOrigin(origins, request)
  if (origin !== undefined) {
    headers.set("access-control-allow-origin", origin)
    headers.set("access-control-allow-methods", "GET, HEAD, POST, PUT")
    // No cookie is ever looked at, so whichever headers a page wants to send it may.
    headers.set("access-control-allow-headers", request.headers.get("access-control-request-headers") ?? "*")
    headers.set("access-control-max-age", preflightSeconds)
  }
  return new Response(null, { status: 204, headers })
}

/** Adds what browsers and people who ask for help need to every answer. */
export function applyCors(origins: readonly string[], request: Request, response: Response, requestId: string): Response {
  const { headers } = response
  headers.set("x-request-id", requestId)
  const origin = allowedOrigin(origins, request)
  if (origins.length > 0) headers.append("vary", "Origin")
  if (origin !== undefined) {
    headers.set("access-control-allow-origin", origin)
    headers.set("access-control-expose-headers", exposed)
  }
  return response
}

/**
 * Refuses requests that a browser makes for a page of another site, unless that page may: they carry the key that somebody once typed in,
 * whoever sends them. Where all pages may, they must be requests that browsers ask about first, and never send a kept key with.
 */
export function refuseForeign(origins: readonly string[], request: Request, ownOrigin: string): void {
  const { headers, method } = request
  const origin = headers.get("origin")
  if (!isForeign(headers.get("sec-fetch-site"), origin, ownOrigin)) return
  const isAskedFirst = method !== "POST" || headers.get("content-type")?.startsWith("application/json") === true
  if (origin !== null && (origins.includes(origin) || (origins.includes("*") && isAskedFirst))) return
  const advice = origins.includes("*") ? "send the content-type application/json" : "corsOrigins must name its origin"
  throw new Refusal(403, `A page of another site may not do this: ${advice}.`)
}

function isForeign(site: string | null, origin: string | null, ownOrigin: string): boolean {
  // Browsers leave the first header out where the address is not secure, and programs leave out both.
  if (site === null) return origin !== null && origin !== ownOrigin
  return site === "cross-site" || site === "same-site"
}

function allowedOrigin(origins: readonly string[], request: Request): string | undefined {
  const origin = request.headers.get("origin")
  if (origin === null) return undefined
  return origins.includes("*") ? "*" : origins.find((each) => each === origin)
}
