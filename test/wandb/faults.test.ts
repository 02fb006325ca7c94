import { Api, Artifact, init } from "isofact"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Registry } from "../../src/ports.ts"
import { faults } from "./fault-proxy.ts"
import { expectClear, limits, noCache, openWorlds, type World, type Worlds } from "./fault-worlds.ts"
import { connect, type Fetch, serve } from "./served.ts"

const files: { readonly [path: string]: string } = {
  "a.txt": "small",
  "deep/empty": "",
  "large.bin": Array.from({ length: 700 }, (_, at) => `line ${at}\n`).join(""),
}

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

describe("at each request in turn, over a real socket", () => {
  let worlds: Worlds
  let count = 0

  beforeAll(async () => {
    worlds = await openWorlds()
    const { proxy, connect } = worlds.first
    proxy.arm()
    await log(connect())
    await read(connect())
    count = proxy.count
  })
  afterAll(async () => worlds?.[Symbol.asyncDispose]())

  const each = (work: (world: World, at: number) => Promise<void>) =>
    worlds.each(Array.from({ length: count }).keys(), async (world, at) => {
      world.renew()
      await work(world, at)
    })

  test.each(Object.entries(faults))(
    "%s ends in success or in one clear error, with nothing wrong committed",
    { timeout: 60_000 },
    async (name, fault) => {
      expect(count).toBeGreaterThan(10)
      await each(async ({ proxy, truth, connect }, at) => {
        const label = `${name} at ${at}`
        proxy.arm(fault, at)
        const registry = connect()
        let failure: unknown
        try {
          await log(registry)
          expect(await read(registry), label).toEqual(files)
        } catch (error) {
          failure = error
        }
        if (failure !== undefined) expectClear(failure, label)
        const committed = await truth.findVersion({ entity: "local", project: "uncategorized", collection: "field" })
        if (committed !== undefined) expect(await read(truth), label).toEqual(files)
        // All but a conflict, which only somebody else's change can be, is overcome.
        if (!name.startsWith("409")) expect(failure, label).toBeUndefined()
      })
    },
  )
})

/** Logs and reads; request number `at` meets `fault`. Gives when it was asked, and when it was asked again. */
async function askedAgain(at: number, fault: (answer: () => Promise<Response>) => Promise<Response>) {
  const { server } = serve({ onError: () => undefined })
  const asked: { readonly what: string; readonly time: number }[] = []
  const meet: Fetch = async (request) => {
    const what = [request.method, request.url, request.headers.get("range"), await request.clone().text()].join(" ")
    const isIt = asked.push({ what, time: performance.now() }) === at + 1
    return isIt ? fault(() => server.fetch(request)) : server.fetch(request)
  }
  const registry = connect(meet, { ...limits, timeoutMs: 20_000, stallMs: 20_000 })
  await log(registry)
  expect(await read(registry)).toEqual(files)
  const first = asked[at]
  return { first, again: asked.slice(at + 1).find(({ what }) => what === first?.what) }
}

test.each([408, 429, 500, 502, 503])("the time that a %i asks for is waited for", { timeout: 60_000 }, async (status) => {
  const wait = async () => new Response("{}", { status, headers: { "retry-after": "0.15" } })
  const all = await Promise.all(Array.from({ length: await countRequests() }, (_, at) => askedAgain(at, wait)))
  // What is asked for anew at another address has nothing to be compared with.
  const gaps = all.flatMap(({ first, again }) => (first && again ? [again.time - first.time] : []))
  expect(gaps.length).toBeGreaterThan(all.length / 2)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(149)
})

test("an answer that takes long, but less than the limit, is waited for and not asked for twice", { timeout: 60_000 }, async () => {
  const late = async (answer: () => Promise<Response>) => {
    await new Promise((resolve) => setTimeout(resolve, 400))
    return answer()
  }
  const all = await Promise.all(Array.from({ length: await countRequests() }, (_, at) => askedAgain(at, late)))
  expect(all.filter(({ again }) => again !== undefined)).toEqual([])
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
