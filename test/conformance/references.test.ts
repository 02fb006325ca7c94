/** spec/api.md: addReference to plain schemes and to entries of other artifacts, and reading through them. */
import { Artifact } from "isofact"
import { describe, expect, test } from "vitest"
import { contents, directory, draftOf, fresh, refusal } from "./fresh.ts"

describe("an address that is tracked as it stands", () => {
  test.each([
    ["s3://bucket/a/b.txt", "a/b.txt"],
    ["s3://bucket", "bucket"],
    ["gs://bucket/a/b.txt", "a/b.txt"],
    ["https://example.org/x/y.png", "y.png"],
  ])("%s is called %s by default", async (uri, path) => {
    const [entry, ...others] = await new Artifact("birds", "dataset").addReference(uri, { checksum: false })
    expect(entry).toMatchObject({ path, ref: uri, digest: uri })
    expect(others).toEqual([])
  })

  test("of an unknown scheme needs a name", async () => {
    const draft = new Artifact("birds", "dataset")
    const error = await refusal("INVALID_ARGUMENT", draft.addReference("ipfs://hash"))
    expect(error.details.argument).toBe("options.name")
    const [entry] = await draft.addReference("ipfs://hash", { name: "x/y" })
    expect(entry).toMatchObject({ path: "x/y", ref: "ipfs://hash", digest: "ipfs://hash" })
  })

  test("takes a URL object", async () => {
    const [entry] = await new Artifact("birds", "dataset").addReference(new URL("https://example.org/a.png"), { checksum: false })
    expect(entry!.ref).toBe("https://example.org/a.png")
  })

  test("is not rewritten: spaces, case and dots stay", async () => {
    const uri = "s3://Bucket/A b/../ü.txt"
    const [entry] = await new Artifact("birds", "dataset").addReference(uri, { checksum: false, name: "n" })
    expect(entry!.ref).toBe(uri)
  })

  test("with a checksum that cannot be read here is UnsupportedError, without its query", async () => {
    const draft = new Artifact("birds", "dataset")
    const error = await refusal("UNSUPPORTED", draft.addReference("https://example.org/a.png?signature=hush"))
    expect(error.message).toContain("checksum: false")
    expect(error.message).not.toContain("hush")
  })

  test.each(["birds.txt", "/tmp/a", "", "://x"])("%j is no URI", async (uri) => {
    const error = await refusal("INVALID_ARGUMENT", new Artifact("birds", "dataset").addReference(uri))
    expect(error.details.argument).toBe("uri")
    expect(error.message).toContain("file://")
  })

  test("a path that is taken is refused unless it is the same reference", async () => {
    const draft = new Artifact("birds", "dataset")
    await draft.addReference("s3://bucket/a", { checksum: false })
    await draft.addReference("s3://bucket/a", { checksum: false })
    expect(draft.manifest.fileCount).toBe(1)
    const error = await refusal("INVALID_ARGUMENT", draft.addReference("s3://bucket/b", { checksum: false, name: "a" }))
    expect(error.details.path).toBe("a")
  })

  test("cannot be downloaded, and can be left out", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", { "b.txt": "b" })
    await draft.addReference("s3://bucket/a", { checksum: false })
    const artifact = await (await start()).logArtifact(draft)
    const error = await refusal("UNSUPPORTED", artifact.download(directory()))
    expect(error.details.path).toBe("a")
    expect(error.message).toContain("allowMissingReferences")
    const target = directory()
    await artifact.download(target, { allowMissingReferences: true })
    expect(await contents(target)).toEqual({ "b.txt": "b" })
  })
})

