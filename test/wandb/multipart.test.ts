import { describe, expect, test } from "vitest"
import { bytesStream } from "../../src/bytes/streams.ts"
import { digestFromBytes } from "../../src/core/digest-text.ts"
import { Manifest } from "../../src/core/manifest.ts"
import { md5 } from "../../src/core/md5.ts"
import type { Content, PutOptions, Registry } from "../../src/ports.ts"
import { partSizeOf } from "../../src/wandb/hash-parts.ts"
import { field, newVersion, uploadOf } from "../registry/publish.ts"
import { connect, type Fetch, serve } from "./served.ts"

const partBytes = 1000
const bytes = Uint8Array.from({ length: 10_500 }, (_, at) => (at * 7 + (at >> 8)) & 255)
const digest = digestFromBytes(md5(bytes))

const content = (data = bytes): Content => ({
  stability: "volatile",
  size: data.length,
  stream: (options) => bytesStream(data, options),
})

/** Logs the file as far as `options` lets it. */
async function log(registry: Registry, options: PutOptions = {}, data = bytes, version = newVersion({}), source = content(data)) {
  const manifest = new Manifest()
  manifest.add({ path: "large", digest, size: bytes.length })
  const pending = await registry.createVersion({ ...version, digest: manifest.digest() })
  const [ticket] = await registry.requestUploads(pending.id, [{ path: "large", digest, size: bytes.length }])
  await ticket!.put?.(source, options)
  await registry.storeManifest(pending.id, uploadOf(manifest))
  return registry.commitVersion(pending.id)
}

/** Notes which requests are made, and lets `spoil` answer first. */
function spy(next: Fetch, spoil: (request: Request, parts: number) => Promise<Response> | undefined = () => undefined) {
  const seen = { parts: 0, heads: 0, whole: 0, hexes: new Set<string>() }
  const fetch: Fetch = (request) => {
    const { pathname } = new URL(request.url)
    if (pathname.endsWith("/storage/part")) {
      if (request.method === "HEAD") seen.heads++
      else {
        seen.parts++
        seen.hexes.add(request.headers.get("content-md5")!)
      }
      return (request.method === "PUT" ? spoil(request, seen.parts) : undefined) ?? next(request)
    }
    if (pathname.endsWith("/storage/upload")) seen.whole++
    return next(request)
  }
  return { seen, fetch }
}

const small = { multipartBytes: 5000, partBytes }

