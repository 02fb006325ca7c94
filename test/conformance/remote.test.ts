/** A registry across a network: the cache in front of it, and bytes that arrive wrong. */
import { Artifact, type Digest, type Registry, StorageError } from "isofact"
import { describe, expect, test } from "vitest"
import { toContent } from "../../src/digest/content.ts"
import { createMemoryBlobStore } from "../../src/storage/memory.ts"
import { readBytes } from "../contracts/content.ts"
import { collect, contents, digestOf, directory, draftOf, flip, fresh, hasher, refusal, spoiled, startIn } from "./fresh.ts"

const text = "bytes from afar"

/** `birds:v0` behind a network that counts what is asked of it and may deliver wrong bytes a few times. */
async function distant() {
  const setup = fresh()
  await setup.log("birds", { "a.txt": text, "b.txt": "b" })
  const digest = await digestOf(text)
  const requests: string[] = []
  let wrong = 0
  const registry: Registry = {
    ...setup.registry,
    remote: true,
    async openFile(member, file, options) {
      requests.push(file.path)
      const content = await setup.registry.openFile(member, file, options)
      if (file.path !== "a.txt" || wrong === 0) return content
      wrong -= 1
      return toContent(flip(new TextEncoder().encode(text)))
    },
  }
  const { store: cache, changes } = spoiled(createMemoryBlobStore({ hasher }))
  const artifact = await (await startIn(registry)({ cache })).useArtifact("birds")
  const entry = artifact.getEntry("a.txt")
  return {
    artifact,
    entry,
    cache,
    digest,
    requests,
    deliverWrong: (times: number) => {
      wrong = times
    },
    /** Makes the cache's copy rot. */
    rotCache: () => changes.set(digest, flip),
  }
}

const cached = async (cache: { list(): AsyncIterable<{ digest: Digest }> }) =>
  (await collect(cache.list())).map(({ digest }) => digest)

const drain = async (stream: ReadableStream<Uint8Array>) => new TextDecoder().decode(await readBytes(stream))

describe("the cache", () => {
  test("keeps what was read, and is read the next time", async () => {
    const { entry, cache, digest, requests } = await distant()
    expect(await entry.text()).toBe(text)
    expect(await cached(cache)).toEqual([digest])
    expect(await entry.text()).toBe(text)
    expect(requests).toEqual(["a.txt"])
  })

  test("serves download, stream and range", async () => {
    const { artifact, entry, requests } = await distant()
    await artifact.download(directory())
    requests.length = 0
    const target = directory()
    await artifact.download(target)
    expect(await contents(target)).toEqual({ "a.txt": text, "b.txt": "b" })
    expect(await drain(await entry.stream())).toBe(text)
    expect(await drain(await entry.stream({ range: { start: 0, end: 5 } }))).toBe("bytes")
    expect(requests).toEqual([])
  })

  test("keeps nothing with skipCache", async () => {
    const { artifact, cache } = await distant()
    await artifact.download(directory(), { skipCache: true })
    expect(await cached(cache)).toEqual([])
  })

  test("keeps nothing of verify({ stored }), which asks the registry", async () => {
    const { artifact, cache, requests } = await distant()
    await artifact.verify(undefined, { stored: true })
    expect(await cached(cache)).toEqual([])
    expect(requests.toSorted()).toEqual(["a.txt", "b.txt"])
  })

  test("keeps what was logged from here, unless the file was added with skipCache", async () => {
    const setup = fresh()
    const cache = createMemoryBlobStore({ hasher })
    const run = await startIn({ ...setup.registry, remote: true })({ cache })
    const artifact = new Artifact("birds", "dataset")
    await artifact.addFile(new Blob(["kept"]), { name: "kept.txt" })
    await artifact.addFile(new Blob(["not"]), { name: "not.txt", skipCache: true })
    await run.logArtifact(artifact)
    expect(await cached(cache)).toEqual([await digestOf("kept")])
  })

  test("that is full costs neither a log nor a download", async () => {
    const setup = fresh()
    const full = new StorageError("the disk is full")
    const cache = { ...createMemoryBlobStore({ hasher }), put: () => Promise.reject(full) }
    const run = await startIn({ ...setup.registry, remote: true })({ cache })
    const artifact = await run.logArtifact(await draftOf("birds", { "a.txt": "a" }))
    const target = directory()
    await artifact.download(target)
    expect(await contents(target)).toEqual({ "a.txt": "a" })
  })

  test("is not touched by a registry on this machine", async () => {
    const { registry, log } = fresh()
    await log("birds", { a: "a" })
    const cache = createMemoryBlobStore({ hasher })
    await (await (await startIn(registry)({ cache })).useArtifact("birds")).getEntry("a").text()
    expect(await collect(cache.list())).toEqual([])
  })
})

describe("a wrong copy in the cache", () => {
  test.each([
    ["bytes", async (setup: Awaited<ReturnType<typeof distant>>) => setup.entry.text()],
    [
      "download",
      async ({ entry }: Awaited<ReturnType<typeof distant>>) => {
        const target = directory()
        await entry.download(target)
        return (await contents(target))["a.txt"]
      },
    ],
    ["a range", async (setup: Awaited<ReturnType<typeof distant>>) => drain(await setup.entry.stream({ range: { start: 0 } }))],
  ] as const)("is dropped and asked for anew by %s", async (_, read) => {
    const setup = await distant()
    await setup.entry.bytes()
    setup.rotCache()
    expect(await read(setup)).toBe(text)
    expect(await setup.entry.text()).toBe(text)
    setup.requests.length = 0
    expect(await setup.entry.text()).toBe(text)
    expect(setup.requests).toEqual([])
  })

  test("ends a stream with an error, is dropped, and the next stream is right", async () => {
    const { entry, rotCache } = await distant()
    await entry.bytes()
    rotCache()
    const error = await refusal("DIGEST_MISMATCH", drain(await entry.stream()))
    expect(error.details.path).toBe("a.txt")
    expect(await drain(await entry.stream())).toBe(text)
  })
})

describe("a wrong byte from the network", () => {
  test("is asked for once more", async () => {
    const { entry, deliverWrong, requests } = await distant()
    deliverWrong(1)
    expect(await entry.text()).toBe(text)
    expect(requests).toEqual(["a.txt", "a.txt"])
  })

  test("is asked for once more also after a wrong copy in the cache", async () => {
    const { entry, rotCache, deliverWrong } = await distant()
    await entry.bytes()
    rotCache()
    deliverWrong(1)
    expect(await entry.text()).toBe(text)
  })

  test("again is an error that names the file, and nothing wrong is cached", async () => {
    const { entry, cache, deliverWrong } = await distant()
    deliverWrong(99)
    const error = await refusal("DIGEST_MISMATCH", entry.text())
    expect(error.details.path).toBe("a.txt")
    expect(await cached(cache)).toEqual([])
    deliverWrong(0)
    expect(await entry.text()).toBe(text)
  })

  test("never reaches a directory", async () => {
    const { artifact, deliverWrong } = await distant()
    deliverWrong(99)
    const target = directory()
    await refusal("DIGEST_MISMATCH", artifact.download(target))
    expect(await contents(target)).not.toHaveProperty(["a.txt"])
  })
})
