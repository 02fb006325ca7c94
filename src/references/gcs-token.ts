import { base64Encode } from "../core/digest-text.ts"
import { InvalidArgumentError, StorageError } from "../errors.ts"
import { createRequester, type Fetch } from "../net/request.ts"
import { isCode } from "../net/xml.ts"

/** The part of a service account's JSON key file that counts; the rest of the file may stay in it. */
export interface GcsCredentials {
  readonly client_email: string
  /** PEM, `-----BEGIN PRIVATE KEY-----`. */
  readonly private_key: string
  readonly private_key_id?: string | undefined
  /** Default `https://oauth2.googleapis.com/token`. */
  readonly token_uri?: string | undefined
}

type TokenAnswer =
  | string
  | null
  | undefined
  | { readonly token?: string | null | undefined }
  | { readonly access_token?: string | null | undefined }

/** An OAuth access token, or who gives one: asked before every request, so it keeps what it has for as long as that is valid. */
export type GcsToken = string | (() => TokenAnswer | Promise<TokenAnswer>)

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
const LIFE_SECONDS = 3600
/** A token is not used any more when it has less than this to live. */
const MARGIN_MS = 60_000

/** The token that `token` is or gives; undefined for none. */
export async function askToken(token: GcsToken | undefined): Promise<string | undefined> {
  const answer = typeof token === "function" ? await token() : token
  if (typeof answer !== "object" || answer === null) return answer ?? undefined
  return ("access_token" in answer ? answer.access_token : (answer as { token?: string | null }).token) ?? undefined
}

/** Exchanges a signed statement of the service account for a token, and keeps that until it runs out. */
export function serviceAccount(
  credentials: GcsCredentials,
  options: { readonly fetch: Fetch | undefined; readonly timeoutMs: number | undefined },
): () => Promise<string> {
  let pending: Promise<{ token: string; endsAt: number }> | undefined
  const renew = () => {
    pending = exchange(credentials, options).catch((error) => {
      pending = undefined
      throw error
    })
    return pending
  }
  return async () => {
    const current = pending
    const held = await current
    if (held !== undefined && held.endsAt - MARGIN_MS > Date.now()) return held.token
    // Of many who find it run out, the first renews it for all.
    return (await (pending === current || pending === undefined ? renew() : pending)).token
  }
}

async function exchange(
  credentials: GcsCredentials,
  { fetch, timeoutMs }: { readonly fetch: Fetch | undefined; readonly timeoutMs: number | undefined },
): Promise<{ token: string; endsAt: number }> {
  const url = credentials.token_uri ?? "https://oauth2.googleapis.com/token"
  const headers = { "content-type": "application/x-www-form-urlencoded" }
  const name = new URL(url).origin
  const requester = createRequester({ name, fetch, timeoutMs, authorize: () => ({ url, headers }), readCode })
  const body = new URLSearchParams({ grant_type: GRANT, assertion: await signStatement(credentials, url) }).toString()
  const startedAt = Date.now()
  const label = credentials.client_email
  const answer = await requester.text({ operation: "get a token for", label, method: "POST", url, body })
  const { access_token, expires_in = LIFE_SECONDS } = parseJson(answer.body)
  if (typeof access_token !== "string") throw new StorageError(`${name} gave no token for ${label}`, { operation: "get a token" })
  return { token: access_token, endsAt: startedAt + Number(expires_in) * 1000 }
}

async function signStatement({ client_email, private_key, private_key_id }: GcsCredentials, audience: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const head = { alg: "RS256", typ: "JWT", ...(private_key_id !== undefined && { kid: private_key_id }) }
  const claims = { iss: client_email, scope: SCOPE, aud: audience, iat: now, exp: now + LIFE_SECONDS }
  const text = [head, claims].map((part) => urlBase64(new TextEncoder().encode(JSON.stringify(part)))).join(".")
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
  const signature = await crypto.subtle.sign(algorithm, await importKey(private_key, algorithm), new TextEncoder().encode(text))
  return `${text}.${urlBase64(new Uint8Array(signature))}`
}

async function importKey(pem: string, algorithm: RsaHashedImportParams): Promise<CryptoKey> {
  try {
    const der = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, "")), (char) => char.charCodeAt(0))
    return await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"])
  } catch {
    throw new InvalidArgumentError("options.credentials", "credentials.private_key must be the PEM text of a PKCS #8 key")
  }
}

const urlBase64 = (bytes: Uint8Array) => base64Encode(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")

function readCode(body: string): string | undefined {
  const { error } = parseJson(body)
  return typeof error === "string" && isCode(error) ? error : undefined
}

/** The object that a text is; an empty one for everything else. */
export function parseJson(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
