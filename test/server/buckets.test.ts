/** A server over a bucket of S3: bytes go through it, or with `direct` past it. */
import { Api, Artifact, init } from "isofact"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { pause } from "../../src/bytes/pause.ts"
import { digestToHex } from "../../src/core/digest-text.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import type { Registry, UploadTicket } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import type { ServerOptions } from "../../src/server/server.ts"
import { createMemoryDirectory } from "../../src/storage/memory.ts"
import { createS3BlobStore, createS3RecordStore, type S3Options } from "../../src/storage/s3.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { digestOf, sampleBytes, toArray } from "../contracts/content.ts"
import { type S3Server, startS3 } from "../storage/s3-server.ts"
import {
  annsKey,
  artifactInput,
  bensKey,
  createArtifactQuery,
  createFilesQuery,
  createSite,
  headersOf,
  need,
  origin,
  type Site,
} from "./site.ts"

const hasher = createNodeHasher()
const MiB = 1024 * 1024
const sample = (size: number, seed: number) => sampleBytes(size, seed) as Uint8Array<ArrayBuffer>
const large = sample(2 * MiB + 5, 3)
let s3: S3Server

beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.stop())

function createBucketSite(options: Partial<ServerOptions> = {}, fetchThere?: S3Options["fetch"]) {
  const known = s3.newPlace()
  const place = { ...known, fetch: fetchThere ?? known.fetch }
  const stores = { records: createS3RecordStore(place), blobs: createS3BlobStore({ ...place, hasher }) }
  const registry = createEmbeddedRegistry({ ...stores, hasher, entity: "ann", project: "birds" })
  return { place, registry, site: createSite({ registry, ...options }) }
}

/**
 * A client that sends files of 1 MiB and more in parts, and the methods and places of what it asks for.
 *
 * @param send makes the requests at the bucket, `seen` of that method before; default `fetch`
 */
function connect({ server }: Site, partBytes = MiB, send: (request: Request, seen: number) => Promise<Response> = fetchAsIs) {
  const asked: string[] = []
  const count = (what: string) => asked.filter((each) => each === what).length
  const fetchAny = (request: Request) => {
    const { origin: where, pathname } = new URL(request.url)
    const what = where === origin ? `${request.method} ${pathname}` : `${request.method} the bucket`
    asked.push(what)
    return where === origin ? server.fetch(request) : send(request, count(what))
  }
  const options = { apiKey: annsKey, baseUrl: origin, entity: "ann", project: "birds", env: () => undefined, retryDelayMs: 1 }
  const client = wandb({ ...options, hasher, fetch: fetchAny, multipartBytes: MiB, partBytes })
  // No cache of this machine's before it.
  const registry: Registry = { ...client, remote: false }
  return { registry, count }
}

const fetchAsIs = (request: Request) => fetch(request)

async function log(registry: Registry, files: { readonly [name: string]: Uint8Array<ArrayBuffer> }) {
  const run = await init({ registry })
  onTestFinished(() => run.finish())
  const artifact = new Artifact("field", "dataset")
  for (const [name, bytes] of Object.entries(files)) await artifact.addFile(bytes, { name })
  return run.logArtifact(artifact)
}

/** The names of what arrived, each proven by its digest. */
async function download(registry: Registry): Promise<string[]> {
  const directory = createMemoryDirectory({ hasher })
  await (await new Api({ registry }).artifact("field:latest")).download(directory)
  return (await toArray(directory.list())).map(({ path }) => path).sort()
}

const pendingFile = async (site: Site, md5: string, more: object = {}) => {
  const { id } = need(await site.gql(createArtifactQuery, { input: artifactInput({}) })).createArtifact.artifact
  const input = { artifactFiles: [{ artifactID: id, name: "a", md5, ...more }], storageLayout: "V2" }
  return need(await site.gql(createFilesQuery, { input })).createArtifactFiles.files.edges[0].node
}

describe("through the server", () => {
  test("large files go in parts, and come back", async () => {
    const { site } = createBucketSite()
    const { registry, count } = connect(site)
    await log(registry, { large })
    expect([count("PUT /storage/part"), count("PUT /storage/upload"), count("PUT the bucket")]).toEqual([3, 0, 0])
    expect(await download(registry)).toEqual(["large"])
  })
})

