/** isofact/zip: a version as a zip file. */

import { makeZip } from "client-zip"
import { Api, type Artifact } from "isofact"
import { describe, expect, test } from "vitest"
import { type ZipOptions, zipArtifact, zipResponse } from "../../src/artifact/zip.ts"
import { endOf } from "../../src/artifact/zip-end.ts"
import { createMemoryBlobStore } from "../../src/storage/memory.ts"
import { bytesOf, draftOf, failure, flip, fresh, hasher, listener, pattern, refusal, spoiled } from "./fresh.ts"
import { isWire } from "./through.ts"
import { unzip } from "./unzip.ts"

const tree = { "a.txt": "aa", "x/b.txt": "bbb", "x/y/c.bin": pattern(700_000), empty: "" }

/** Not by way of a `Response`, which in some browsers hides why a stream failed. */
async function chunksOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return chunks
    chunks.push(value as Uint8Array<ArrayBuffer>)
  }
}

const bytesFrom = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(await new Blob(await chunksOf(stream)).arrayBuffer())
const zipped = async (artifact: Artifact, options?: ZipOptions) => unzip(await bytesFrom(zipArtifact(artifact, options)))
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

test("holds every file with its bytes", async () => {
  const artifact = await fresh().log("birds", tree)
  const { files, isLong } = await zipped(artifact)
  expect([...files.keys()].sort()).toEqual(["a.txt", "empty", "x/b.txt", "x/y/c.bin"])
  expect(text(files.get("x/b.txt"))).toBe("bbb")
  expect(files.get("x/y/c.bin")).toEqual(tree["x/y/c.bin"])
  expect(isLong).toBe(false)
})

test("is the same each time, down to the dates", async () => {
  const artifact = await fresh().log("birds", tree)
  const first = await bytesFrom(zipArtifact(artifact))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await bytesFrom(zipArtifact(artifact))).toEqual(first)
  expect(unzip(first).dates.size).toBe(1)
})

test("pathPrefix and match choose as they do for download", async () => {
  const artifact = await fresh().log("birds", tree)
  const names = async (options: ZipOptions) => [...(await zipped(artifact, options)).files.keys()].sort()
  expect(await names({ pathPrefix: "x/" })).toEqual(["x/b.txt", "x/y/c.bin"])
  expect(await names({ match: /\.txt$/ })).toEqual(["a.txt", "x/b.txt"])
  expect(await names({ match: (path) => path === "none" })).toEqual([])
})

test("any name a version can have comes back as it is", async () => {
  const names = ["ünï/çødé 🐦.txt", "a\\b.txt", "con", "-rf", "a b/ c", "x".repeat(300), '*?"<>|', "\u202egpj.exe", "a/b/c/d/e/f"]
  const artifact = await fresh().log("birds", Object.fromEntries(names.map((name) => [name, name])))
  const { files } = await zipped(artifact)
  expect([...files.keys()].sort()).toEqual(names.toSorted())
  for (const name of names) expect(text(files.get(name))).toBe(name)
})

test.skipIf(isWire)("a path too long for a zip file is refused by name (over the wire it is too long for an address)", async () => {
  const artifact = await fresh().log("birds", { [`${"long/".repeat(14_000)}x`]: "x" })
  const error = await refusal("INVALID_ARGUMENT", bytesFrom(zipArtifact(artifact)))
  expect(error.message).toContain("long/")
  await refusal("INVALID_ARGUMENT", zipResponse(artifact))
})

