import { isArtifactError } from "../../errors.ts"
import { type Call, createCall, type Setup } from "../call.ts"
import { toFailure } from "../failure.ts"
import { createAssets } from "./assets.ts"
import { loginForm, renderDocument } from "./document.ts"
import { findAnswer } from "./find.ts"
import { html } from "./html.ts"
import { createLinks, type Links } from "./links.ts"
import { closeSession, openSession, ownAddress, readForm, readSession } from "./session.ts"
import type { Answer, Page } from "./visit.ts"

/** Answers one request, or undefined where pages have no part in it. */
export type Pages = (request: Request, requestId: string) => Promise<Response | undefined>

interface Site {
  readonly setup: Setup
  readonly assets: ReturnType<typeof createAssets>
}

/** One request to a site. */
interface Exchange extends Site {
  readonly request: Request
  readonly requestId: string
  /** No slash at its end. */
  readonly baseUrl: string
  readonly links: Links
  /** The request's path below `baseUrl`, in its parts; undefined for a malformed one. */
  readonly parts: readonly string[] | undefined
}

const policy = [
  "default-src 'none'",
  "img-src 'self'",
  "media-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ")

/**
 * What people see of a server at the addresses that `artifact.url` gives, which are W&B's own: projects, collections, versions with
 * their files, lineage, and runs. Plain HTML that needs no script and allows none.
 *
 * People sign in with the key that their programs use and may then look at what it may read, never change anything.
 */
export function createPages(setup: Setup): Pages {
  const site: Site = { setup, assets: createAssets() }
  return async (request, requestId) => {
    const baseUrl = setup.baseUrl?.replace(/\/$/, "") ?? new URL(request.url).origin
    const prefix = new URL(baseUrl).pathname.replace(/\/$/, "")
    const { pathname } = new URL(request.url)
    if (pathname !== prefix && !pathname.startsWith(`${prefix}/`)) return undefined
    const parts = readParts(pathname.slice(prefix.length))
    return answer({ ...site, request, requestId, baseUrl, links: createLinks(prefix), parts })
  }
}

/** A trailing slash is let pass; other empty parts are none of ours. */
function readParts(path: string): string[] | undefined {
  try {
    const parts = path
      .replace(/^\/|\/$/g, "")
      .split("/")
      .map(decodeURIComponent)
    return parts.length === 1 && parts[0] === "" ? [] : parts.includes("") ? undefined : parts
  } catch {
    return undefined
  }
}

async function answer(exchange: Exchange): Promise<Response | undefined> {
  const { request, parts = [""] } = exchange
  if (programs.has(parts[0]!)) return undefined
  const isLook = request.method === "GET" || request.method === "HEAD"
  const form = parts.length === 1 && request.method === "POST" ? forms.get(parts[0]!) : undefined
  if (!isLook && form === undefined) return undefined
  const response = await attempt(exchange, () => (form ?? look)(exchange))
  return request.method === "HEAD" ? new Response(null, response) : response
}

/** First parts of addresses that programs ask for: none of them is ever a page. */
const programs: ReadonlySet<string> = new Set(["artifactsV2", "files", "graphql", "storage"])

const forms: ReadonlyMap<string, (exchange: Exchange) => Promise<Response>> = new Map([
  ["login", login],
  ["logout", logout],
])

async function attempt(exchange: Exchange, work: () => Promise<Response>): Promise<Response> {
  const { setup, request, requestId } = exchange
  try {
    return await work()
  } catch (error) {
    if (request.signal.aborted && !isArtifactError(error)) throw error
    const { status, message, isInternal } = toFailure(error, requestId, setup.registry.name)
    if (isInternal) setup.onError(error, { requestId })
    return problemPage(exchange, status, isInternal ? "Something went wrong" : "That did not work", message)
  }
}

async function look(exchange: Exchange): Promise<Response> {
  const { setup, assets, request, parts, baseUrl, links } = exchange
  const asset = parts && assets.find(parts)
  if (asset !== undefined) return asset
  const [page] = parts?.length === 1 ? parts : []
  if (page === "login") return loginPage(exchange, 200, links.home)
  if (page === "authorize") return keyPage(exchange)
  const who = await readSession(setup, request)
  const url = new URL(request.url)
  if (who === undefined) return loginPage(exchange, 401, url.pathname + url.search)
  const call = createCall(setup, who, baseUrl, request.signal)
  const found = parts && (await findAnswer({ call, request, links, query: url.searchParams }, parts))
  return toResponse(exchange, call, found)
}

function toResponse(exchange: Exchange, call: Call, found: Answer): Response {
  if (found instanceof Response) return found
  if (found === undefined) return problemPage(exchange, 404, "There is nothing here", notFound, call.principal.username)
  if ("redirect" in found) return redirect(302, new URL(found.redirect, exchange.baseUrl).href)
  return pageResponse(exchange, found, call.principal.username)
}

const notFound = "Either nothing was ever kept at this address, or it was removed, or your key may not see it."

function problemPage(exchange: Exchange, status: number, title: string, text: string, username?: string): Response {
  const body = html`<div class="head"><h1>${title}</h1></div><p>${text}</p>`
  return pageResponse(exchange, { status, title, crumbs: [], body }, username)
}

function loginPage(exchange: Exchange, status: number, to: string, problem?: string): Response {
  const body = loginForm(exchange.links, to, problem)
  return pageResponse(exchange, { status, title: "Sign in", crumbs: [], body }, undefined)
}

/** Where `wandb login` sends people for their key. */
function keyPage(exchange: Exchange): Response {
  const body = html`<div class="head"><h1>Your API key</h1></div>
<p>Keys of this server are handed out by whoever runs it, and no page shows one. <code>isofact serve</code> says when it starts which file holds its key.</p>
<p><a href="${exchange.links.login}">Sign in</a> with a key to see what it may read.</p>`
  return pageResponse(exchange, { title: "Your API key", crumbs: [], body }, undefined)
}

function pageResponse({ assets, links }: Exchange, page: Page, username: string | undefined): Response {
  const { style, icon } = assets.addresses(links)
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    // A stricter one would take the origin from the forms' requests, by which they are told from those of others.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
  }
  return new Response(renderDocument({ ...page, links, style, icon, username }), { status: page.status ?? 200, headers })
}

async function login(exchange: Exchange): Promise<Response> {
  const { setup, request, baseUrl, links } = exchange
  const form = await readForm(request, new URL(baseUrl).origin)
  const to = ownAddress(form.get("to"), baseUrl)
  const cookie = await openSession(setup, form.get("key")?.trim() ?? "", request, links.home)
  if (cookie !== undefined) return redirect(303, to, cookie)
  const { pathname, search } = new URL(to)
  return loginPage(exchange, 401, pathname + search, "This server does not know that key.")
}

async function logout({ setup, request, baseUrl, links }: Exchange): Promise<Response> {
  await readForm(request, new URL(baseUrl).origin)
  return redirect(303, new URL(links.login, baseUrl).href, closeSession(setup, request, links.home))
}

function redirect(status: 302 | 303, location: string, cookie?: string): Response {
  const headers = { location, "cache-control": "no-store", ...(cookie !== undefined && { "set-cookie": cookie }) }
  return new Response(null, { status, headers })
}