describe("a file of another artifact", () => {
  test("is referenced by the entry of a logged version, and read through", async () => {
    const { log, start, api } = fresh()
    const source = await log("birds", { "x/a.txt": "hello" })
    const draft = new Artifact("picks", "dataset")
    const [entry] = await draft.addReference(source.getEntry("x/a.txt"), { name: "pick.txt" })
    expect(entry).toMatchObject({
      path: "pick.txt",
      ref: source.getEntry("x/a.txt").refUrl(),
      digest: source.getEntry("x/a.txt").digest,
    })
    await (await start()).logArtifact(draft)
    const picks = await api.artifact("picks")
    expect(await picks.getEntry("pick.txt").text()).toBe("hello")
    const target = directory()
    await picks.download(target)
    expect(await contents(target)).toEqual({ "pick.txt": "hello" })
  })

  test("is called as it is there by default", async () => {
    const source = await fresh().log("birds", { "x/a.txt": "hello" })
    const [entry] = await new Artifact("picks", "dataset").addReference(source.getEntry("x/a.txt"))
    expect(entry!.path).toBe("a.txt")
  })

  test("is referenced by its address too", async () => {
    const { log, registry } = fresh()
    const source = await log("birds", { "x/a.txt": "hello" })
    const draft = new Artifact("picks", "dataset")
    const [entry] = await draft.addReference(source.getEntry("x/a.txt").refUrl(), { registry })
    expect(entry).toMatchObject({ path: "a.txt", digest: source.getEntry("x/a.txt").digest })
  })

  test("that is not there is EntryNotFoundError", async () => {
    const { log, registry } = fresh()
    const source = await log("birds", { a: "a" })
    const gone = source.getEntry("a").refUrl().replace(/a$/, "b")
    await refusal("ENTRY_NOT_FOUND", new Artifact("picks", "dataset").addReference(gone, { registry }))
  })

  test("can be read by range and by stream, verified", async () => {
    const { log, start } = fresh()
    const source = await log("birds", { a: "0123456789" })
    const draft = new Artifact("picks", "dataset")
    await draft.addReference(source.getEntry("a"))
    const entry = (await (await start()).logArtifact(draft)).getEntry("a")
    const part = await entry.stream({ range: { start: 2, end: 5 } })
    expect(part.verified).toBe(true)
    expect(await new Response(part).text()).toBe("234")
    const whole = await entry.stream()
    expect(whole.verified).toBe(true)
    expect(await new Response(whole).text()).toBe("0123456789")
  })

  test("a reference to a reference is flattened to the file that has the bytes", async () => {
    const { log, start } = fresh()
    const run = await start()
    const first = await log("one", { a: "hello" })
    const second = new Artifact("two", "dataset")
    await second.addReference(first.getEntry("a"))
    await run.logArtifact(second)
    const third = new Artifact("three", "dataset")
    const [entry] = await third.addReference(second.getEntry("a"))
    expect(entry!.ref).toBe(first.getEntry("a").refUrl())
    await run.logArtifact(third)
    await second.delete({ deleteAliases: true })
    expect(await third.getEntry("a").text()).toBe("hello")
  })

  test("a reference by address to a reference is flattened too", async () => {
    const { log, start, registry } = fresh()
    const first = await log("one", { a: "hello" })
    const second = new Artifact("two", "dataset")
    await second.addReference(first.getEntry("a"), { name: "b" })
    await (await start()).logArtifact(second)
    const [entry] = await new Artifact("three", "dataset").addReference(second.getEntry("b").refUrl(), { registry })
    expect(entry).toMatchObject({ path: "b", ref: first.getEntry("a").refUrl() })
  })

  test("of a draft is resolved when both are logged, and does not change the digest", async () => {
    const { start, api } = fresh()
    const run = await start()
    const source = await draftOf("birds", { a: "hello" })
    const sourceEntry = await source.addFile(new Blob(["world"]), { name: "b" })
    const draft = new Artifact("picks", "dataset")
    await draft.addReference(sourceEntry)
    const { digest } = draft
    await run.logArtifact(source)
    await run.logArtifact(draft)
    const picks = await api.artifact("picks")
    expect(picks.getEntry("b").ref).toBe(source.getEntry("b").refUrl())
    expect(picks.getEntry("b").ref).toMatch(/^wandb-artifact:/)
    expect(picks.digest).toBe(digest)
    expect(await picks.getEntry("b").text()).toBe("world")
  })

  test("of a draft that was not logged says to log it first, and then it works", async () => {
    const { start, api } = fresh()
    const run = await start()
    const source = await draftOf("birds", {})
    const entry = await source.addFile(new Blob(["a"]), { name: "a" })
    const draft = new Artifact("picks", "dataset")
    await draft.addReference(entry)
    const error = await refusal("INVALID_ARGUMENT", run.logArtifact(draft))
    expect(error.details.path).toBe("a")
    expect(await api.artifactExists("picks")).toBe(false)
    await run.logArtifact(source)
    await run.logArtifact(draft)
    expect(await draft.getEntry("a").text()).toBe("a")
  })

  test("of a version that was deleted is missing: an error, or left out", async () => {
    const { log, start } = fresh()
    const source = await log("birds", { a: "hello" })
    const draft = await draftOf("picks", { b: "b" })
    await draft.addReference(source.getEntry("a"))
    const picks = await (await start()).logArtifact(draft)
    await source.delete({ deleteAliases: true })
    const error = await refusal("ENTRY_NOT_FOUND", picks.download(directory()))
    expect(error.message).toContain("wandb-artifact://")
    const target = directory()
    await picks.download(target, { allowMissingReferences: true })
    expect(await contents(target)).toEqual({ b: "b" })
  })
})
