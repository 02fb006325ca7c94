/** A server over a bucket of S3: bytes go through it, or with `direct` past it. */
import { Api, Artifact, init } from "isofact"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import type { Registry } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import type { ServerOptions } from "../../src/server/server.ts"
import { createMemoryDirectory } from "../../src/storage/memory.ts"
import { createS3BlobStore, createS3RecordStore } from "../../src/storage/s3.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { digestOf, sampleBytes, toArray } from "../contracts/content.ts"
import { type S3Server, startS3 } from "../storage/s3-server.ts"
import {
  annsKey,
  artifactInput,
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

function createBucketSite(options: Partial<ServerOptions> = {}) {
  const place = s3.newPlace()
  const stores = { records: createS3RecordStore(place), blobs: createS3BlobStore({ ...place, hasher }) }
  return {
    place,
    site: createSite({ registry: createEmbeddedRegistry({ ...stores, hasher, entity: "ann", project: "birds" }), ...options }),
  }
}

/** A client that sends files of 1 MiB and more in parts, and the methods and places of what it asks for. */
function connect({ server }: Site) {
  const asked: string[] = []
  const fetchAny = (request: Request) => {
    const { origin: where, pathname } = new URL(request.url)
    asked.push(where === origin ? `${request.method} ${pathname}` : `${request.method} the bucket`)
    return where === origin ? server.fetch(request) : fetch(request)
  }
  const options = { apiKey: annsKey, baseUrl: origin, entity: "ann", project: "birds", env: () => undefined, retryDelayMs: 1 }
  const client = wandb({ ...options, hasher, fetch: fetchAny, multipartBytes: MiB, partBytes: MiB })
  // No cache of this machine's before it.
  const registry: Registry = { ...client, remote: false }
  const count = (what: string) => asked.filter((each) => each === what).length
  return { registry, count }
}

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

const pendingFile = async (site: Site, md5: string) => {
  const { id } = need(await site.gql(createArtifactQuery, { input: artifactInput({}) })).createArtifact.artifact
  const input = { artifactFiles: [{ artifactID: id, name: "a", md5 }], storageLayout: "V2" }
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
  test("files come and go, large ones in parts through it, and only what is missing is sent", async () => {
    const { site } = createBucketSite({ direct: true })
    const { registry, count } = connect(site)
    const files = { "a.txt": sample(10, 1), "deep/b": sample(100_000, 2), empty: new Uint8Array(0) }
    await log(registry, { ...files, large })
    expect([count("PUT the bucket"), count("PUT /storage/part"), count("PUT /storage/upload")]).toEqual([3, 3, 0])
    await log(registry, { ...files, large, more: sample(20, 4) })
    expect([count("PUT the bucket"), count("PUT /storage/part")]).toEqual([4, 3])
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
