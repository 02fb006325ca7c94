import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, test, vi } from "vitest"
import { createConnection } from "../../src/cli/connection.ts"
import { addressesOf } from "../../src/cli/node-serve.ts"
import { createPlace } from "./run.ts"

const request = () => new Request("http://place.example/graphql?secret=1")
const refused = () => Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }))

test("no server there: the third failure is final, and tells the way out", async () => {
  const { fetch } = createConnection("http://place.example", { say() {}, fetch: refused })
  for (let at = 0; at < 2; at++) await expect(fetch(request())).rejects.toThrow(TypeError)
  const error = await fetch(request()).catch((failure) => failure)
  expect(error).toMatchObject({
    code: "REGISTRY",
    message: expect.stringMatching(/^place\.example .*ECONNREFUSED.*isofact doctor/),
  })
  expect(error.message).not.toContain("secret")
})

test("a server that takes connections and never answers is given up after the third", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1")
  await once(silent, "listening")
  const { port } = silent.address() as AddressInfo
  const { fetch } = createConnection("here", { say() {}, answerWithinMs: 50 })
  const ask = () => fetch(new Request(`http://127.0.0.1:${port}/graphql`, { method: "POST", body: "{}" })).catch((error) => error)
  expect([await ask(), await ask()]).toMatchObject([{ name: "TimeoutError" }, { name: "TimeoutError" }])
  expect(await ask()).toMatchObject({
    code: "REGISTRY",
    message: expect.stringContaining(`127.0.0.1:${port} does not answer: check`),
  })
  silent.closeAllConnections()
  silent.close()
})

test("WANDB_MODE=online makes W&B the default, which is said; a directory still means that directory", async () => {
  const server = createServer((_, answer) => answer.writeHead(401).end()).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const place = await createPlace()
  Object.assign(place.env, { WANDB_MODE: "online", WANDB_API_KEY: "k".repeat(40), WANDB_BASE_URL: `http://127.0.0.1:${port}` })
  const outcome = await place.run("ls")
  expect(outcome).toMatchObject({ code: 1, out: "" })
  expect(outcome.err).toMatch(new RegExp(`^in W&B at 127.0.0.1:${port}, as WANDB_MODE=online says\n`))
  expect((await place.run("doctor")).out).toMatch(/^fail +server .*key$/m)
  await place.write("d/a", "1")
  expect(await place.run("log", "d", "--registry", ".")).toMatchObject({ code: 0, err: "" })
  server.closeAllConnections()
  server.close()
})

test("a server that was there is waited for: trouble is told once when it lasts, and its end", async () => {
  vi.useFakeTimers()
  try {
    const said: string[] = []
    let answer: () => Promise<Response> = async () => new Response("")
    const { fetch } = createConnection("wandb", { say: (line) => said.push(line), fetch: () => answer() })
    await fetch(request())
    await vi.advanceTimersByTimeAsync(10_000)
    expect(said).toEqual([])
    answer = refused
    for (let at = 0; at < 9; at++) {
      await expect(fetch(request())).rejects.toThrow(TypeError)
      await vi.advanceTimersByTimeAsync(1000)
    }
    answer = async () => new Response("", { status: 503 })
    await fetch(request())
    answer = async () => new Response("")
    await fetch(request())
    expect(said).toEqual(["place.example cannot be reached (ECONNREFUSED); trying again", "place.example answers again"])
  } finally {
    vi.useRealTimers()
  }
})

test("the command line ends soon where nothing listens", { timeout: 60_000 }, async () => {
  const taken = createServer().listen(0, "127.0.0.1")
  await once(taken, "listening")
  const { port } = taken.address() as AddressInfo
  await new Promise((resolve) => taken.close(resolve))
  const place = await createPlace()
  place.env.WANDB_API_KEY = "k".repeat(40)
  const outcome = await place.run("ls", "--registry", `http://127.0.0.1:${port}`)
  expect(outcome).toMatchObject({ code: 1, out: "" })
  expect(outcome.err).toContain(`127.0.0.1:${port} cannot be reached (ECONNREFUSED)`)
})

test("a server at every address is told by names that can be opened", () => {
  expect(addressesOf("127.0.0.1")).toEqual(["127.0.0.1"])
  for (const host of ["0.0.0.0", "::"]) {
    const names = addressesOf(host)
    expect(names[0]).toBe("localhost")
    expect(names).not.toContain(host)
  }
})
