/** The contracts of storage over HTTP: against moto, which s3.ts started, and against R2's own S3 interface, which verifies signatures. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { digestToHex } from "../../src/core/digest-text.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createS3BlobStore, createS3RecordStore, type S3Options } from "../../src/storage/s3.ts"
import { MIN_PART_BYTES } from "../../src/storage/s3-upload.ts"
import { testBlobStore } from "../contracts/blob-store.ts"
import { bytesOf, digestOf, expectBytes, readBytes, sampleBytes } from "../contracts/content.ts"
import { testRecordStore } from "../contracts/record-store.ts"
import { registryContract } from "../contracts/registry.ts"
import { connectS3, type S3Server, startS3 } from "../storage/s3-server.ts"

const hasher = createNodeHasher()
const servers: Record<string, () => Promise<S3Server>> = {
  moto: () => connectS3(process.env.ISOFACT_S3!),
  R2: startS3,
}

describe.each(Object.keys(servers))("%s", (name) => {
  let server: S3Server
  beforeAll(async () => {
    server = await servers[name]!()
  })
  afterAll(() => server.stop())

  describe("blobs", () =>
    testBlobStore(async () => {
      const place = server.newPlace()
      return {
        store: createS3BlobStore({ ...place, hasher, refreshAfterMs: 1000 }),
        clockMs: 2100,
        rot: (digest, bytes) => server.putRaw(`${place.prefix}/blobs/${digestToHex(digest)}`, bytes),
        leftovers: async () => {
          const others = (await server.keysOf(place.prefix)).filter((key) => !key.includes("/blobs/"))
          return others.length + (await server.openUploads(place.prefix))
        },
      }
    }))

  test("blobs are joined at the store", async () => {
    const place = server.newPlace()
    let copied = 0
    const fetch: NonNullable<S3Options["fetch"]> = (url, init) => {
      copied += Number(new Headers(init.headers).has("x-amz-copy-source"))
      return (place.fetch ?? globalThis.fetch)(url, init)
    }
    const store = createS3BlobStore({ ...place, hasher, fetch })
    const pieces = [sampleBytes(MIN_PART_BYTES, 1), sampleBytes(MIN_PART_BYTES, 2), sampleBytes(7, 3)]
    for (const piece of pieces) await store.put(digestOf(piece), bytesOf(piece))
    const parts = pieces.map((piece) => ({ digest: digestOf(piece), size: piece.byteLength }))
    const whole = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer())
    expect(await store.put(digestOf(whole), bytesOf(whole), { parts })).toBe("stored")
    expect(copied).toBe(3)
    expectBytes(await readBytes((await store.get(digestOf(whole)))!.stream()), whole)
    expect(await server.openUploads(place.prefix)).toBe(0)
  })

  describe("records", () =>
    testRecordStore(async () => {
      const place = server.newPlace()
      return { store: createS3RecordStore(place), reopen: () => createS3RecordStore(place) }
    }))

  registryContract("embedded", async () => {
    const place = server.newPlace()
    return createEmbeddedRegistry({ records: createS3RecordStore(place), blobs: createS3BlobStore({ ...place, hasher }), hasher })
  })
})
