/** spec/api.md, "Entry": what a line of the manifest says, and the ways to read it. */
import { describe, expect, test } from "vitest"
import { createMemoryBlobStore } from "../../src/storage/memory.ts"
import { contents, digestOf, directory, draftOf, fresh, hasher, pattern, refusal, startIn } from "./fresh.ts"
import { isWire } from "./through.ts"

const size = 600_000
const bytes = pattern(size)

/** One entry of `size` bytes as a version has it. */
async function big() {
  const setup = fresh()
  const artifact = await setup.log("birds", { "x/big.bin": bytes })
  return { ...setup, artifact, entry: artifact.getEntry("x/big.bin") }
}

const readAll = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(stream).arrayBuffer())

describe("fields", () => {
  test("of a stored file", async () => {
    const { entry, artifact } = await big()
    expect(entry).toMatchObject({ path: "x/big.bin", size, digest: await digestOf(bytes), birthArtifactId: artifact.id })
    expect(entry.ref).toBeUndefined()
    expect(entry.localPath).toBeUndefined()
    expect(JSON.parse(JSON.stringify(entry))).toMatchObject({ path: "x/big.bin", size })
  })

  test("of a reference", async () => {
    const draft = await draftOf("birds", {})
    const [entry] = await draft.addReference("s3://bucket/key?versionId=3", { checksum: false, name: "k" })
    expect(entry).toMatchObject({ path: "k", ref: "s3://bucket/key" })
  })
})

describe("reading whole", () => {
  test("bytes() is all of it, in memory of the caller's own", async () => {
    const { entry } = await big()
    const read = await entry.bytes()
    expect(read).toEqual(bytes)
    read.fill(0)
    expect(await entry.bytes()).toEqual(bytes)
  })

  test("stream() is all of it, verified, in more than one piece", async () => {
    const { entry } = await big()
    const stream = await entry.stream()
    expect(stream.verified).toBe(true)
    let count = 0
    let total = 0
    // Not `for await`, which WebKit's streams do not know.
    const reader = stream.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const chunk = next.value
      expect(new Uint8Array(chunk)).toEqual(bytes.slice(total, total + chunk.byteLength))
      total += chunk.byteLength
      count += 1
    }
    expect(total).toBe(size)
    expect(count).toBeGreaterThan(1)
  })

  test("blob() is all of it", async () => {
    const { entry } = await big()
    const blob = await entry.blob()
    expect(blob.size).toBe(size)
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes)
  })

  test("text() is UTF-8, also across chunks", async () => {
    const text = "grüß 🐦 ".repeat(60_000)
    const artifact = await fresh().log("birds", { "a.txt": text })
    expect(await artifact.getEntry("a.txt").text()).toBe(text)
  })

  test("json() parses", async () => {
    const artifact = await fresh().log("birds", { "a.json": '{"a":[1,null]}' })
    expect(await artifact.getEntry("a.json").json()).toEqual({ a: [1, null] })
  })

  test("json() of what is none names the file", async () => {
    const artifact = await fresh().log("birds", { "a.txt": "not json" })
    const error = await refusal("INVALID_ARGUMENT", artifact.getEntry("a.txt").json())
    expect(error.details.path).toBe("a.txt")
    expect(error.message).toContain("a.txt")
  })

  test("an empty file is empty every way", async () => {
    const entry = (await fresh().log("birds", { empty: "" })).getEntry("empty")
    expect((await entry.bytes()).byteLength).toBe(0)
    expect(await entry.text()).toBe("")
    expect((await entry.blob()).size).toBe(0)
    expect((await readAll(await entry.stream())).byteLength).toBe(0)
  })
})

describe("stream({ range })", () => {
  const ranges: [string, { start: number; end?: number }, number, number][] = [
    ["the beginning", { start: 0, end: 10 }, 0, 10],
    ["the middle", { start: 299_990, end: 300_010 }, 299_990, 300_010],
    ["from somewhere to the end", { start: size - 5 }, size - 5, size],
    ["all", { start: 0 }, 0, size],
    ["more than there is", { start: size - 5, end: size + 100 }, size - 5, size],
    ["nothing", { start: 7, end: 7 }, 7, 7],
    ["past the end", { start: size + 1, end: size + 9 }, size, size],
    ["exactly at the end", { start: size }, size, size],
  ]
  test.each(ranges)("%s", async (_, range, from, to) => {
    const { entry } = await big()
    const stream = await entry.stream({ range })
    expect(await readAll(stream)).toEqual(bytes.slice(from, to))
  })

  test("is verified where the whole file is on this machine", async () => {
    const { entry } = await big()
    expect((await entry.stream({ range: { start: 5, end: 9 } })).verified).toBe(true)
  })

  test("is not verified when the file is across a network, and says so", async () => {
    const { artifact, registry } = await big()
    const run = await startIn({ ...registry, remote: true })({ cache: createMemoryBlobStore({ hasher }) })
    const entry = (await run.useArtifact(artifact.name)).getEntry("x/big.bin")
    const stream = await entry.stream({ range: { start: 5, end: 9 } })
    expect(stream.verified).toBe(false)
    expect(await readAll(stream)).toEqual(bytes.slice(5, 9))
  })

  test("is verified across a network once the whole file is in the cache", async () => {
    const { artifact, registry } = await big()
    const run = await startIn({ ...registry, remote: true })({ cache: createMemoryBlobStore({ hasher }) })
    const entry = (await run.useArtifact(artifact.name)).getEntry("x/big.bin")
    await entry.bytes()
    const stream = await entry.stream({ range: { start: 5, end: 9 } })
    expect(stream.verified).toBe(true)
    expect(await readAll(stream)).toEqual(bytes.slice(5, 9))
  })

  test("cancelled half-way, the next read is whole", async () => {
    const { entry } = await big()
    const stream = await entry.stream()
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    expect(await entry.bytes()).toEqual(bytes)
  })
})

