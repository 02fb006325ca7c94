/** A server over a registry in memory and a client of it, both in this program. */
import { createJsHasher } from "../../src/bytes/js-hasher.ts"
import type { Registry } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { apiKeys, createServer, type ServerOptions } from "../../src/server/server.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { type WandbOptions, wandb } from "../../src/wandb/wandb.ts"
import { apiKey, serverSecret } from "../secrets.ts"

export { apiKey }

export const baseUrl = "http://wandb.test/base"

export type Fetch = (request: Request) => Promise<Response>

export function serve(options: Partial<ServerOptions> = {}) {
  const hasher = createJsHasher()
  const blobs = createMemoryBlobStore({ hasher })
  const registry = createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs, hasher })
  const server = createServer({
    registry,
    secret: serverSecret,
    baseUrl,
    authenticate: apiKeys({ [apiKey]: { entity: "local", username: "ann", entities: "*" } }),
    // A server's own failure shows in the test's output, not only as a status.
    onError: (error) => console.error(error),
    ...options,
  })
  return { server, registry, blobs }
}

export function connect(fetch: Fetch, options: Partial<WandbOptions> = {}): Registry {
  return wandb({ apiKey, baseUrl, entity: "local", fetch, env: () => undefined, retryDelayMs: 1, ...options })
}