describe("a large file", () => {
  test("goes up in parts of the right size, and comes down whole and in ranges", async () => {
    const { server } = serve()
    const { seen, fetch } = spy(server.fetch)
    const registry = connect(fetch, small)
    let told = 0
    const member = await log(registry, { onBytes: (count) => (told += count) })
    expect(seen).toMatchObject({ parts: 11, whole: 0 })
    expect(told).toBe(bytes.length)
    const file = { path: "large", digest, size: bytes.length, birthArtifactId: undefined }
    const opened = await registry.openFile({ ...field, index: 0, id: member.version.id }, file)
    expect(new Uint8Array(await new Response(opened.stream() as never).arrayBuffer())).toEqual(bytes)
    const range = opened.stream({ range: { start: 990, end: 2010 } })
    expect(new Uint8Array(await new Response(range as never).arrayBuffer())).toEqual(bytes.slice(990, 2010))
  })

  test("is stored once after a collection, which leaves what is a part and also a file", async () => {
    const { server, registry: truth, blobs } = serve()
    const registry = connect(server.fetch, small)
    await log(registry)
    const manifest = new Manifest()
    const head = { path: "head", digest: digestFromBytes(md5(bytes.slice(0, partBytes))), size: partBytes }
    manifest.add(head)
    const { id } = await registry.createVersion(newVersion({}, { collection: "other", digest: manifest.digest() }))
    await registry.storeManifest(id, uploadOf(manifest))
    await registry.commitVersion(id)
    expect(await truth.gc({ graceMs: 0 })).toMatchObject({ blobsDeleted: 10 })
    expect([await blobs.stat(head.digest), await blobs.stat(digest)]).toMatchObject([{ size: partBytes }, { size: bytes.length }])
  })

  test("that is there already is not sent", async () => {
    const { server } = serve()
    await log(connect(server.fetch, small))
    const { seen, fetch } = spy(server.fetch)
    await log(connect(fetch, small), {}, bytes, newVersion({}, { collection: "other" }))
    expect(seen).toMatchObject({ parts: 0, heads: 0, whole: 0 })
  })

  test.each([1, 4, 9])("whose client was stopped after %i parts sends only what is missing", async (stopAfter) => {
    const { server } = serve()
    const stop = new AbortController()
    const first = spy(server.fetch, async (request, parts) => {
      const answer = await server.fetch(request)
      if (parts >= stopAfter) stop.abort(new Error("stopped"))
      return answer
    })
    await expect(log(connect(first.fetch, small), { signal: stop.signal })).rejects.toThrow("stopped")
    const second = spy(server.fetch)
    await log(connect(second.fetch, small))
    expect(second.seen.parts).toBeLessThanOrEqual(11 - stopAfter)
    expect(second.seen.heads).toBe(11)
  })

  test("is taken up again with new addresses when those it had have run out", async () => {
    const { server } = serve()
    const { seen, fetch } = spy(server.fetch, (_, parts) =>
      parts > 3 && parts <= 6 ? Promise.resolve(new Response(null, { status: 403 })) : undefined,
    )
    await log(connect(fetch, small))
    expect(seen.hexes.size).toBe(11)
  })

  test("that changed since it was announced is refused before anything is sent", async () => {
    const { server, registry: truth } = serve()
    const { seen, fetch } = spy(server.fetch)
    const changed = new Uint8Array(bytes)
    changed[5000]! ^= 1
    await expect(log(connect(fetch, small), {}, changed)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
    expect(seen.parts).toBe(0)
    expect(await truth.findVersion(field)).toBeUndefined()
  })

  test("that was said to be frozen and is not is named once the server has refused it", async () => {
    const { server, registry: truth } = serve({ onError: () => undefined })
    const changed = new Uint8Array(bytes)
    changed[5000]! ^= 1
    const frozen: Content = { ...content(changed), stability: "frozen" }
    const failed = log(connect(server.fetch, small), {}, changed, newVersion({}), frozen)
    await expect(failed).rejects.toMatchObject({ code: "DIGEST_MISMATCH", details: { path: "large", expected: digest } })
    expect(await truth.findVersion(field)).toBeUndefined()
  })

  test("is waited for while the store puts its parts together", async () => {
    const { server } = serve()
    let completions = 0
    const slow: Fetch = async (request) => {
      const isCompletion =
        request.url.endsWith("/graphql") && (await request.clone().text()).includes("completeMultipartUploadArtifact")
      completions += Number(isCompletion)
      if (isCompletion) await new Promise((resolve) => setTimeout(resolve, 900))
      return server.fetch(request)
    }
    await log(connect(slow, { ...small, timeoutMs: 300 }))
    expect(completions).toBe(1)
  })

  test("is sent whole by a server that takes no parts", async () => {
    const { server } = serve({ multipart: false })
    const { seen, fetch } = spy(server.fetch)
    await log(connect(fetch, small))
    expect(seen).toMatchObject({ parts: 0, whole: 1 })
  })
})

test("parts grow where there would be too many", () => {
  const MiB = 1024 ** 2
  expect(partSizeOf(2 * 1024 * MiB)).toBe(100 * MiB)
  expect(partSizeOf(100 * MiB * 10_000 - 1)).toBe(100 * MiB)
  const size = 3 * 1024 ** 4 + 1
  expect(partSizeOf(size) % 4096).toBe(0)
  expect(Math.ceil(size / partSizeOf(size))).toBeLessThanOrEqual(10_000)
})
