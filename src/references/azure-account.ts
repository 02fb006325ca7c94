import { checkFunction, checkOptions, checkPositiveInteger, checkString, refuse } from "../core/check.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Fetch } from "../net/request.ts"
import { writtenOut } from "./azure-connection.ts"
import { importAccountKey, signSharedKey } from "./azure-sign.ts"

type TokenAnswer = string | null | undefined | { readonly token: string }

export interface AzureReferenceOptions {
  /** Only this storage account; needed with `accountKey` and `sasToken`. Default: every account of `blob.core.windows.net`. */
  readonly account?: string | undefined
  /**
   * An access token for `https://storage.azure.com`, or who gives one, such as `() => credential.getToken(scope)` of @azure/identity:
   * asked before every request, so it keeps what it has for as long as that is valid. Default: none, which is enough for public blobs.
   */
  readonly token?: string | (() => TokenAnswer | Promise<TokenAnswer>) | undefined
  /** The query of a shared access signature, with or without its `?`. */
  readonly sasToken?: string | undefined
  /** One of the account's two keys. */
  readonly accountKey?: string | undefined
  /** In place of the four above and `endpoint`: what the portal shows, with a key or a signature. */
  readonly connectionString?: string | undefined
  /** The blob service of the account under another address: a private link, a sovereign cloud, `"http://127.0.0.1:10000/devstoreaccount1"`. */
  readonly endpoint?: string | URL | undefined
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Milliseconds without an answer, or without the next bytes of one, until a request counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
}

/** Who is asked, and with what permission. */
export interface AzureAccount {
  /** Where the blob service is, without a slash at its end; undefined for every account of the public cloud. */
  readonly endpoint: string | undefined
  readonly fetch: Fetch | undefined
  readonly timeoutMs: number | undefined
  /** The headers that permit a request, and the address with a signature in it. A signature that is given goes before all else. */
  authorize(request: {
    readonly method: string
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly sas: string
  }): Promise<{ url: string; headers: Record<string, string> }>
}

/** The first in which every part of a signature and of versions is known. */
const VERSION = "2021-12-02"

/** @throws InvalidArgumentError for options that contradict each other, or hold secrets for no account in particular */
export function azureAccount(options: AzureReferenceOptions): AzureAccount {
  const checked = checkOptions("options", options, {
    account: checkAccount,
    token: (place, token) => typeof token === "function" || checkString(place, token),
    sasToken: checkString,
    accountKey: checkString,
    connectionString: checkString,
    endpoint: (place, endpoint) => URL.canParse(String(endpoint)) || refuse(place, "an address", endpoint),
    fetch: checkFunction,
    timeoutMs: checkPositiveInteger,
  })
  const { fetch, timeoutMs, connectionString } = checked
  const named = ["account", "sasToken", "accountKey", "endpoint"].find((name) => name in options && connectionString !== undefined)
  if (named !== undefined)
    throw new InvalidArgumentError(`options.${named}`, `${named} is part of a connectionString; pass one of them`)
  const { token, sasToken, accountKey, ...place } = connectionString === undefined ? checked : readConnection(connectionString)
  const endpoint = endpointOf(place)
  if (endpoint === undefined && (sasToken ?? accountKey) !== undefined)
    refuse("options.account", "given with accountKey or sasToken, which go to no other account", place.account)
  const key = accountKey === undefined ? undefined : importAccountKey("options.accountKey", accountKey)
  // Whoever asks first is told what is wrong with it.
  key?.catch(() => undefined)
  const account = place.account ?? accountNameOf(endpoint)

  return {
    endpoint,
    fetch,
    timeoutMs,
    async authorize({ method, url, headers: given, sas: ownSas }) {
      const sas = ownSas || sasToken?.replace(/^\?/, "")
      const headers = { ...given, "x-ms-version": VERSION }
      if (sas) return { url: `${url}${url.includes("?") ? "&" : "?"}${sas}`, headers }
      const dated = { ...headers, "x-ms-date": new Date().toUTCString() }
      if (key !== undefined)
        return {
          url,
          headers: { ...dated, authorization: await signSharedKey(account, await key, { method, url, headers: dated }) },
        }
      const answer = typeof token === "function" ? await token() : token
      const bearer = typeof answer === "object" ? answer?.token : answer
      return { url, headers: bearer === undefined ? headers : { ...dated, authorization: `Bearer ${bearer}` } }
    },
  }
}

function checkAccount(place: string, value: unknown): void {
  if (!/^[a-z0-9-]{3,32}$/.test(checkString(place, value))) refuse(place, "the name of a storage account", value)
}

function endpointOf({ account, endpoint }: Pick<AzureReferenceOptions, "account" | "endpoint">): string | undefined {
  if (endpoint !== undefined)
    return String(endpoint)
      .replace(/[?#].*$/, "")
      .replace(/\/+$/, "")
  return account === undefined ? undefined : `https://${account}.blob.core.windows.net`
}

/** The first part of the path where the host is an address or a bare name, else of the host. */
function accountNameOf(endpoint = "https://"): string {
  const [, host = "", path = ""] = /^\w+:\/\/([^/]*)\/?([^/]*)/.exec(endpoint) ?? []
  return path || host.split(".")[0]!
}

function readConnection(text: string): Pick<AzureReferenceOptions, "account" | "token" | "sasToken" | "accountKey" | "endpoint"> {
  const parts = new Map(
    writtenOut(text)
      .split(";")
      .map((part) => [part.split("=", 1)[0]!.trim().toLowerCase(), part.slice(part.indexOf("=") + 1)]),
  )
  const account = parts.get("accountname")
  const suffix = parts.get("endpointsuffix") ?? "core.windows.net"
  const endpoint =
    parts.get("blobendpoint") ?? (account && `${parts.get("defaultendpointsprotocol") ?? "https"}://${account}.blob.${suffix}`)
  if (!endpoint || !URL.canParse(endpoint)) {
    throw new InvalidArgumentError("options.connectionString", "connectionString must have an AccountName or a BlobEndpoint")
  }
  return { account, endpoint, accountKey: parts.get("accountkey"), sasToken: parts.get("sharedaccesssignature") }
}