describe("zipResponse", () => {
  test.each<[string, { [path: string]: string | Uint8Array }, ZipOptions?]>([
    ["a tree", tree],
    ["nothing", {}],
    ["a part", tree, { pathPrefix: "x/" }],
    ["unicode", { "ünï/🐦": "x" }],
  ])("knows its length: %s", async (_, files, options) => {
    const response = await zipResponse(await fresh().log("birds", files), options)
    const body = await bytesFrom(response.body!)
    expect(response.headers.get("content-length")).toBe(String(body.byteLength))
    expect(response.headers.get("content-type")).toBe("application/zip")
    unzip(body)
  })

  test("is saved under the version's name, or another", async () => {
    const artifact = await fresh().log("birds", { a: "a" })
    const named = async (fileName?: string) => {
      const response = await zipResponse(artifact, { fileName })
      await response.body?.cancel()
      return response.headers.get("content-disposition")
    }
    expect(await named()).toBe("attachment; filename=\"birds-v0.zip\"; filename*=UTF-8''birds-v0.zip")
    expect(await named('Vögel "1".zip\r\nX: y')).toBe(
      "attachment; filename=\"V_gel _1_.zip__X_ y\"; filename*=UTF-8''V%C3%B6gel%20%221%22.zip%0D%0AX%3A%20y",
    )
    expect(await named("half\ud800")).toContain("half%EF%BF%BD")
  })

  test("follows references when told to, and promises no length then", async () => {
    const { log, start } = fresh()
    const target = await log("target", { "a.txt": "aa" })
    const draft = await draftOf("birds", { b: "b" })
    await draft.addReference(target.getEntry("a.txt"), { name: "ref.txt" })
    const artifact = await (await start()).logArtifact(draft)
    const error = await refusal("INVALID_ARGUMENT", zipResponse(artifact))
    expect(error.details).toMatchObject({ argument: "options.references", path: "ref.txt" })
    const response = await zipResponse(artifact, { references: true })
    expect(response.headers.has("content-length")).toBe(false)
    expect(text(unzip(await bytesFrom(response.body!)).files.get("ref.txt"))).toBe("aa")
  })
})

/** The version with another manifest: what it names is there, the rest is only claimed. */
async function claiming(change: (contents: { [path: string]: { size: number } }) => { [path: string]: unknown }) {
  const { log, registry } = fresh()
  await log("birds", { a: "aa" })
  const getManifest: typeof registry.getManifest = async (...call) => {
    const manifest = JSON.parse(await registry.getManifest(...call))
    return JSON.stringify({ ...manifest, contents: change(manifest.contents) })
  }
  return new Api({ registry: { ...registry, getManifest } }).artifact("birds:v0")
}

test("65,535 files, more than the short end can count, have the long one, and their length is known", async () => {
  const count = 65_535
  const names = Array.from({ length: count }, (_, at) => `${at}`)
  const response = await zipResponse(await claiming(({ a }) => Object.fromEntries(names.map((name) => [name, a]))))
  await response.body?.cancel()
  // The same file without a store, from which so many take long to read.
  const chunks = await chunksOf(makeZip(names.map((name) => ({ name, input: bytesOf("aa") }))))
  const body = new Uint8Array(await new Blob([...chunks.slice(0, -1), endOf(chunks.at(-1)!, count)] as BlobPart[]).arrayBuffer())
  expect(response.headers.get("content-length")).toBe(String(body.byteLength))
  const { files, isLong } = unzip(body)
  expect([files.size, isLong]).toEqual([count, true])
  expect(endOf(chunks.at(-1)!, count - 1)).toBe(chunks.at(-1))
})

test("a file of 5 GiB needs the long form, which its length allows for", async () => {
  const size = 5 * 1024 ** 3
  const response = await zipResponse(await claiming(({ a }) => ({ a: { ...a, size } })))
  await response.body?.cancel()
  // Header 30, name 1, data, long descriptor 24; list entry 46 + 1 + 28; both ends.
  expect(response.headers.get("content-length")).toBe(String(30 + 1 + size + 24 + 46 + 1 + 28 + 76 + 22))
})