describe("past the server", () => {
  test("files come and go, large ones in parts, and only what is missing is sent", async () => {
    const { site } = createBucketSite({ direct: true })
    const { registry, count } = connect(site)
    const files = { "a.txt": sample(10, 1), "deep/b": sample(100_000, 2), empty: new Uint8Array(0) }
    await log(registry, { ...files, large })
    expect([count("PUT the bucket"), count("PUT /storage/part"), count("PUT /storage/upload")]).toEqual([6, 0, 0])
    await log(registry, { ...files, large, more: sample(20, 4) })
    expect([count("PUT the bucket"), count("PUT /storage/part")]).toEqual([7, 0])
    expect(await download(registry)).toEqual(["a.txt", "deep/b", "empty", "large", "more"])
    expect(count("GET /storage/file")).toBe(0)
  })

  test("the bucket takes no other bytes than were announced", async () => {
    const { place, site } = createBucketSite({ direct: true })
    const { uploadUrl, uploadHeaders } = await pendingFile(site, digestOf(large))
    expect(uploadUrl).toContain(`/${place.prefix}/`)
    const headers = headersOf(uploadHeaders)
    const body = large.slice().fill(0, 0, 10)
    expect((await fetch(uploadUrl, { method: "PUT", body, headers })).status).toBe(400)
    const other = { ...headers, "content-md5": digestOf(body) }
    expect((await fetch(uploadUrl, { method: "PUT", body, headers: other })).status).toBe(403)
    expect(await s3.keysOf(`${place.prefix}/blobs`)).toEqual([])
    expect((await fetch(uploadUrl, { method: "PUT", body: large, headers })).status).toBe(200)
    expect(await s3.keysOf(`${place.prefix}/blobs`)).toHaveLength(1)
  })
})

