import { checkString } from "../core/check.ts"
import { InvalidArgumentError } from "../errors.ts"

const MIN_KEY_LENGTH = 40

/**
 * An API key as W&B gives them out, protocol.md 6.2: 40 characters or more of letters, digits, `_` and `-` behind an optional prefix,
 * or three parts joined by dots. The message never shows it.
 *
 * @throws InvalidArgumentError
 */
export function checkApiKey(value: string | undefined): string {
  if (value === undefined || value === "") {
    refuseKey("is missing. Pass apiKey, or set WANDB_API_KEY; W&B shows yours under User Settings, and /authorize")
  }
  const key = checkString("options.apiKey", value)
  if (key !== key.trim()) refuseKey("has white space around it; trim what was read from a file or a form")
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(key)) return key
  const secret = key.slice(key.indexOf("-") + 1)
  if (!/^[\w-]+$/.test(secret)) refuseKey("has characters that no key has; was it cut or quoted?")
  if (secret.length < MIN_KEY_LENGTH) refuseKey(`is too short: keys have ${MIN_KEY_LENGTH} characters or more`)
  return key
}

function refuseKey(problem: string): never {
  throw new InvalidArgumentError("options.apiKey", `The W&B API key ${problem}.`)
}

/**
 * The service's address without a trailing slash; a path is kept. W&B's own cloud is only reached through `https://api.…`.
 *
 * @throws InvalidArgumentError
 */
export function checkBaseUrl(value: string): string {
  const text = checkString("options.baseUrl", value)
  const url = URL.canParse(text) ? new URL(text) : refuseUrl("an address such as https://api.wandb.ai")
  if (url.protocol !== "https:" && url.protocol !== "http:") refuseUrl("an http or https address")
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    refuseUrl("an address without user, password, query and fragment")
  }
  if (url.hostname === "wandb.ai" || url.hostname.endsWith(".wandb.ai")) {
    if (!url.hostname.startsWith("api.") || url.protocol !== "https:") refuseUrl("https://api.wandb.ai for W&B's own cloud")
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`
}

function refuseUrl(must: string): never {
  throw new InvalidArgumentError("options.baseUrl", `baseUrl (or WANDB_BASE_URL) must be ${must}.`)
}

/** Where the pages are, protocol.md 5.7. */
export function appUrlOf(baseUrl: string): string {
  return baseUrl.replace("://api.wandb.", "://wandb.").replace("://api.", "://app.")
}

/** W&B takes the key as the password of a user called `api`. */
export function authorizationOf(apiKey: string): string {
  return `Basic ${btoa(`api:${apiKey}`)}`
}

/** Takes out of a server's words what must not be told: the key, and all of an address but its host. */
export function createCleaner(apiKey: string): (text: string) => string {
  // Without its padding, which an address would spell otherwise.
  const authorization = btoa(`api:${apiKey}`).replace(/=+$/, "")
  const secrets = new RegExp(`${patternOf(apiKey)}|${patternOf(authorization)}=*`, "gu")
  return (text) => text.replace(secrets, "…").replace(/\b(https?:\/\/)(?:[^\s/"'<>?#]*@)?([^\s/"'<>?#]+)[^\s"'<>]*/g, "$1$2/…")
}

/** A secret, also in letters of several bytes or broken into lines. */
const patternOf = (secret: string) => Array.from(secret, (char) => `[${char}]`).join("\\p{Cc}{0,3}")