describe("download(root)", () => {
  test("writes the file under its path and returns where", async () => {
    const { entry } = await big()
    const target = directory("target")
    expect(await entry.download(target)).toBe("target/x/big.bin")
    expect(Object.keys(await contents(target))).toEqual(["x/big.bin"])
  })
})

describe("getEntry", () => {
  test("takes the exact path, tidied; getPath is the same", async () => {
    const { artifact } = await big()
    expect(artifact.getEntry("./x//big.bin").path).toBe("x/big.bin")
    expect(artifact.getPath("x/big.bin").path).toBe("x/big.bin")
  })

  test.each(["big.bin", "x", "X/big.bin", "x/big.bin/y"])("%s is EntryNotFoundError", async (name) => {
    const { artifact } = await big()
    const error = await refusal("ENTRY_NOT_FOUND", () => artifact.getEntry(name))
    expect(error.details.path).toBe(name)
    expect(error.message).toContain(artifact.name)
  })

  test("names that JavaScript objects have are not there", async () => {
    const { artifact } = await big()
    await refusal("ENTRY_NOT_FOUND", () => artifact.getEntry("constructor"))
    await refusal("ENTRY_NOT_FOUND", () => artifact.getEntry("__proto__"))
  })
})

describe("refUrl and refTarget", () => {
  test("of a logged file: wandb-artifact with the version's id in hex", async () => {
    const { entry, artifact } = await big()
    const hex = Array.from(atob(artifact.id!), (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("")
    expect(entry.refUrl()).toBe(`wandb-artifact://${hex}/x/big.bin`)
  })

  test("of a draft's file: wandb-client-artifact with its client id", async () => {
    const draft = await draftOf("birds", {})
    const entry = await draft.addFile(new Blob(["a"]), { name: "a" })
    expect(entry.refUrl()).toMatch(/^wandb-client-artifact:\/\/[a-z0-9]{128}\/a$/)
  })

  test("refTarget is what a reference points at", async () => {
    const draft = await draftOf("birds", {})
    const [entry] = await draft.addReference("gs://bucket/key", { checksum: false })
    expect(entry!.refTarget()).toBe("gs://bucket/key")
  })

  test("refTarget of a file is refused", async () => {
    const { entry } = await big()
    const error = await refusal("INVALID_ARGUMENT", () => entry.refTarget())
    expect(error.message).toContain("x/big.bin")
  })
})

describe("url", () => {
  test("is the registry's when it can give one, with the time asked for", async () => {
    const { artifact, registry } = await big()
    const asked: unknown[] = []
    const run = await startIn({
      ...registry,
      async fileUrl(_member, file, options) {
        asked.push(file.path, options?.expiresInSeconds)
        return "https://files.example/1"
      },
    })()
    const entry = (await run.useArtifact(artifact.name)).getEntry("x/big.bin")
    expect(await entry.url({ expiresInSeconds: 60 })).toBe("https://files.example/1")
    expect(asked).toEqual(["x/big.bin", 60])
  })

  test("of a web reference is its address", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", {})
    await draft.addReference("https://example.org/a.png", { checksum: false })
    const artifact = await (await start()).logArtifact(draft)
    expect(await artifact.getEntry("a.png").url()).toBe("https://example.org/a.png")
  })

  test.skipIf(isWire)("is UnsupportedError where there is none, and says what to do (over the wire there is one)", async () => {
    const { entry } = await big()
    const error = await refusal("UNSUPPORTED", entry.url())
    expect(error.message).toContain("blob()")
  })
})

describe("on a draft", () => {
  test.each(["bytes", "text", "json", "blob", "stream", "url", "download"] as const)(
    "%s() is ArtifactNotLoggedError",
    async (way) => {
      const draft = await draftOf("birds", {})
      const entry = await draft.addFile(new Blob(["a"]), { name: "a" })
      await refusal("ARTIFACT_NOT_LOGGED", async () => entry[way]())
    },
  )

  test("the entry that addFile returned can be read once it is logged", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", {})
    const entry = await draft.addFile(new Blob(["later"]), { name: "a" })
    await (await start()).logArtifact(draft)
    expect(await entry.text()).toBe("later")
  })
})
