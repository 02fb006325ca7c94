/** The cases' registry behind W&B's protocol: a client of a server over it, both in this runtime. What only its owner can do stays direct. */
import type { EmbeddedRegistry, EmbeddedRegistryOptions } from "../../src/registry/embedded.ts"
import { apiKeys, createServer } from "../../src/server/server.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { apiKey, serverSecret } from "../secrets.ts"

export const isWire = true

export function through(registry: EmbeddedRegistry, options: Partial<EmbeddedRegistryOptions>): EmbeddedRegistry {
  const { entity = "local", project, pageUrl = "http://wandb.test" } = options
  const server = createServer({
    registry,
    secret: serverSecret,
    baseUrl: pageUrl,
    authenticate: apiKeys({ [apiKey]: { entity, username: "ann", entities: "*" } }),
  })
  const client = wandb({ apiKey, baseUrl: pageUrl, entity, project, fetch: server.fetch, env: () => undefined, retryDelayMs: 1 })
  const { gc, fsck, reportCorrupt } = registry
  // A cache in front of it is the business of other tests: what these spoil in the store must be met.
  return { ...client, remote: false, gc, fsck, reportCorrupt }
}
