import { RegistryError } from "../../errors.ts"
import { readText } from "../body.ts"
import type { Setup } from "../call.ts"
import type { Principal } from "../principal.ts"
import { isToken, readToken } from "../tokens.ts"

/** A working day: long enough to be asked once, and a key that was withdrawn is out of every browser the next morning. */
const sessionSeconds = 8 * 3600
const purpose = "session"
const cookieName = "isofact_session"
const maxFormBytes = 16 * 1024
/** What browsers keep of a cookie. */
const maxCookieBytes = 4000

/** Who a browser is signed in as. It sends no key: a signed cookie says whose key it showed, and lets it look, never change. */
export async function readSession({ signer }: Setup, request: Request): Promise<Principal | undefined> {
  const text = cookieOf(request)
  if (text === undefined) return undefined
  return isToken(text) ? readToken(signer, text) : (await signer.verify<{ readonly who: Principal }>(purpose, text))?.who
}

/** The cookie for whoever has this key; undefined when nobody does. A token, which ends by itself, is its own session. */
export async function openSession(setup: Setup, key: string, request: Request, path: string): Promise<string | undefined> {
  if (isToken(key)) return (await readToken(setup.signer, key)) && formatCookie(setup, request, path, key, sessionSeconds)
  const principal = key === "" ? undefined : await setup.authenticate(key, request)
  if (principal === undefined) return undefined
  const { actions } = principal
  const who: Principal = { ...principal, actions: actions === undefined || actions.includes("read") ? ["read"] : [] }
  const text = await setup.signer.sign(purpose, { who }, sessionSeconds)
  if (text.length <= maxCookieBytes) return formatCookie(setup, request, path, text, sessionSeconds)
  throw new RegistryError("This key reaches more entities than a browser's cookie can name. Use one for fewer.", { status: 400 })
}

export function closeSession(setup: Setup, request: Request, path: string): string {
  return formatCookie(setup, request, path, "", 0)
}

function formatCookie(setup: Setup, request: Request, path: string, text: string, seconds: number): string {
  const isSecure = new URL(setup.baseUrl ?? request.url).protocol === "https:"
  const flags = `Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`
  return `${cookieName}=${text}; ${flags}`
}

function cookieOf(request: Request): string | undefined {
  const cookies = (request.headers.get("cookie") ?? "").split(";").map((part) => part.trim())
  return cookies.find((part) => part.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1)
}

/** The form that a page of this server sent. Forms of other sites are refused, so that nobody is signed in or out by them. */
export async function readForm(request: Request, origin: string): Promise<URLSearchParams> {
  const site = request.headers.get("sec-fetch-site")
  // Browsers leave the first header out where the address is not secure.
  const isOwn = site === null ? request.headers.get("origin") === origin : site === "same-origin"
  if (!isOwn) throw new RegistryError("This form was not sent by a page of this server.", { status: 403 })
  return new URLSearchParams(await readText(request, maxFormBytes))
}

/** Where to go after signing in: an address of this server, whatever was asked. */
export function ownAddress(asked: string | null, baseUrl: string): string {
  const { origin } = new URL(baseUrl)
  const home = `${baseUrl}/`
  const url = asked?.startsWith("/") && URL.canParse(asked, origin) ? new URL(asked, origin) : undefined
  // Whole, since a path that starts with two slashes is another host's address.
  return url?.origin === origin && url.href.startsWith(home) ? url.href : home
}
