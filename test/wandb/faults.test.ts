import { Api, Artifact, init, isArtifactError } from "isofact"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Registry } from "../../src/ports.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { type Listening, listen } from "../server/listen.ts"
import { type FaultProxy, faults, startFaultProxy } from "./fault-proxy.ts"
import { apiKey, connect, type Fetch, serve } from "./served.ts"

const files: { readonly [path: string]: string } = {
  "a.txt": "small",
  "deep/empty": "",
  "large.bin": Array.from({ length: 700 }, (_, at) => `line ${at}\n`).join(""),
}

const limits = { timeoutMs: 250, stallMs: 250, retries: 5, multipartBytes: 5000, partBytes: 2000, downloadPartBytes: 3000 }
const client = (fetch: Fetch) => connect(fetch, limits)

async function log(registry: Registry, signal?: AbortSignal): Promise<void> {
  const run = await init({ registry, cache: noCache, signal })
  const artifact = new Artifact("field", "dataset")
  for (const [path, text] of Object.entries(files)) await artifact.addFile(new Blob([text]), { name: path })
  await run.logArtifact(artifact, { signal })
  await run.finish({ signal })
}

async function read(registry: Registry): Promise<{ [path: string]: string }> {
  const artifact = await new Api({ registry, cache: noCache }).artifact("field")
  const found: { [path: string]: string } = {}
  for (const path of Object.keys(files)) found[path] = await artifact.getEntry(path).text()
  return found
}

/** Faults must reach the wire: nothing is answered from a cache of this machine. */
const noCache = {
  name: "none",
  remote: false,
  stat: async () => undefined,
  put: async () => "stored" as const,
  get: async () => undefined,
  delete: async () => undefined,
  list: async function* () {},
}

describe("at each request in turn, over a real socket", () => {
  let server: ReturnType<typeof serve>
  let listening: Listening
  let proxy: FaultProxy
  let count = 0
  const behind = () => wandb({ ...limits, apiKey, baseUrl: proxy.url, entity: "local", env: () => undefined, retryDelayMs: 1 })
  const renew = () => {
    server = serve({ baseUrl: undefined, onError: () => undefined })
  }

  beforeAll(async () => {
    renew()
    listening = await listen((request) => server.server.fetch(request))
    proxy = await startFaultProxy(() => listening.url)
    proxy.arm()
    await log(behind())
    await read(behind())
    count = proxy.count
  })

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await listening?.close()
  })

  test.each(Object.entries(faults))(
    "%s ends in success or in one clear error, with nothing wrong committed",
    { timeout: 60_000 },
    async (name, fault) => {
      expect(count).toBeGreaterThan(10)
      for (let at = 0; at < count; at++) {
        renew()
        proxy.arm(fault, at)
        const registry = behind()
        let failure: unknown
        try {
          await log(registry)
          expect(await read(registry), `${name} at ${at}`).toEqual(files)
        } catch (error) {
          failure = error
        }
        if (failure !== undefined) expectClear(failure, `${name} at ${at}`)
        const truth = server.registry
        const committed = await truth.findVersion({ entity: "local", project: "uncategorized", collection: "field" })
        if (committed !== undefined) expect(await read(truth), `${name} at ${at}`).toEqual(files)
        // All but a conflict, which only somebody else's change can be, is overcome.
        if (name !== "409") expect(failure, `${name} at ${at}`).toBeUndefined()
      }
    },
  )
})

/** How many requests logging and reading take, each of which can be the last. */
async function countRequests(): Promise<number> {
  const { server } = serve({ onError: () => undefined })
  let count = 0
  const registry = client((request) => {
    count++
    return server.fetch(request)
  })
  await log(registry)
  await read(registry)
  return count
}

test("stopped at any request and run again, it ends as if it had not been, and no file is sent twice", async () => {
  for (let at = 0; at < (await countRequests()); at++) {
    const { server, registry: truth } = serve({ onError: () => undefined })
    const stored = new Map<string, number>()
    const flying = new Set<Promise<unknown>>()
    const counted: Fetch = async (request) => {
      const isFile = request.method === "PUT" && /storage\/(upload|part)$/.test(new URL(request.url).pathname)
      const digest = request.headers.get("content-md5")!
      const answering = server.fetch(request)
      flying.add(answering)
      const answer = await answering
      if (isFile && answer.ok) stored.set(digest, (stored.get(digest) ?? 0) + 1)
      return answer
    }
    let count = 0
    // As far as the server can see, this one is gone from its request number `at` on.
    const stopped = client((request) => (count++ < at ? counted(request) : new Promise(() => undefined)))
    const signal = new AbortController()
    const first = log(stopped, signal.signal).catch(() => undefined)
    while (count <= at && !(await Promise.race([first.then(() => true), pause(2)]))) {}
    signal.abort(new Error("stopped"))
    await Promise.allSettled(flying)
    const again = client(counted)
    await log(again)
    expect(await read(again), `stopped at ${at}`).toEqual(files)
    expect(
      [...stored.values()].filter((times) => times > 1),
      `stopped at ${at}`,
    ).toEqual([])
    const [version, ...others] = await Array.fromAsync(
      truth.versions({ entity: "local", project: "uncategorized", collection: "field" }),
    )
    expect(version?.index).toBe(0)
    expect(others).toEqual([])
  }
})

const pause = (delayMs: number) => new Promise<false>((resolve) => setTimeout(() => resolve(false), delayMs))

function expectClear(error: unknown, label: string): void {
  expect(isArtifactError(error), `${label}: ${error}`).toBe(true)
  expect(String(error)).not.toContain(apiKey)
}
