/** Servers behind fault proxies on real sockets, several at once, since most of what faults take is waiting. */
import { isArtifactError } from "isofact"
import { expect } from "vitest"
import type { Registry } from "../../src/ports.ts"
import { type WandbOptions, wandb } from "../../src/wandb/wandb.ts"
import { listen } from "../server/listen.ts"
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts"
import { apiKey, serve } from "./served.ts"

/** Long enough for an answer on a busy machine; what stalls is waited for as long. */
export const limits = { timeoutMs: 1000, stallMs: 1000, retries: 5, multipartBytes: 5000, partBytes: 2000, downloadPartBytes: 3000 }

export interface World {
  readonly proxy: FaultProxy
  /** What the server keeps. */
  readonly truth: Registry
  /** A server that has nothing yet. */
  renew(): void
  /** A client that has seen nothing yet. */
  connect(options?: Partial<WandbOptions>): Registry
}

export interface Worlds extends AsyncDisposable {
  readonly first: World
  /** Does `work` for each item, in as many worlds at once as there are. */
  each<T>(items: Iterable<T>, work: (world: World, item: T) => Promise<void>): Promise<void>
}

export async function openWorlds(count = 8): Promise<Worlds> {
  const open = await Promise.all(Array.from({ length: count }, openWorld))
  return {
    first: open[0]!.world,
    async each(items, work) {
      const left = [...items].values()
      const working = open.map(async ({ world }) => {
        for (const item of left) await work(world, item)
      })
      // Whatever fails, none goes on while the next test begins.
      await Promise.allSettled(working)
      await Promise.all(working)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map(({ close }) => close()))
    },
  }
}

async function openWorld() {
  let server: ReturnType<typeof serve>
  const renew = () => {
    server = serve({ baseUrl: undefined, onError: () => undefined })
  }
  renew()
  const listening = await listen((request) => server.server.fetch(request))
  const proxy = await startFaultProxy(() => listening.url)
  const world: World = {
    proxy,
    get truth() {
      return server.registry
    },
    renew,
    connect: (options = {}) =>
      wandb({ ...limits, apiKey, baseUrl: proxy.url, entity: "local", env: () => undefined, retryDelayMs: 1, ...options }),
  }
  const close = async () => {
    await proxy[Symbol.asyncDispose]()
    await listening.close()
  }
  return { world, close }
}

/** Faults must reach the wire: nothing is answered from a cache of this machine. */
export const noCache = {
  name: "none",
  remote: false,
  stat: async () => undefined,
  put: async () => "stored" as const,
  get: async () => undefined,
  delete: async () => undefined,
  list: async function* () {},
}

export function expectClear(error: unknown, label: string): void {
  expect(isArtifactError(error), `${label}: ${error}`).toBe(true)
  expect(String(error)).not.toContain(apiKey)
}
