/** A proxy on a real socket that does to one request of many what networks and servers do. */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http"
import type { AddressInfo, Socket } from "node:net"

interface Exchange {
  readonly method: string
  readonly path: string
  readonly response: ServerResponse
  readonly socket: Socket
  /** What the client sent; read to its end. */
  body(): Promise<Buffer>
  /** The server's answer, with its body whole. */
  forward(body?: Buffer): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>
  /** Gives the server's answer to the client as it is. */
  pass(): Promise<void>
}

export type Fault = (exchange: Exchange) => Promise<void> | void

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  async ({ response, body }) => {
    await body()
    response.writeHead(code, headers).end(JSON.stringify({ errors: [{ message: `made up ${code}` }] }))
  }

/** The first half of the answer under the headers of the whole, then `end`. */
const half =
  (end: (exchange: Exchange) => void): Fault =>
  async (exchange) => {
    const { status, headers, body } = await exchange.forward()
    exchange.response.writeHead(status, headers)
    exchange.response.flushHeaders()
    await new Promise<void>((resolve) => exchange.response.write(body.subarray(0, body.length / 2), () => resolve()))
    end(exchange)
  }

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  if (copy.length > 0) copy[copy.length >> 1]! ^= 1
  return copy
}

const expired = (code: number, reason: string): Fault => {
  return async ({ path, body, response, pass }) => {
    if (!path.includes("/storage/")) return pass()
    await body()
    response.writeHead(code, { "content-type": "application/xml" }).end(`<Error><Code>${reason}</Code></Error>`)
  }
}

export const faults: { readonly [name: string]: Fault } = {
  "reset before it is done": ({ socket }) => void socket.resetAndDestroy(),
  "reset while it is sent": async ({ socket, response }) => {
    await new Promise((resolve) => response.req.once("data", resolve).once("end", resolve))
    socket.resetAndDestroy()
  },
  "reset after it was done": async ({ forward, socket }) => {
    await forward()
    socket.resetAndDestroy()
  },
  "stall before the answer": () => undefined,
  "stall within the answer": half(() => undefined),
  "cut off within the answer": half(({ socket }) => socket.resetAndDestroy()),
  "closed within the answer": half(({ socket }) => socket.end()),
  "a delay": async ({ pass }) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return pass()
  },
  "408": status(408),
  "408 with Retry-After": status(408, { "retry-after": "0.02" }),
  "409": status(409),
  "409 with Retry-After": status(409, { "retry-after": "0.02" }),
  "429": status(429),
  "429 with Retry-After": status(429, { "retry-after": "0.02" }),
  "500": status(500),
  "500 with Retry-After": status(500, { "retry-after": "0.02" }),
  "502": status(502),
  "502 with Retry-After": status(502, { "retry-after": "0.02" }),
  "503": status(503),
  "503 with a date": status(503, { "retry-after": new Date(0).toUTCString() }),
  "an address that has run out": expired(403, "AccessDenied"),
  "an address that has run out, as S3 says it": expired(400, "ExpiredToken"),
  "a byte flipped on its way up": async ({ method, body, forward, pass, response }) => {
    if (method !== "PUT") return pass()
    const answer = await forward(flipped(await body()))
    response.writeHead(answer.status, answer.headers).end(answer.body)
  },
  "a byte flipped on its way down": async ({ method, forward, pass, response }) => {
    if (method !== "GET") return pass()
    const answer = await forward()
    response.writeHead(answer.status, answer.headers).end(flipped(answer.body))
  },
}

export interface FaultProxy extends AsyncDisposable {
  readonly url: string
  /** Requests since the last `arm`. */
  readonly count: number
  /** Does `fault` to request number `at` from now on; to none without one. */
  arm(fault?: Fault, at?: number): void
}

/** @param upstream asked for each request, so that the server behind can be another one */
export async function startFaultProxy(upstream: () => string): Promise<FaultProxy> {
  let count = 0
  let armed: { fault: Fault; at: number } | undefined
  const server = createServer((request, response) => {
    const exchange = exchangeOf(request, response, upstream())
    const work = count++ === armed?.at ? armed.fault(exchange) : exchange.pass()
    // Whoever was stopped meanwhile is not there to be told.
    Promise.resolve(work).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get count() {
      return count
    },
    arm(fault, at = -1) {
      count = 0
      armed = fault && { fault, at }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function exchangeOf(request: IncomingMessage, response: ServerResponse, upstream: string): Exchange {
  const { method = "GET", url: path = "/", headers } = request
  let read: Promise<Buffer> | undefined
  const body = () => (read ??= collect(request))
  const forward: Exchange["forward"] = async (given) => {
    const sent = given ?? (await body())
    return new Promise((resolve, reject) => {
      // `Host` stays the proxy's, so that the addresses the server signs lead here.
      const onward = send(`${upstream}${path}`, { method, headers, agent: false }, (answer) => {
        collect(answer).then((whole) => resolve({ status: answer.statusCode!, headers: answer.headers, body: whole }), reject)
      })
      onward.on("error", reject).end(sent)
    })
  }
  const pass = async () => {
    const answer = await forward()
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }
  return { method, path, response, socket: request.socket, body, forward, pass }
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}
