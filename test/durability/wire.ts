/** W&B's wire between two processes: what the children and the test agree on. */
import { createServer as createNodeServer } from "node:http"
import { getRequestListener } from "@hono/node-server"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createNodePlatform } from "../../src/doors/node.ts"
import type { Registry } from "../../src/ports.ts"
import { apiKeys, createServer } from "../../src/server/server.ts"
import { type WandbOptions, wandb } from "../../src/wandb/wandb.ts"
import { apiKey, sharedSecret } from "../secrets.ts"

export { apiKey }

export const project = "kill"

/** A server over the registry in `dir`; resolves with its port. */
export function serveFolder(dir: string, port = 0): Promise<Serving> {
  return serveRegistry(createNodePlatform().registry({ dir }), { port })
}

export interface Serving {
  readonly port: number
  close(): void
}

/** One of another server, too: then this one is a gateway, which with `direct` lets bytes go past it. */
export function serveRegistry(
  registry: Registry,
  { port = 0, direct = false }: { readonly port?: number; readonly direct?: boolean } = {},
): Promise<Serving> {
  const server = createServer({
    registry,
    direct,
    secret: sharedSecret,
    authenticate: apiKeys({ [apiKey]: { entity: "local", username: "ann", entities: "*" } }),
    hasher: createNodeHasher(),
  })
  const listener = createNodeServer(getRequestListener(server.fetch))
  return new Promise((resolve, reject) => {
    listener.once("error", reject)
    listener.listen(port, "127.0.0.1", () => {
      const close = () => {
        listener.close()
        listener.closeAllConnections()
      }
      resolve({ port: (listener.address() as { port: number }).port, close })
    })
  })
}

/** A client of it that sends `large.bin` in parts. */
export function connect(port: number, options: Partial<WandbOptions> = {}): Registry {
  const parts = { multipartBytes: 1_000_000, partBytes: 256 * 1024 }
  return wandb({ apiKey, baseUrl: `http://127.0.0.1:${port}`, retryDelayMs: 20, hasher: createNodeHasher(), ...parts, ...options })
}
