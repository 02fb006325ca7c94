/** Our server behind a real port, over an embedded registry in a folder, with or without a gateway before it, and what was asked of it. */

import { createServer as createHttpServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createNodePlatform } from "../../src/doors/node.ts"
import type { Registry } from "../../src/ports.ts"
import { createServer } from "../../src/server/server.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { interopKey } from "../secrets.ts"
import { listen } from "../server/listen.ts"

/** A request as the checks look at it; never its query, which may hold a signature. */
export interface Seen {
  readonly method: string
  readonly path: string
  /** Of GraphQL. */
  readonly operation: string | undefined
  readonly status: number
  /** What GraphQL refused, or what went wrong behind a status of 500. */
  readonly refusal: string | undefined
}

export interface Host extends AsyncDisposable {
  readonly url: string
  readonly key: string
  readonly registry: Registry
  readonly seen: readonly Seen[]
  /** A text file on another server, for references. */
  readonly reference: string
}

export const ENTITY = "birds"
/** Another that the key may use. */
const OTHER = "flock"

/** Another server between client and registry: a gateway, which has no registry of its own but our client. */
export async function startGateway(dir: string): Promise<Host> {
  const behind = await startHost(dir)
  const gateway = await serve(wandb({ apiKey: behind.key, baseUrl: behind.url }))
  return {
    ...{ ...gateway, registry: behind.registry, reference: behind.reference },
    [Symbol.asyncDispose]: async () => {
      await gateway.close()
      await behind[Symbol.asyncDispose]()
    },
  }
}

export interface HostOptions {
  /** Default: an embedded one in the folder. */
  readonly registry?: Registry
  readonly direct?: boolean
}

export async function startHost(dir: string, options: HostOptions = {}): Promise<Host> {
  const registry = options.registry ?? createNodePlatform().registry({ dir: join(dir, "registry") })
  const served = await serve(registry, options.direct)
  const reference = await serveReference()
  return {
    ...{ ...served, registry, reference: reference.url },
    [Symbol.asyncDispose]: async () => {
      reference.close()
      await served.close()
    },
  }
}

async function serve(registry: Registry, direct = false) {
  const seen: Seen[] = []
  const failures = new Map<string, string>()
  const server = createServer({
    registry,
    direct,
    secret: crypto.getRandomValues(new Uint8Array(32)),
    authenticate: (key) =>
      key === interopKey ? { entity: ENTITY, username: "ann", email: "ann@birds.example", entities: [ENTITY, OTHER] } : undefined,
    corsOrigins: ["*"],
    hasher: createNodeHasher(),
    onError: (error, { requestId }) => {
      const refusal = String((error as Error).stack ?? error)
      if (requestId !== undefined) failures.set(requestId, refusal)
      else seen.push({ method: "GET", path: "an answer broken off", operation: undefined, status: 500, refusal })
    },
  })
  const listening = await listen(async (request) => {
    const operation = await operationOf(request)
    const response = await server.fetch(request)
    const failure = failures.get(response.headers.get("x-request-id") ?? "")
    const refusal = failure ?? (operation === undefined ? undefined : await refusalOf(response))
    seen.push({ method: request.method, path: new URL(request.url).pathname, operation, status: response.status, refusal })
    return response
  })
  return { url: listening.url, key: interopKey, seen, close: () => listening.close() }
}

async function operationOf(request: Request): Promise<string | undefined> {
  if (!request.url.endsWith("/graphql") || request.method !== "POST") return undefined
  const { query } = (await request.clone().json()) as { query: string }
  return /(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? "unnamed"
}

async function refusalOf(response: Response): Promise<string | undefined> {
  const body = (await response.clone().json()) as { errors?: readonly { message: string }[] }
  return body.errors?.map(({ message }) => message).join("; ")
}

/** A page may read it too, and see its tag. */
const referenceHeaders = {
  etag: '"tag-1"',
  "content-type": "text/plain",
  "content-length": "4",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "etag, content-length",
}

async function serveReference() {
  const server = createHttpServer((_, response) => response.writeHead(200, referenceHeaders).end("web\n"))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/web.txt`, close }
}
