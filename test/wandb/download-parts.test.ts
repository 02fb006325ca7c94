import { Api, Artifact, init } from "isofact"
import { describe, expect, test } from "vitest"
import { createJsHasher } from "../../src/bytes/js-hasher.ts"
import { digestFromBytes } from "../../src/core/digest-text.ts"
import { md5 } from "../../src/core/md5.ts"
import type { BlobStore, Content, Registry } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { connect, type Fetch, serve } from "./served.ts"

const downloadPartBytes = 1000
const bytes = Uint8Array.from({ length: 20_500 }, (_, at) => (at * 7 + (at >> 8)) & 255)
const digest = digestFromBytes(md5(bytes))
const files = Array.from({ length: 5 }, (_, at) => `large-${at}`)

async function log(registry: Registry, name: string): Promise<Artifact> {
  const run = await init({ registry, project: "birds" })
  const artifact = new Artifact(name, "dataset")
  for (const path of files) await artifact.addFile(new Blob([bytes]), { name: path })
  return run.logArtifact(artifact)
}

/** A server that has five files of the same bytes, and a client of it whose requests for them are noted. */
async function world(
  answer: (request: Request, next: Fetch) => Promise<Response> = (request, next) => next(request),
  given?: Registry,
) {
  const { server, registry: made } = serve({ onError: () => undefined, ...(given && { registry: given }) })
  const artifact = await log(given ?? made, "field")
  const seen = { ranges: [] as (string | null)[], answering: 0, most: 0 }
  const fetch: Fetch = async (request) => {
    if (!new URL(request.url).pathname.endsWith("/storage/file")) return server.fetch(request)
    seen.ranges.push(request.headers.get("range"))
    seen.most = Math.max(seen.most, ++seen.answering)
    try {
      return await answer(request, server.fetch)
    } finally {
      seen.answering--
    }
  }
  const registry = connect(fetch, { downloadPartBytes, project: "birds" })
  const open = (path = files[0]!): Promise<Content> =>
    registry.openFile(
      { entity: "local", project: "birds", collection: "field", index: 0, id: artifact.id! },
      { path, digest, size: bytes.length, birthArtifactId: undefined },
    )
  return { registry, seen, open }
}

const bytesOf = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(stream as never).arrayBuffer())
const later = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs))

describe("a long file comes down in parts", () => {
  test("a few at a time, in order, each byte once", async () => {
    const { seen, open } = await world(async (request, next) => {
      await later(5 * Math.random())
      return next(request)
    })
    expect(await bytesOf((await open()).stream())).toEqual(bytes)
    const starts = Array.from({ length: 21 }, (_, at) => at * downloadPartBytes)
    const ranges = starts.map((start) => `bytes=${start}-${Math.min(start + downloadPartBytes, bytes.length) - 1}`)
    expect(seen.ranges).toEqual(ranges)
    expect(seen.most).toBeGreaterThan(1)
    expect(seen.most).toBeLessThanOrEqual(4)
  })

  test("a range of it too, and what is not long comes in one request", async () => {
    const { seen, open } = await world()
    const file = await open()
    expect(await bytesOf(file.stream({ range: { start: 2500, end: 12_345 } }))).toEqual(bytes.slice(2500, 12_345))
    expect(seen.ranges).toHaveLength(10)
    seen.ranges.length = 0
    expect(await bytesOf(file.stream({ range: { start: 1, end: 900 } }))).toEqual(bytes.slice(1, 900))
    expect(seen.ranges).toEqual(["bytes=1-899"])
  })

  test("from a store that knows no parts it comes whole, and is not asked for again and again", async () => {
    const { seen, open } = await world((request, next) => next(new Request(request.url)))
    expect(await bytesOf((await open()).stream())).toEqual(bytes)
    expect(seen.ranges).toHaveLength(2)
  })

  test("nothing is asked before somebody reads, and no more than six parts wait for slow readers", async () => {
    const { seen, open } = await world()
    const readers = await Promise.all(files.map(async (path) => (await open(path)).stream().getReader()))
    await later(20)
    expect(seen.ranges).toEqual([])
    const first = await Promise.all(readers.map((reader) => reader.read()))
    await later(50)
    // One of each file is being read; the others are what is read ahead.
    expect(seen.ranges).toHaveLength(files.length + 6)
    // Whoever stops makes room for those who go on.
    await Promise.all(readers.slice(1).map((reader) => reader.cancel()))
    const [reader] = readers
    const chunks = [first[0]!.value!]
    for (let next = await reader!.read(); !next.done; next = await reader!.read()) chunks.push(next.value)
    expect(new Uint8Array(await new Blob(chunks as never).arrayBuffer())).toEqual(bytes)
    seen.most = 0
    expect(await bytesOf((await open()).stream())).toEqual(bytes)
    expect(seen.most).toBeGreaterThan(1)
  })

  test("a part that breaks off is taken up where it was, and one that never comes fails the whole once", async () => {
    let broken = 0
    const { seen, open } = await world(async (request, next) => {
      const answer = await next(request)
      if (request.headers.get("range") !== "bytes=3000-3999" || broken++ > 0) return answer
      const half = (await answer.bytes()).slice(0, 400)
      return new Response(half, { status: 206, headers: answer.headers })
    })
    expect(await bytesOf((await open()).stream())).toEqual(bytes)
    expect(seen.ranges).toContain("bytes=3400-3999")

    const { open: openLost } = await world(async (request, next) =>
      request.headers.get("range") === "bytes=5000-5999" ? new Response(null, { status: 400 }) : next(request),
    )
    await expect(bytesOf((await openLost()).stream())).rejects.toMatchObject({ code: "REGISTRY" })
  })

  test("an abort ends all of them", async () => {
    const stop = new AbortController()
    const { open } = await world()
    const reader = (await open()).stream({ signal: stop.signal }).getReader()
    await reader.read()
    stop.abort(new Error("enough"))
    await expect(reader.read()).rejects.toThrow("enough")
  })
})

test("what has rotted on the server is noticed there too, so that logging it again repairs it", async () => {
  const hasher = createJsHasher()
  const sound = createMemoryBlobStore({ hasher })
  let rotten = false
  const rot = ({ size, version, stream }: Content): Content => {
    return { stability: "frozen", size, version, stream: (options) => flipped(stream(options)) }
  }
  const blobs: BlobStore = {
    ...sound,
    async get(key, options) {
      const content = await sound.get(key, options)
      return content && rotten && key === digest ? rot(content) : content
    },
    async delete(key, options) {
      rotten &&= key !== digest
      return sound.delete(key, options)
    },
  }
  const { registry, seen } = await world(undefined, createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs, hasher }))
  rotten = true
  const cache = createMemoryBlobStore({ hasher })
  const artifact = await new Api({ registry, cache, project: "birds" }).artifact("field:latest")
  const read = () => artifact.getEntry(files[0]!).bytes()
  await expect(read()).rejects.toMatchObject({ code: "DIGEST_MISMATCH", details: { path: files[0]! } })
  // Parts say nothing of the whole: in the end it was asked for as such.
  expect(seen.ranges).toContain(null)
  await expect.poll(() => rotten).toBe(false)
  await log(registry, "again")
  expect(await read()).toEqual(bytes)
})

function flipped(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const transform = (chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) =>
    controller.enqueue(chunk.map((byte) => byte ^ 1))
  return stream.pipeThrough(new TransformStream({ transform }))
}
