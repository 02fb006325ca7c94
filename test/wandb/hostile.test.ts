/** What answers may be no W&B server at all, or one that means ill. */
import { setImmediate } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { field, md5Of, newVersion, publish, textContent } from "../registry/publish.ts"
import { connect, type Fetch, serve } from "./served.ts"

const mebibyte = 1024 ** 2

/** A body that goes on until nobody wants more of it. */
function endless(status = 200) {
  const chunk = new Uint8Array(mebibyte)
  const told = { chunks: 0, cancelled: false }
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      await setImmediate()
      told.chunks++
      controller.enqueue(chunk)
    },
    cancel() {
      told.cancelled = true
    },
  })
  return { told, response: new Response(stream, { status }) }
}

const impatient = { timeoutMs: 5000, stallMs: 5000, retries: 0 }

describe("an answer without an end", () => {
  test("is an error that names the limit", async () => {
    const { told, response } = endless()
    await expect(connect(async () => response, impatient).findVersion(field)).rejects.toMatchObject({
      code: "REGISTRY",
      message: expect.stringContaining("256 MiB"),
      details: { operation: "ArtifactMembershipByName" },
    })
    expect(told).toMatchObject({ chunks: expect.closeTo(256, -1), cancelled: true })
  })

  test("that is a failure is that failure", async () => {
    const { told, response } = endless(500)
    await expect(connect(async () => response, impatient).findVersion(field)).rejects.toMatchObject({ details: { status: 500 } })
    expect(told.cancelled).toBe(true)
  })

  test("that is a manifest is an error that names the limit", async () => {
    const { server } = serve()
    const member = await publish(connect(server.fetch), { a: "1" })
    const { told, response } = endless()
    const fetch: Fetch = async (request) => (request.url.includes("/storage/") ? response : server.fetch(request))
    await expect(connect(fetch, impatient).getManifest(member.version.id)).rejects.toMatchObject({
      code: "REGISTRY",
      message: expect.stringContaining("512 MiB"),
    })
    expect(told.cancelled).toBe(true)
  })

  test("to what was sent says nothing more", async () => {
    const { server } = serve()
    const { told, response } = endless()
    const registry = connect(async (request) => {
      const answer = await server.fetch(request)
      return request.method === "PUT" ? response : answer
    }, impatient)
    const pending = await registry.createVersion(newVersion({ a: "1" }))
    const [ticket] = await registry.requestUploads(pending.id, [{ path: "a", digest: md5Of("1"), size: 1 }])
    await ticket!.put!(textContent("1"))
    expect(told.cancelled).toBe(true)
  })
})

test.each<[string, readonly unknown[]]>([
  ["go round in a circle", ["A", "B", "A"]],
  ["are missing", ["A", undefined]],
  ["are empty", [""]],
])("a list whose cursors %s ends in an error", async (_, cursors) => {
  const rest = [...cursors]
  const registry = connect(async () => {
    if (rest.length === 0) throw new Error("asked on and on")
    return Response.json({ data: { models: { edges: [], pageInfo: { hasNextPage: true, endCursor: rest.shift() } } } })
  }, impatient)
  await expect(Array.fromAsync(registry.projects("e"))).rejects.toMatchObject({
    code: "REGISTRY",
    message: expect.stringContaining("ends nowhere"),
    details: { operation: "Projects" },
  })
})
