/** A real web server for references: what each path does, and what came of the requests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"

export type Answering = (request: IncomingMessage, response: ServerResponse) => unknown

export interface WebServer {
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  readonly requests: readonly IncomingMessage[]
  /** By path with its query; what is absent is 404. Can be changed at any time. */
  readonly paths: Record<string, Answering>
  /** Answers that were begun and have neither ended nor been broken off. */
  readonly openAnswers: number
  /** Connections at once, at most so far; those that were let go of count until they are closed. */
  readonly mostConnections: number
  close(): void
}

export async function startWeb(paths: Record<string, Answering>, otherwise: Answering = nothing): Promise<WebServer> {
  const requests: IncomingMessage[] = []
  const sockets = new Set<Socket>()
  let openAnswers = 0
  let mostConnections = 0
  const server = createServer((request, response) => {
    requests.push(request)
    openAnswers++
    response.on("close", () => openAnswers--)
    const answer = paths[request.url!] ?? otherwise
    answer(request, response)
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    mostConnections = Math.max(mostConnections, sockets.size)
    socket.on("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    paths,
    get openAnswers() {
      return openAnswers
    },
    get mostConnections() {
      return mostConnections
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const nothing: Answering = (_, response) => response.writeHead(404).end("nothing here")

export interface FileOptions {
  readonly etag?: string
  /** Default true. */
  readonly hasLength?: boolean
  readonly hasRanges?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** A file as usual servers have it. */
export function file(content: string | Uint8Array, options: FileOptions = {}): Answering {
  const { etag, hasLength = true, hasRanges = true, headers = {} } = options
  const body = Buffer.from(content)
  return (request, response) => {
    const common = { ...(etag !== undefined && { etag }), ...headers }
    const [, from, to] = (hasRanges && /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "")) || []
    if (from === undefined) {
      return response.writeHead(200, { ...common, ...(hasLength && { "content-length": body.byteLength }) }).end(body)
    }
    if (Number(from) >= body.byteLength)
      return response.writeHead(416, { ...headers, "content-range": `bytes */${body.byteLength}` }).end()
    const part = body.subarray(Number(from), to ? Number(to) + 1 : undefined)
    const range = `bytes ${from}-${Number(from) + part.byteLength - 1}/${body.byteLength}`
    response.writeHead(206, { ...common, "content-length": part.byteLength, "content-range": range }).end(part)
  }
}

export function redirect(location: string, status = 302): Answering {
  return (_, response) => response.writeHead(status, { location }).end("elsewhere")
}

/** So much of the answer, and then the line breaks. */
export function broken(answer: Answering, bytes: number): Answering {
  return (request, response) => {
    const write = response.end.bind(response)
    response.end = ((body: Buffer) => {
      response.write(body.subarray(0, bytes), () => setTimeout(() => response.socket?.destroy(), 20))
      return response
    }) as typeof write
    return answer(request, response)
  }
}

/** The answers one after the other; the last one stays. */
export function inTurn(...answers: Answering[]): Answering {
  return (request, response) => (answers.length > 1 ? answers.shift()! : answers[0]!)(request, response)
}

/** An answer without an end. `onSent` is told the bytes that went out. */
export function endless(
  status: number,
  headers: Readonly<Record<string, string>>,
  onSent: (bytes: number) => void = () => {},
): Answering {
  const chunk = Buffer.alloc(65_536)
  return (_, response) => {
    response.writeHead(status, headers)
    const more = () => {
      do onSent(chunk.byteLength)
      while (!response.destroyed && response.write(chunk))
    }
    response.on("drain", more)
    more()
  }
}