describe("past the server, in parts", () => {
  /** The least that a bucket takes. */
  const step = 5 * MiB
  const whole = sample(2 * step + 7, 5)
  const parts = [0, 1, 2].map((at) => whole.slice(at * step, (at + 1) * step))
  const uploadPartsInput = parts.map((part, at) => ({ partNumber: at + 1, hexMD5: digestToHex(digestOf(part)) }))
  const completeQuery = `mutation ($parts: [UploadPartsInput!]!, $id: ID!, $upload: String!) { completeMultipartUploadArtifact(input: {
    completeMultipartAction: Complete, completedParts: $parts, artifactID: $id, storagePath: "x", uploadID: $upload }) { digest } }`

  /** A file of `digest` that was begun, and what its client then does. */
  async function begin(digest = digestOf(whole)) {
    const bucket = createBucketSite({ direct: true })
    const { uploadHeaders, uploadMultipartUrls, artifact } = await pendingFile(bucket.site, digest, { uploadPartsInput })
    const { uploadID: upload, uploadUrlParts } = uploadMultipartUrls
    const type = headersOf(uploadHeaders)["Content-Type"]!
    const send = (at: number, body = parts[at]!, md5 = digestOf(body)) =>
      fetch(uploadUrlParts[at].uploadUrl, { method: "PUT", body, headers: { "Content-MD5": md5, "Content-Type": type } })
    const tagsOf = (answers: readonly Response[]) =>
      answers.map(({ headers }, at) => ({ partNumber: at + 1, hexMD5: headers.get("etag")! }))
    return {
      ...bucket,
      send,
      sendAll: async () => tagsOf(await Promise.all(parts.map((_, at) => send(at)))),
      complete: (tags: readonly object[], key: string = annsKey) =>
        bucket.site.gql(completeQuery, { parts: tags, id: artifact.id, upload }, key),
      blobs: () => s3.keysOf(`${bucket.place.prefix}/blobs`),
      wholeKey: `${bucket.place.prefix}/blobs/${digestToHex(digest)}`,
    }
  }

  test("the parts go to the bucket, which joins them; the server reads them once, and sends nothing", async () => {
    const seen = { read: 0, sent: 0 }
    const watched: S3Options["fetch"] = async (url, init) => {
      if (init.body instanceof Uint8Array) seen.sent += init.body.byteLength
      const answer = await fetch(url, init)
      if (init.method === "GET" && url.includes("/blobs/")) seen.read += Number(answer.headers.get("content-length"))
      return answer
    }
    const { site } = createBucketSite({ direct: true }, watched)
    const { registry, count } = connect(site, step)
    await log(registry, { whole })
    expect([count("PUT the bucket"), count("PUT /storage/part")]).toEqual([3, 0])
    expect(seen.sent).toBeLessThan(10_000)
    expect([seen.read >= whole.length, seen.read < whole.length + 10_000]).toEqual([true, true])
    expect(await download(registry)).toEqual(["whole"])
  })

  test("completed twice, at once and later, it is there once", async () => {
    const { sendAll, complete, blobs, wholeKey } = await begin()
    const tags = await sendAll()
    for (const answer of await Promise.all([complete(tags), complete(tags)]))
      expect(need(answer).completeMultipartUploadArtifact.digest).toBe(digestOf(whole))
    expect((await complete(tags)).status).toBe(200)
    expect(await blobs()).toContain(wholeKey)
    expect(await blobs()).toHaveLength(4)
  })

  test("a bucket may call its parts what it likes", async () => {
    const { sendAll, complete, blobs, wholeKey } = await begin()
    const tags = await sendAll()
    expect((await complete(tags.slice(1))).status).toBe(400)
    expect((await complete(tags.slice(0, 2))).status).toBe(403)
    const encrypted = tags.map(({ partNumber }) => ({ partNumber, hexMD5: `"of-kms-${partNumber}"` }))
    expect((await complete(encrypted)).status).toBe(200)
    expect(await blobs()).toContain(wholeKey)
  })

  test("a wrong byte in a part is refused by the bucket, and by the server when the part is missing then", async () => {
    const { send, complete, blobs } = await begin()
    const wrong = parts[1]!.slice().fill(1, 99, 100)
    expect((await send(1, wrong, digestOf(parts[1]!))).status).toBe(400)
    expect([(await send(0)).status, (await send(2)).status]).toEqual([200, 200])
    const { status, errors } = await complete(uploadPartsInput)
    expect([status, errors![0]!.message]).toEqual([404, expect.stringContaining('"a"')])
    expect(await blobs()).toHaveLength(2)
  })

  test("parts that do not make what was announced are no file, and are gone after a collection", async () => {
    const { registry, sendAll, complete, blobs, wholeKey } = await begin(digestOf(whole.subarray(1)))
    const { status, errors } = await complete(await sendAll())
    expect([status, errors![0]!.message]).toEqual([400, expect.stringContaining('"a" is damaged')])
    expect(await blobs()).not.toContain(wholeKey)
    expect(await registry.gc({ graceMs: 0 })).toMatchObject({ blobsDeleted: 3 })
  })

  test("what was given up is collected", async () => {
    const { registry, send, blobs } = await begin()
    await Promise.all([send(0), send(1)])
    expect(await registry.gc()).toMatchObject({ blobsDeleted: 0 })
    expect(await registry.gc({ graceMs: 0 })).toMatchObject({ blobsDeleted: 2, bytesFreed: 2 * step })
    expect(await blobs()).toEqual([])
  })

  test("who may not write there cannot complete it", async () => {
    const { site, sendAll, complete, blobs } = await begin()
    const tags = await sendAll()
    const readers = await site.server.issueToken({ project: "birds", actions: ["read"], expiresInSeconds: 60 })
    const others = await site.server.issueToken({ project: "bees", actions: ["read", "write"], expiresInSeconds: 60 })
    for (const key of [bensKey, readers, others]) expect((await complete(tags, key)).status).toBe(403)
    expect(await blobs()).toHaveLength(3)
    expect((await complete(tags)).status).toBe(200)
  })

  test("addresses that have run out are renewed, for what is missing", async () => {
    const { registry: kept } = createBucketSite()
    let expired = 0
    // All but that of the first part run out at once.
    const shortened = (ticket: UploadTicket, at: number): UploadTicket => {
      if (ticket.sign === undefined || at === 0 || expired > 0) return ticket
      return { ...ticket, sign: (options) => ticket.sign!({ ...options, expiresInSeconds: 1 }) }
    }
    const requestUploads: Registry["requestUploads"] = async (...args) => (await kept.requestUploads(...args)).map(shortened)
    const site = createSite({ registry: { ...kept, requestUploads }, direct: true })
    const { registry, count } = connect(site, step, async (request, seen) => {
      if (request.method !== "PUT" || seen === 1 || expired > 0) return fetch(request)
      await pause(2100, undefined)
      site.clock.at += 2100
      // It answers before it has read them, and a connection that breaks tells nobody why.
      const headers = { "content-md5": request.headers.get("content-md5")! }
      const answer = await fetch(request.url, { method: "PUT", headers, body: "" })
      expired += Number(answer.status === 403)
      return answer
    })
    await log(registry, { whole })
    expect(expired).toBeGreaterThan(0)
    expect([count("PUT the bucket"), count("PUT /storage/part")]).toEqual([5, 0])
    expect(count("HEAD /storage/part")).toBe(1)
    expect(await download(registry)).toEqual(["whole"])
  })
})
