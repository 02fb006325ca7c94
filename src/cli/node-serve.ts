import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { networkInterfaces } from "node:os"
import { createAdaptorServer } from "@hono/node-server"
import { RegistryError } from "../index.ts"

/** How long requests may go on once the server was told to stop. */
const graceMs = 10_000

export interface Listening {
  readonly port: number
  /** Stops taking requests, and resolves when those under way have ended. */
  close(): Promise<void>
}

/** Serves `fetch` over HTTP. @throws RegistryError when nothing can listen there */
export async function listen(
  fetch: (request: Request) => Promise<Response>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server
  // A large upload takes as long as it takes.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(explain(cause, host, port)))
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

/** By which names a server that listens at `host` can be reached: from this machine first, then from others. */
export function addressesOf(host: string): string[] {
  if (!["0.0.0.0", "::", ""].includes(host)) return [host]
  const isOpen = ({ family, address }: { family: string; address: string }) =>
    family === "IPv4" || (host !== "0.0.0.0" && !/^fe80:/i.test(address))
  const found = Object.values(networkInterfaces()).flatMap((all = []) => all.filter((one) => !one.internal && isOpen(one)))
  return ["localhost", ...found.map(({ address }) => address)]
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): RegistryError {
  const problem = cause.code === "EADDRINUSE" ? "is taken" : `cannot be listened at (${cause.code ?? cause.message})`
  return new RegistryError(`${host}:${port} ${problem}; choose another with --host or --port`, { operation: "listen" }, { cause })
}

async function close(server: Server): Promise<void> {
  const ended = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  const giveUp = setTimeout(() => server.closeAllConnections(), graceMs)
  await ended
  clearTimeout(giveUp)
}
