import { viewer } from "../wandb/account-documents.ts"
import { causeOf } from "./connection.ts"
import { checkAddress } from "./doctor-address.ts"
import { askServer, fetchSoon, type Server } from "./doctor-ask.ts"
import { attempt, type Finding } from "./doctor-finding.ts"
import type { Session } from "./session.ts"

const name = "server"
const cloud = "https://api.wandb.ai"
/** Signed addresses are refused by stores when clocks differ by a quarter of an hour. */
const skewWarnsMs = 60_000
const skewFailsMs = 10 * 60_000

/** Key, server, clock, the addresses of its files, and what a page of `origin` would meet there. */
export async function checkServer(session: Session, place: string, origin: string | undefined): Promise<Finding[]> {
  const { platform, signal } = session
  const key = platform.env("WANDB_API_KEY")
  const baseUrl = (place === "wandb" ? (platform.env("WANDB_BASE_URL") ?? cloud) : place).replace(/\/+$/, "")
  const findings = [checkKey(key)]
  const asked = Date.now()
  const answer = await ask({ baseUrl, key, origin }, signal)
  if (answer instanceof Error) {
    const message = `${baseUrl} does not answer (${causeOf(answer)})`
    return [...findings, { name, status: "fail", message, fix: "Check the address, the network and any proxy." }]
  }
  const known = await checkAnswer(baseUrl, answer, Date.now() - asked)
  findings.push(known, checkClock(answer, (asked + Date.now()) / 2))
  if (origin !== undefined) {
    const fix = "Let the server, and what is in front of it, answer OPTIONS requests."
    findings.push(...(await attempt({ name: "cors", fix }, signal, () => checkCors({ baseUrl, key, origin }, origin, signal))))
  }
  if (known.status === "ok") findings.push(...(await checkAddress(session, { baseUrl, key, origin })))
  return findings
}

function checkKey(key: string | undefined): Finding {
  const name = "key"
  const fix = "Set WANDB_API_KEY; W&B shows yours at /authorize, and isofact serve says where its own is."
  if (key === undefined) return { name, status: "fail", message: "WANDB_API_KEY is not set", fix }
  const isKey = /^[\w-]+(\.[\w-]+){2}$/.test(key) || (/^[\w-]+$/.test(key) && key.slice(key.indexOf("-") + 1).length >= 40)
  if (!isKey) return { name, status: "fail", message: "WANDB_API_KEY is no key: it was cut, quoted, or is something else", fix }
  return { name, status: "ok", message: "WANDB_API_KEY has the form of a key" }
}

async function ask(server: Server, signal: AbortSignal): Promise<Response | Error> {
  try {
    return await askServer(server, { query: viewer.text }, signal)
  } catch (error) {
    signal.throwIfAborted()
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function checkAnswer(baseUrl: string, answer: Response, tookMs: number): Promise<Finding> {
  if (answer.status === 401 || answer.status === 403) {
    return {
      name,
      status: "fail",
      message: `${baseUrl} does not accept the key`,
      fix: "Take a key of this server, not of another.",
    }
  }
  const viewer = await answer.json().then(
    (body: { data?: { viewer?: { entity?: string } | null } }) => body.data?.viewer,
    () => undefined,
  )
  if (viewer === undefined) {
    return { name, status: "fail", message: `${baseUrl} answers ${answer.status}, and not as W&B does`, fix: "Check the address." }
  }
  if (viewer === null) {
    return { name, status: "fail", message: `${baseUrl} does not know the key`, fix: "Take a key of this server, not of another." }
  }
  return { name, status: "ok", message: `${baseUrl} accepts the key, in ${Math.round(tookMs)} ms` }
}

const noDate = "Compare the clocks yourself, or let the server and its proxy send the Date header."

function checkClock(answer: Response, now: number): Finding {
  const name = "clock"
  const date = Date.parse(answer.headers.get("date") ?? "")
  if (Number.isNaN(date)) return { name, status: "warn", message: "the server does not say what time it is", fix: noDate }
  // The header has whole seconds.
  const skewMs = Math.max(Math.abs(now - date - 500) - 500, 0)
  const message = skewMs < 1000 ? "as the server's" : `${Math.round(skewMs / 1000)} s off the server's`
  const status = skewMs > skewFailsMs ? "fail" : skewMs > skewWarnsMs ? "warn" : "ok"
  return { name, status, message, fix: status === "ok" ? undefined : "Set this machine's clock, best with NTP." }
}

async function checkCors(server: Server, origin: string, signal: AbortSignal): Promise<Finding> {
  const name = "cors"
  const fix = `Let the server allow ${origin}, and expose ETag; isofact serve takes --cors ${origin}.`
  const wanted = { "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type" }
  const preflight = await fetchSoon(`${server.baseUrl}/graphql`, { method: "OPTIONS", headers: { origin, ...wanted } }, signal)
  const allowed = preflight.headers.get("access-control-allow-origin")
  if (allowed !== "*" && allowed !== origin) return { name, status: "fail", message: `pages of ${origin} are refused`, fix }
  const answer = await askServer(server, { query: viewer.text }, signal, origin)
  await answer.body?.cancel()
  const exposed = answer.headers.get("access-control-expose-headers") ?? ""
  if (/\betag\b/i.test(exposed) || exposed.includes("*")) return { name, status: "ok", message: `pages of ${origin} may use it` }
  return { name, status: "warn", message: "pages cannot see ETag, so large uploads in parts fail there", fix }
}
