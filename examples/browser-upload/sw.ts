/** The service worker: files of stored versions at addresses of their own, so that pages show them like any other file. */

import { Api } from "isofact"
import { createArtifactRoute } from "isofact/route"
import { zipResponse } from "isofact/zip"

/** What TypeScript's DOM types do not know of service workers. */
interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
interface Scope extends EventTarget {
  readonly registration: ServiceWorkerRegistration
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
}

const scope = globalThis as unknown as Scope
const pathBelow = (path: string) => new URL(path, scope.registration.scope).pathname
const artifacts = createArtifactRoute({ prefix: pathBelow("artifacts/") })
const zips = pathBelow("zips/")

scope.addEventListener("install", () => void scope.skipWaiting())
scope.addEventListener("activate", (event) =>
  (event as Event & { waitUntil(work: Promise<void>): void }).waitUntil(scope.clients.claim()),
)
scope.addEventListener("fetch", (event) => {
  const { request } = event as FetchEvent
  const { pathname, origin } = new URL(request.url)
  if (origin !== location.origin) return
  if (pathname.startsWith(zips)) (event as FetchEvent).respondWith(zip(decodeURIComponent(pathname.slice(zips.length))))
  else if (pathname.startsWith(pathBelow("artifacts/"))) (event as FetchEvent).respondWith(file(request))
})

async function file(request: Request): Promise<Response> {
  try {
    return (await artifacts(request)) ?? new Response(null, { status: 404 })
  } catch (error) {
    return failed(error)
  }
}

async function zip(name: string): Promise<Response> {
  try {
    return await zipResponse(await new Api().artifact(name), { references: true })
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): Response {
  return new Response(error instanceof Error ? error.message : String(error), {
    status: 500,
    headers: { "content-type": "text/plain" },
  })
}
