/** A server on a port of this runtime's own, over its own registry, and a client that logs to it and reads again. */

import { Api, Artifact, init } from "isofact"
import { platform } from "#platform"
import type { Registry } from "../../src/ports.ts"
import { apiKeys, createServer, type Server } from "../../src/server/server.ts"
import { createMemoryDirectory } from "../../src/storage/memory.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { sampleBytes } from "../contracts/content.ts"

const apiKey = "local-0123456789abcdef0123456789abcdef01234567"
const MiB = 1024 * 1024
const { hasher } = platform

interface Host {
  readonly url: string
  readonly fetch?: Server["fetch"]
  stop(): Promise<unknown>
}

interface Runtimes {
  readonly Bun?: { serve(options: object): { readonly port: number; stop(force: boolean): Promise<void> } }
  readonly Deno?: {
    serve(options: object, handler: Server["fetch"]): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  }
}

/** As the README has it. Workers have no ports: there both ends meet in the program. */
function listen(server: Server): Host {
  const { Bun, Deno } = globalThis as Runtimes
  const hostname = "127.0.0.1"
  if (Bun !== undefined) {
    const unlimited = { maxRequestBodySize: Number.MAX_SAFE_INTEGER, idleTimeout: 0 }
    const host = Bun.serve({ fetch: server.fetch, hostname, port: 0, ...unlimited })
    return { url: `http://${hostname}:${host.port}`, stop: () => host.stop(true) }
  }
  if (Deno !== undefined) {
    const host = Deno.serve({ hostname, port: 0, onListen: () => undefined }, server.fetch)
    return { url: `http://${hostname}:${host.addr.port}`, stop: () => host.shutdown() }
  }
  return { url: "http://wandb.test", fetch: server.fetch, stop: async () => undefined }
}

export async function exercise() {
  const errors: string[] = []
  const server = createServer({
    registry: platform.registry(),
    hasher,
    secret: "a secret of at least thirty-two bytes",
    authenticate: apiKeys({ [apiKey]: { entity: "local", username: "ann", entities: "*" } }),
    onError: (error) => errors.push(String(error)),
  })
  const host = listen(server)
  const parts = { multipartBytes: 4 * MiB, partBytes: MiB, downloadPartBytes: MiB }
  let partsSent = 0
  const send = (request: Request) => {
    if (request.method === "PUT" && request.url.includes("/storage/part?")) partsSent++
    return (host.fetch ?? fetch)(request)
  }
  const client = wandb({ apiKey, baseUrl: host.url, entity: "local", fetch: send, hasher, env: () => undefined, ...parts })
  // No cache of this machine's before it.
  const registry: Registry = { ...client, remote: false }
  try {
    const artifact = new Artifact("tree", "dataset")
    const files = { "a.txt": 10, "deep/b": 3 * MiB, "deep/empty": 0, large: 5 * MiB + 7 }
    for (const [name, size] of Object.entries(files)) await artifact.addFile(new Blob([sampleBytes(size, size) as never]), { name })
    const run = await init({ registry, project: "birds" })
    await run.logArtifact(artifact)
    await run.finish()
    const used = await new Api({ registry, project: "birds" }).artifact("tree:latest")
    const directory = createMemoryDirectory({ hasher })
    await used.download(directory)
    const { verified } = await used.verify(directory)
    return { version: used.version, verified, isSame: used.digest === artifact.digest, partsSent, errors }
  } finally {
    await host.stop()
  }
}
