/** W&B's protocol, served over any registry. @module */

import { createJsHasher } from "../bytes/js-hasher.ts"
import { SharedAnswers } from "../bytes/shared-answers.ts"
import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkPositiveInteger,
  checkString,
  type OptionChecks,
  refuse,
} from "../core/check.ts"
import type { Hasher, Registry } from "../ports.ts"
import type { Setup } from "./call.ts"
import type { Principal } from "./principal.ts"
import { createRoutes } from "./routes.ts"
import { createSigner } from "./signing.ts"
import { issueToken, type TokenOptions } from "./tokens.ts"

export { type Action, apiKeys, type Principal } from "./principal.ts"
export type { TokenOptions } from "./tokens.ts"

export interface ServerOptions {
  readonly registry: Registry
  /** At least 32 bytes that nobody can guess. Signs addresses and tokens; all servers of one name share it, and changing it ends both. */
  readonly secret: string | Uint8Array
  /** Whose key it is; undefined for nobody's. `apiKeys` makes one from a table. Tokens of `issueToken` do not come here. */
  readonly authenticate: (key: string, request: Request) => Promise<Principal | undefined> | Principal | undefined
  /** Where clients reach the server, with its path if it has one. Default: as the request says, at the root. */
  readonly baseUrl?: string | undefined
  /** Origins of pages that may use it from a browser, such as `"https://birds.example"`; `"*"`: all. Default: its own only. */
  readonly corsOrigins?: readonly string[] | undefined
  /** How long the addresses of files are good for; those of a gateway with `direct`, as the server behind it says. Default 4 hours. */
  readonly urlExpiresInSeconds?: number | undefined
  /** Most bytes of a GraphQL request. Default 32 MiB. */
  readonly maxRequestBytes?: number | undefined
  /** Most bytes of a manifest, which is held whole. Default 256 MiB. */
  readonly maxManifestBytes?: number | undefined
  /** How deep a GraphQL query may nest. Default 16. */
  readonly maxDepth?: number | undefined
  /**
   * Hand out addresses of the store itself where it has some, so that bytes do not pass this server. Default false. Of a file that went up
   * in parts this server then reads the whole once, since the store proves each part only; in one piece a bucket takes no more than 5 GiB.
   */
  readonly direct?: boolean | undefined
  /**
   * Take files of 2 GiB and more in parts, prove the whole and put it together, which a bucket of S3 does by itself. Default: whether
   * `registry` keeps its files itself, on disk, in memory or in a bucket. A gateway takes a file in one piece, since the server behind it
   * gives parts back only once their version is committed.
   *
   * The parts are stored beside the whole until `gc` of the registry takes them: only it knows that no version has a file of the same bytes.
   */
  readonly multipart?: boolean | undefined
  /** Proves whole files as they are read. Default: plain JavaScript. */
  readonly hasher?: Hasher | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Told of what went wrong inside, of which clients see only the request id, and of stored bytes that turned out damaged. */
  readonly onError?: ((error: unknown, details: { readonly requestId?: string | undefined }) => void) | undefined
}

export interface Server {
  fetch(request: Request): Promise<Response>
  /**
   * A key for one project, or one collection of it, that ends by itself: for a browser, which must never hold an API key. Any server with
   * the same secret takes it.
   *
   * Of the project's runs, one for a collection sees and changes those that it starts (their config says so, under `_isofact_collection`)
   * and those that logged or used something in the collection; of the others it sees the names.
   */
  issueToken(options: TokenOptions): Promise<string>
}

const optionChecks: OptionChecks<ServerOptions> = {
  registry: undefined,
  secret: undefined,
  authenticate: checkFunction as (argument: string, value: unknown) => unknown,
  baseUrl: checkBaseUrl,
  corsOrigins: checkOrigins,
  urlExpiresInSeconds: checkPositiveInteger,
  maxRequestBytes: checkPositiveInteger,
  maxManifestBytes: checkPositiveInteger,
  maxDepth: checkPositiveInteger,
  direct: checkBoolean,
  multipart: checkBoolean,
  hasher: undefined,
  now: undefined,
  onError: undefined,
}

/**
 * An artifact service that W&B's own clients take for W&B: `fetch` answers GraphQL, uploads and downloads, in any runtime that has
 * `Request` and `Response`. Nothing is kept between requests but caches, so that many may serve one registry.
 *
 * Each request is held to what its key may do; files go over signed addresses that end. Stored bytes are shared by digest among all
 * entities of a registry: give tenants who must not be able to claim each other's files by their MD5 a registry each.
 *
 * @example
 * const server = createServer({ registry, secret: env.SECRET, authenticate: apiKeys({ [env.API_KEY]: ann }) })
 * export default { fetch: server.fetch }
 */
export function createServer(options: ServerOptions): Server {
  const { registry, authenticate, secret, now = Date.now, ...rest } = checkOptions("options", options, optionChecks)
  const signer = createSigner(checkSecret(secret), now)
  // Only who keeps the bytes can forget them.
  const isGateway = registry.reportCorrupt === undefined
  const setup: Setup = {
    ...{ registry, authenticate, signer },
    baseUrl: rest.baseUrl,
    corsOrigins: rest.corsOrigins ?? [],
    urlExpiresInSeconds: rest.urlExpiresInSeconds ?? 4 * 3600,
    maxRequestBytes: rest.maxRequestBytes ?? 32 * 1024 * 1024,
    maxManifestBytes: rest.maxManifestBytes ?? 256 * 1024 * 1024,
    maxDepth: rest.maxDepth ?? 16,
    direct: rest.direct ?? false,
    isGateway,
    multipart: rest.multipart ?? !isGateway,
    hasher: rest.hasher ?? createJsHasher(),
    onError: rest.onError ?? (() => undefined),
    manifests: new SharedAnswers(4),
    completing: new Map(),
  }
  return {
    fetch: createRoutes(setup),
    issueToken: (request) => issueToken(signer, async () => (await registry.defaults()).entity, request),
  }
}

function checkSecret(secret: unknown): Uint8Array {
  const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : secret
  if (bytes instanceof Uint8Array && bytes.length >= 32) return bytes
  const found = bytes instanceof Uint8Array ? `${bytes.length} bytes` : typeof secret
  // What was passed is not shown: a secret that is too short is still one.
  return refuse("options.secret", "at least 32 bytes, as text or a Uint8Array", found, "crypto.getRandomValues makes good ones.")
}

function checkBaseUrl(argument: string, value: unknown): void {
  const url = URL.parse(checkString(argument, value))
  if (url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash === "") return
  refuse(argument, "an http or https address without query and fragment", value)
}

function checkOrigins(argument: string, value: unknown): void {
  if (!Array.isArray(value)) refuse(argument, 'a list of origins, such as ["https://birds.example"]', value)
  for (const [at, origin] of value.entries()) {
    const text = checkString(`${argument}[${at}]`, origin)
    if (text === "*" || isOrigin(text)) continue
    const advice = "Browsers send it with its scheme, in lower case, and without a path or a slash at its end."
    refuse(`${argument}[${at}]`, 'an origin such as "https://birds.example", or "*"', text, advice)
  }
}

/** As a browser would send it. Schemes of apps and extensions have no origin to compare with. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (/^https?:$/.test(url.protocol) ? url.origin === text : /^[a-z][a-z\d+.-]*:\/\/[^/\s]+$/.test(text))
}
