import { createHash, generateKeyPairSync, verify } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What the JSON API does with generations, pages and permission, and what goes wrong with it on demand. */
export interface GcsServer {
  readonly endpoint: string
  /** Every request that came, as method and path with its query. */
  readonly requests: string[]
  /** The key file of a service account that this server gives tokens to. */
  readonly credentials: { client_email: string; private_key: string; token_uri: string; type: string }
  /** A new generation of an object; gives its description. */
  put(key: string, body: string, more?: Record<string, unknown>): Record<string, string>
  /** Edits metadata: another etag, the same generation. */
  touch(key: string): void
  /** Takes the newest generation away; older ones stay when the bucket keeps them. */
  remove(key: string): void
  keepsVersions: boolean
  /** Asked before each request is answered; true means that it has answered by itself. */
  fault: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** The tokens that are let in; undefined for everybody. */
  tokens: Set<string> | undefined
  tokenSeconds: number
  pageSize: number
  stop(): void
}

interface Stored {
  readonly item: Record<string, string>
  readonly body: string
  isLive: boolean
}

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })

export async function startGcsServer(bucket = "birds"): Promise<GcsServer> {
  const objects: Stored[] = []
  let clock = 1_700_000_000_000_000
  const etagOf = (generation: number, metageneration: number) => btoa(`${metageneration}.${generation % 1e6}`)
  const liveOf = (key: string) => objects.find(({ item, isLive }) => isLive && item.name === key)

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url!, "http://localhost")
    const fail = (status: number, reason: string, message: string) =>
      response.writeHead(status).end(JSON.stringify({ error: { code: status, message, errors: [{ reason, message }] } }))
    if (url.pathname === "/token") return giveToken(request, response)
    const [, name, key] = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    if (server.tokens !== undefined && !server.tokens.has((request.headers.authorization ?? "").replace("Bearer ", ""))) {
      return fail(401, request.headers.authorization ? "authError" : "required", "Anonymous caller does not have access")
    }
    if (name !== bucket) return fail(404, "notFound", "The specified bucket does not exist.")
    if (key === undefined) return list(url.searchParams, response)
    const generation = url.searchParams.get("generation")
    const found = objects.find(
      ({ item, isLive }) => item.name === decodeURIComponent(key) && (generation ? item.generation === generation : isLive),
    )
    if (found === undefined) return fail(404, "notFound", `No such object: ${bucket}/${decodeURIComponent(key)}`)
    if (url.searchParams.get("alt") !== "media") return response.end(JSON.stringify(found.item))
    const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? []
    if (start === undefined) return response.end(found.body)
    const part = found.body.slice(Number(start), end ? Number(end) + 1 : undefined)
    const span = `bytes ${start}-${Number(start) + part.length - 1}/${found.body.length}`
    return response.writeHead(206, { "content-range": span }).end(part)
  }
  const list = (query: URLSearchParams, response: ServerResponse) => {
    const all = objects.filter(({ item, isLive }) => isLive && item.name!.startsWith(query.get("prefix") ?? ""))
    const start = Number(query.get("pageToken") ?? 0)
    const end = start + server.pageSize
    const items = all.slice(start, end).map(({ item }) => item)
    response.end(JSON.stringify({ ...(items.length > 0 && { items }), ...(end < all.length && { nextPageToken: String(end) }) }))
  }
  const giveToken = async (request: IncomingMessage, response: ServerResponse) => {
    let text = ""
    for await (const part of request) text += part
    const assertion = new URLSearchParams(text).get("assertion") ?? ""
    const [head, claims, signature] = assertion.split(".")
    const isSigned = verify("sha256", Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature ?? "", "base64url"))
    const { iss, aud } = JSON.parse(Buffer.from(claims ?? "", "base64url").toString() || "{}")
    if (!isSigned || iss !== server.credentials.client_email || aud !== server.credentials.token_uri) {
      return response.writeHead(400).end(JSON.stringify({ error: "invalid_grant" }))
    }
    const access_token = `token-${server.requests.length}`
    server.tokens?.add(access_token)
    response.end(JSON.stringify({ access_token, expires_in: server.tokenSeconds }))
  }

  const http = createServer((request, response) => {
    server.requests.push(`${request.method} ${request.url}`)
    if (!server.fault?.(request, response)) answer(request, response)
  })
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  const endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const server: GcsServer = {
    endpoint,
    requests: [],
    credentials: {
      type: "service_account",
      client_email: "reader@example.iam.gserviceaccount.com",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      token_uri: `${endpoint}/token`,
    },
    put(key, body, more) {
      server.remove(key)
      const generation = ++clock
      const md5Hash = createHash("md5").update(body).digest("base64")
      const size = String(Buffer.byteLength(body))
      const item = { name: key, etag: etagOf(generation, 1), generation: String(generation), size, md5Hash, ...more }
      objects.push({ item, body, isLive: true })
      return item
    },
    touch(key) {
      const { item } = liveOf(key)!
      item.etag = etagOf(Number(item.generation), 2)
    },
    remove(key) {
      const found = liveOf(key)
      if (found === undefined) return
      found.isLive = false
      if (!server.keepsVersions) objects.splice(objects.indexOf(found), 1)
    },
    keepsVersions: false,
    fault: undefined,
    tokens: undefined,
    tokenSeconds: 3600,
    pageSize: 1000,
    stop() {
      http.closeAllConnections()
      http.close()
    },
  }
  return server
}
