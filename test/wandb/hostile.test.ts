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

const nobody = { id: "p", name: "p", entity: { name: "e" }, description: null, createdAt: "2026-01-01T00:00:00Z", updatedAt: null }

/** Says after each page that there is more, until it has no cursor left. */
function listing(cursors: readonly unknown[], nodesAt: (page: number) => readonly unknown[]) {
  let page = 0
  return connect(async () => {
    if (page === cursors.length) throw new Error("asked on and on")
    const edges = nodesAt(page).map((node) => ({ node }))
    return Response.json({ data: { models: { edges, pageInfo: { hasNextPage: true, endCursor: cursors[page++] } } } })
  }, impatient)
}

test.each<[string, readonly unknown[]]>([
  ["go round in a circle", ["A", "B", "A"]],
  ["are missing", ["A", undefined]],
  ["are empty", [""]],
])("a list whose cursors %s ends in an error", async (_, cursors) => {
  const registry = listing(cursors, () => [nobody])
  await expect(Array.fromAsync(registry.projects("e"))).rejects.toMatchObject({
    code: "REGISTRY",
    message: expect.stringContaining("ends nowhere"),
    details: { operation: "Projects" },
  })
})

test.each([
  ["no nodes", []],
  ["nodes of nothing", [null, null]],
])("a list that goes on with pages that have %s ends in an error, and one such page does not end it", async (_, none) => {
  const registry = listing(["A", "B", "C", "D", "E", "F"], (page) => (page % 2 === 0 && page < 3 ? [nobody] : none))
  const found: string[] = []
  const reading = (async () => {
    for await (const { project } of registry.projects("e")) found.push(project)
  })()
  await expect(reading).rejects.toMatchObject({
    code: "REGISTRY",
    message: expect.stringContaining("ends nowhere: Projects says that there is more and brings nothing"),
    details: { operation: "Projects" },
  })
  expect(found).toEqual(["p", "p"])
})

describe.each(["file:///etc/hostname", "data:text/plain,1", "javascript:alert(1)", "no address"])("the address %s", (address) => {
  const refused = (operation: string) =>
    expect.objectContaining({
      code: "REGISTRY",
      message: expect.stringContaining("neither http nor https"),
      details: { operation, path: "a" },
    })

  /** A server that answers with this address in the place of its own. */
  async function giving(field: "directUrl" | "uploadUrl") {
    const { server } = serve()
    const member = await publish(connect(server.fetch), { a: "1" })
    const followed: string[] = []
    const registry = connect(async (request) => {
      if (!request.url.endsWith("/graphql")) followed.push(request.url)
      const answer = await (await server.fetch(request)).text()
      return new Response(answer.replaceAll(new RegExp(`("${field}":)"[^"]+"`, "g"), `$1"${address}"`))
    }, impatient)
    return { registry, place: { ...member.collection, index: 0, id: member.version.id }, followed }
  }

  test("is not read from, and not handed on", async () => {
    const { registry, place, followed } = await giving("directUrl")
    const file = { path: "a", digest: md5Of("1"), size: 1, birthArtifactId: undefined }
    const content = await registry.openFile(place, file)
    await expect(new Response(content.stream() as never).text()).rejects.toEqual(refused("download"))
    await expect(registry.fileUrl!(place, file)).rejects.toEqual(refused("fileUrl"))
    expect(followed).toEqual([])
  })

  test("is not sent to, and not handed on", async () => {
    const { registry, followed } = await giving("uploadUrl")
    const pending = await registry.createVersion(newVersion({ a: "2" }))
    const [ticket] = await registry.requestUploads(pending.id, [{ path: "a", digest: md5Of("2"), size: 1 }])
    await expect(ticket!.put!(textContent("2"))).rejects.toEqual(refused("upload"))
    await expect(ticket!.sign!({ expiresInSeconds: 60 })).rejects.toEqual(refused("upload"))
    expect(followed).toEqual([])
  })
})

test("a redirect that leads out of the web is not followed", async () => {
  const { server } = serve()
  const member = await publish(connect(server.fetch), { a: "1" })
  const followed: string[] = []
  const registry = connect(async (request) => {
    followed.push(new URL(request.url).protocol)
    if (request.url.includes("/storage/")) return new Response(null, { status: 403 })
    const isOwn = request.url.includes("/artifactsV2/")
    return isOwn ? new Response(null, { status: 302, headers: { location: "file:///etc/hostname" } }) : server.fetch(request)
  })
  const place = { ...member.collection, index: 0, id: member.version.id }
  const content = await registry.openFile(place, { path: "a", digest: md5Of("1"), size: 1, birthArtifactId: undefined })
  await expect(new Response(content.stream() as never).text()).rejects.toThrow("neither http nor https")
  expect(new Set(followed)).toEqual(new Set(["http:"]))
})