describe("references", () => {
  async function withReferences() {
    const { log, start } = fresh()
    const target = await log("target", { "a.txt": "aa" })
    const draft = await draftOf("birds", { b: "b" })
    await draft.addReference(target.getEntry("a.txt"), { name: "ref.txt" })
    await draft.addReference("ref://elsewhere/gone", { name: "gone" })
    return (await start()).logArtifact(draft)
  }

  test("that cannot be read break the zip, or are left out if that is allowed", async () => {
    const artifact = await withReferences()
    expect(await failure(zipped(artifact))).toMatchObject({ code: "UNSUPPORTED" })
    const { events, onProgress } = listener()
    const { files } = await zipped(artifact, { allowMissingReferences: true, onProgress })
    expect([...files.keys()].sort()).toEqual(["b", "ref.txt"])
    expect(events.find(({ type }) => type === "skip")).toMatchObject({ path: "gone", reason: "missing" })
  })
})

describe("damage", () => {
  test.each([
    ["small", 1000],
    ["large", 600_000],
  ])("breaks the stream and names the file: %s", async (_, size) => {
    const { store, changes } = spoiled(createMemoryBlobStore({ hasher }))
    const artifact = await fresh({ blobs: store }).log("birds", { "a.txt": "aa", "b.bin": pattern(size), "c.txt": "cc" })
    changes.set(artifact.getEntry("b.bin").digest, flip)
    const error = await refusal("DIGEST_MISMATCH", zipped(artifact))
    expect(error.message).toContain("b.bin")
  })

  test("a file that is gone breaks it too", async () => {
    const { log, blobs } = fresh()
    const artifact = await log("birds", tree)
    await blobs.delete(artifact.getEntry("x/b.txt").digest as never)
    expect(await failure(zipped(artifact))).toMatchObject({ code: "ENTRY_NOT_FOUND" })
  })
})

describe("reading it", () => {
  test("asks for no more than a few files ahead of the reader", async () => {
    const { store, reads } = spoiled(createMemoryBlobStore({ hasher }))
    const files = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${at}`, pattern(2000 + at)]))
    const artifact = await fresh({ blobs: store }).log("birds", files)
    reads.length = 0
    const reader = zipArtifact(artifact).getReader()
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(reads.length).toBeLessThan(20)
    await reader.cancel()
    expect(reads.length).toBeLessThan(20)
  })

  test("tells progress", async () => {
    const artifact = await fresh().log("birds", tree)
    const { events, onProgress } = listener()
    await zipped(artifact, { onProgress })
    const bytes = 2 + 3 + 700_000
    expect(events.at(-1)).toMatchObject({ type: "download", filesDone: 4, filesTotal: 4, bytesDone: bytes, bytesTotal: bytes })
  })

  test("stops with the signal's reason, before and during", async () => {
    const artifact = await fresh().log("birds", tree)
    const reason = new Error("enough")
    expect(await failure(() => zipArtifact(artifact, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    const stop = new AbortController()
    const reader = zipArtifact(artifact, { signal: stop.signal }).getReader()
    await reader.read()
    stop.abort(reason)
    expect(await failure(reader.read())).toBe(reason)
  })

  test("cancelling is quiet, also before the first read", async () => {
    const artifact = await fresh().log("birds", tree)
    await zipArtifact(artifact).cancel("no more")
    const reader = zipArtifact(artifact).getReader()
    for (let read = 0; read < 6; read++) await reader.read()
    await reader.cancel("no more")
    expect(await reader.read()).toEqual({ done: true, value: undefined })
  })
})

test("a draft has to be logged first", async () => {
  const draft = await draftOf("birds", tree)
  await refusal("ARTIFACT_NOT_LOGGED", () => zipArtifact(draft))
  await refusal("ARTIFACT_NOT_LOGGED", zipResponse(draft))
})

test.each([{ match: "x" }, { pathPrefix: 5 }, { misspelt: 1 }, { signal: 5 }, null])("options %j are refused", async (options) => {
  const artifact = await fresh().log("birds", { a: "a" })
  await refusal("INVALID_ARGUMENT", () => zipArtifact(artifact, options as never))
})
