/** Artifacts at addresses: `<img src="/artifacts/birds:latest/a.png">`. The root entry knows nothing of it. @module */

import type { Artifact } from "../artifact/artifact.ts"
import { checkRegistry } from "../artifact/call.ts"
import { serveFile } from "../artifact/route-file.ts"
import { isCurrent, safeHeaders } from "../bytes/serve-file.ts"
import { checkBoolean, checkOptions, checkString, optional, refuse } from "../core/check.ts"
import { entryPath } from "../core/path.ts"
import { parseArtifactPath } from "../core/path-string.ts"
import { Remembered } from "../core/remember.ts"
import { isArtifactError } from "../errors.ts"
import type { Registry } from "../ports.ts"
import { Api } from "./api.ts"

/** A `Cache` of the Cache API, by the part of it that is used. */
export interface RouteCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
}

export interface ArtifactRouteOptions {
  /** Default: the embedded registry of this runtime; where `WANDB_MODE` is `online`, `wandb()` of `isofact/wandb`. */
  readonly registry?: Registry | undefined
  /** The one place whose artifacts are served. Default: `WANDB_ENTITY`, else the registry's. */
  readonly entity?: string | undefined
  /** Default: `WANDB_PROJECT`, else the registry's. */
  readonly project?: string | undefined
  /** What the path of a URL starts with to be answered. Default `"/artifacts/"`. */
  readonly prefix?: string | undefined
  /** Keeps whole files of up to 8 MiB by their digest, verified before they are first answered. */
  readonly cache?: RouteCache | undefined
  /**
   * Serve references too. Whoever wrote the artifact chose what they point at, which can be any file of this machine or an address only
   * it can reach. Default false: they are not found.
   */
  readonly references?: boolean | undefined
}

const optionNames = ["registry", "entity", "project", "prefix", "cache", "references"] as const
const CACHED_BYTES = 8 * 1024 * 1024
const RECENT_VERSIONS = 4
const SHARED_WAIT_MS = 2000

/**
 * Answers GET and HEAD of `<prefix>name[:alias]/path/in/artifact`, each part percent-encoded, with that file; `undefined` for every
 * other URL. For a service worker (`event.respondWith`), a Worker or a server alike. What a name means is looked up each time, of a
 * numbered version too, since a collection can be deleted and made anew; the tag is the file's digest. A whole file is verified while it
 * streams: damaged, its body errors instead of ending. A range is verified where the whole file is at hand. A service worker has to be
 * bundled into one file, since browsers give it no `import()`.
 *
 * @example
 * const route = createArtifactRoute()
 * addEventListener("fetch", (event) => {
 *   if (new URL(event.request.url).pathname.startsWith("/artifacts/")) event.respondWith(route(event.request))
 * })
 *
 * @throws what the registry or store throws; what is not there is a 404, what is no such address a 400
 */
export function createArtifactRoute(options: ArtifactRouteOptions = {}): (request: Request) => Promise<Response | undefined> {
  const { registry, entity, project, cache } = checkOptions("options", options, optionNames)
  optional((_, value) => checkRegistry(value), "options.registry", registry)
  const prefix = optional(checkString, "options.prefix", options.prefix) ?? "/artifacts/"
  if (!/^\/(.*\/)?$/.test(prefix)) refuse("options.prefix", "a path that starts and ends with /", prefix)
  const references = optional(checkBoolean, "options.references", options.references) ?? false
  let find: ((name: string) => Promise<Artifact>) | undefined

  const answer = async (request: Request, { name, path }: Address): Promise<Response> => {
    // Not before the first request: at the top of a Worker's module nothing may be asked of it yet.
    find ??= createFinder(new Api({ registry, entity, project }))
    const entry = await found(find(name).then((artifact) => artifact.getEntry(path)))
    if (entry === undefined) return plain(request, 404, `There is no ${path} in ${name}, or no such version`)
    if (entry.ref !== undefined && !references) return plain(request, 404, `${path} of ${name} is a reference to what is elsewhere`)
    const isKept = cache !== undefined && entry.ref === undefined && (entry.size ?? 0) <= CACHED_BYTES
    if (!isKept || request.method !== "GET" || request.headers.has("range")) return serveFile(entry, request)
    const key = [entry.digest, entry.path].map(encodeURIComponent).join("/")
    return answerKept(cache, new URL(prefix + key, request.url).href, request, () => serveFile(entry, request))
  }
  return async (request) => {
    const url = new URL(request.url)
    if (!url.pathname.startsWith(prefix)) return undefined
    if (request.method !== "GET" && request.method !== "HEAD") return plain(request, 405, "GET or HEAD", { allow: "GET, HEAD" })
    const address = readAddress(url.pathname.slice(prefix.length))
    if (address === undefined) return plain(request, 400, `Write ${prefix}name:alias/path, each part percent-encoded`)
    return answer(request, address)
  }
}

interface Address {
  readonly name: string
  readonly path: string
}

/** `name[:alias]/path`; undefined for anything else. An encoded slash in the name would lead to another project. */
function readAddress(text: string): Address | undefined {
  try {
    const [name = "", ...parts] = text.split("/").map(decodeURIComponent)
    const { collection, alias = "latest", project } = parseArtifactPath(name)
    if (project !== undefined || alias.includes("/") || collection.includes("/")) return undefined
    return { name, path: entryPath(parts.join("/")) }
  } catch {
    return undefined
  }
}

/** Undefined for what the registry says is not there. That its bytes are lost is another matter, and no 404. */
function found<T>(finding: Promise<T>): Promise<T | undefined> {
  return finding.catch((error) => {
    if (isArtifactError(error) && error.code === "ENTRY_NOT_FOUND") return undefined
    throw error
  })
}

/** Artifacts by name, with the manifests of the last few versions kept: a page asks for many files of one. */
function createFinder(api: Api): (name: string) => Promise<Artifact> {
  const recent = new Remembered<Promise<Artifact>>(RECENT_VERSIONS)
  return async (name) => {
    const artifact = await api.artifact(name, { manifest: "lazy" })
    const id = artifact.id!
    const load = () => {
      const loading = artifact.loadManifest().then(() => artifact)
      recent.set(id, loading)
      return loading
    }
    const known = recent.get(id)
    return (known && (await settled(known))) ?? load()
  }
}

/** What another request is loading, unless it failed or was dropped: a Worker lets go of what a dropped request was waiting for. */
async function settled<T>(loading: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, SHARED_WAIT_MS, undefined)
  })
  return Promise.race([loading.catch(() => undefined), timeout]).finally(() => clearTimeout(timer))
}

/** From the cache, or through it, so that its first reader too gets only verified bytes. A cache that is full is done without. */
async function answerKept(cache: RouteCache, key: string, request: Request, answer: () => Promise<Response>): Promise<Response> {
  const known = await cache.match(key)
  if (known !== undefined) return isCurrent(request, known.headers.get("etag")) ? notModified(known) : known
  const response = await answer()
  if (response.status !== 200) return response
  const isStored = await cache.put(key, response).then(
    () => true,
    () => false,
  )
  return (isStored ? await cache.match(key) : undefined) ?? answer()
}

function notModified({ headers }: Response): Response {
  const kept = new Headers(headers)
  kept.delete("content-length")
  return new Response(null, { status: 304, headers: kept })
}

function plain({ method }: Request, status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(method === "HEAD" ? null : `${text}\n`, {
    status,
    headers: { ...safeHeaders("text/plain; charset=utf-8"), "cache-control": "no-store", ...headers },
  })
}
