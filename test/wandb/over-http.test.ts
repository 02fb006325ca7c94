import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http"
import { getRequestListener } from "@hono/node-server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { bytesStream } from "../../src/bytes/streams.ts"
import { digestFromBytes } from "../../src/core/digest-text.ts"
import { Manifest } from "../../src/core/manifest.ts"
import { md5 } from "../../src/core/md5.ts"
import type { Content, Registry } from "../../src/ports.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { field, newVersion, uploadOf } from "../registry/publish.ts"
import { apiKey, serve } from "./served.ts"

/** Sockets, headers and streams as the platform makes them: what a fetch in the same program cannot show. */
describe("over real HTTP", () => {
  const { server } = serve({ baseUrl: undefined })
  const puts: IncomingHttpHeaders[] = []
  const listen = getRequestListener(server.fetch)
  const http = createHttpServer((request, response) => {
    if (request.method === "PUT") puts.push(request.headers)
    void listen(request, response)
  })
  let registry: Registry
  beforeAll(async () => {
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
    const { port } = http.address() as { port: number }
    registry = wandb({ apiKey, baseUrl: `http://127.0.0.1:${port}`, entity: "local", env: () => undefined, retryDelayMs: 1 })
  })
  afterAll(() => http.close())

  const bytesOf = (seed: number) => new Uint8Array(3_000_000).map((_, at) => at * seed + (at >> 8))
  const digestOf = (bytes: Uint8Array) => digestFromBytes(md5(bytes))
  const bytes = bytesOf(31)
  const blob = new Blob([bytesOf(33)], { type: "text/plain" })
  const volatile: Content = { stability: "volatile", size: bytes.length, stream: (options) => bytesStream(bytes, options) }
  const frozen: Content = { stability: "frozen", size: blob.size, blob, stream: () => blob.stream() }

  test.each([
    ["a stream", volatile, digestOf(bytes)],
    ["a Blob", frozen, digestOf(bytesOf(33))],
  ])("%s is sent with its length and its digest, and without the key", async (collection, content, digest) => {
    const manifest = new Manifest()
    manifest.add({ path: "large", digest, size: bytes.length })
    const pending = await registry.createVersion(newVersion({}, { collection: collection.slice(2), digest: manifest.digest() }))
    const [ticket] = await registry.requestUploads(pending.id, [{ path: "large", digest, size: bytes.length }])
    puts.length = 0
    await ticket!.put!(content)
    expect(puts).toHaveLength(1)
    expect(puts[0]).toMatchObject({ "content-length": `${bytes.length}`, "content-md5": digest })
    expect(puts[0]).not.toHaveProperty("transfer-encoding")
    expect(puts[0]).not.toHaveProperty("authorization")
    await registry.storeManifest(pending.id, uploadOf(manifest))
    await registry.commitVersion(pending.id)
  })

  test("comes back, whole and in ranges", async () => {
    const member = await registry.findVersion({ ...field, collection: "stream" })
    const place = { ...field, collection: "stream", index: 0, id: member!.version.id }
    const opened = await registry.openFile(place, {
      path: "large",
      digest: digestOf(bytes),
      size: bytes.length,
      birthArtifactId: undefined,
    })
    expect(new Uint8Array(await new Response(opened.stream() as never).arrayBuffer())).toEqual(bytes)
    const part = opened.stream({ range: { start: 1_000_000, end: 1_000_100 } })
    expect(new Uint8Array(await new Response(part as never).arrayBuffer())).toEqual(bytes.slice(1_000_000, 1_000_100))
  })

  test("nobody there is one clear error", async () => {
    const closed = createHttpServer()
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const nobody = wandb({ apiKey, baseUrl: `http://127.0.0.1:${port}`, env: () => undefined, retries: 1, retryDelayMs: 1 })
    await expect(nobody.findVersion(field)).rejects.toMatchObject({
      code: "REGISTRY",
      message: `W&B at 127.0.0.1:${port} failed ArtifactMembershipByName: the connection failed (ECONNREFUSED)`,
    })
  })
})
