/** spec/api.md: addReference to plain schemes and to entries of other artifacts, and reading through them. */
import { Artifact, type Entry } from "isofact"
import { describe, expect, test } from "vitest"
import { contents, directory, draftOf, fresh, listener, refusal } from "./fresh.ts"
import { webOf } from "./web.ts"

describe("an address that is tracked as it stands", () => {
  test.each([
    ["s3://bucket/a/b.txt", "a/b.txt"],
    ["s3://bucket", "bucket", "s3://bucket/"],
    ["gs://bucket/a/b.txt", "a/b.txt"],
    ["https://example.org/x/y.png", "y.png"],
  ])("%s is called %s by default", async (uri, path, ref = uri) => {
    const [entry, ...others] = await new Artifact("birds", "dataset").addReference(uri, { checksum: false })
    expect(entry).toMatchObject({ path, ref, digest: ref })
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
    await draft.addReference("ipfs://hash", { name: "a" })
    const artifact = await (await start()).logArtifact(draft)
    const error = await refusal("UNSUPPORTED", artifact.download(directory()))
    expect(error.details.path).toBe("a")
    expect(error.message).toContain("allowMissingReferences")
    const target = directory()
    await artifact.download(target, { allowMissingReferences: true })
    expect(await contents(target)).toEqual({ "b.txt": "b" })
  })
})

describe("a file on the web", () => {
  const address = "https://web.test/x/a.txt"
  const web = () => webOf({ [address]: { body: "0123456789", etag: '"abc"' }, "https://web.test/b?c=d/e.txt": { body: "there" } })

  /** One version with these addresses in it, and a file that is stored. */
  async function logged({ platform }: ReturnType<typeof web>, addresses: readonly string[], options: { checksum?: boolean } = {}) {
    const { start } = fresh()
    const run = await start({ platform })
    const draft = new Artifact("birds", "dataset", { platform })
    await draft.addFile(new Blob(["b"]), { name: "b.txt" })
    const entries: Entry[] = []
    for (const each of addresses) entries.push(...(await draft.addReference(each, options)))
    return { artifact: await run.logArtifact(draft), entries }
  }

  test("is identified by its ETag", async () => {
    const { entries } = await logged(web(), [address])
    expect(entries).toEqual([
      expect.objectContaining({ path: "a.txt", ref: address, digest: "abc", size: 10, extra: { etag: '"abc"' } }),
    ])
  })

  test("without an ETag is identified by its address, and called what stands after its last slash", async () => {
    const ref = "https://web.test/b?c=d/e.txt"
    const { entries } = await logged(web(), [ref])
    expect(entries).toEqual([expect.objectContaining({ path: "e.txt", ref, digest: ref, size: 5 })])
    expect(entries[0]!.extra).toBeUndefined()
  })

  test("is looked for where redirects lead, and recorded there unless that address is signed", async () => {
    const there = web()
    Object.assign(there.files, {
      "https://web.test/moved": { body: "", location: "/x/a.txt" },
      "https://web.test/guarded": { body: "", location: "https://store.test/a?X-Amz-Signature=hush" },
      "https://store.test/a?X-Amz-Signature=hush": { body: "guarded", etag: '"def"' },
    })
    const { artifact, entries } = await logged(there, ["https://web.test/moved#part", "https://web.test/guarded"])
    expect(entries).toMatchObject([
      { path: "moved#part", ref: `${address}#part`, digest: "abc" },
      { path: "guarded", ref: "https://web.test/guarded", digest: "def" },
    ])
    expect(await artifact.getEntry("guarded").text()).toBe("guarded")
    expect(await artifact.getEntry("moved#part").text()).toBe("0123456789")
  })

  test("is downloaded, and what it was proven by is told", async () => {
    const { artifact } = await logged(web(), [address, "https://web.test/b?c=d/e.txt"])
    const target = directory()
    const { events, onProgress } = listener()
    await artifact.download(target, { onProgress })
    expect(await contents(target)).toEqual({ "a.txt": "0123456789", "b.txt": "b", "e.txt": "there" })
    const done = events.filter(({ fileDone }) => fileDone).map(({ path, proof }) => [path, proof])
    expect(Object.fromEntries(done)).toEqual({ "a.txt": "version", "b.txt": undefined, "e.txt": "none" })
  })

  test("is read by range, and only that range is asked for", async () => {
    const there = web()
    const { artifact } = await logged(there, [address])
    const part = await artifact.getEntry("a.txt").stream({ range: { start: 2, end: 5 } })
    expect(await new Response(part).text()).toBe("234")
    expect(there.requests.at(-1)!.headers.get("range")).toBe("bytes=2-4")
    expect(await new Response(await artifact.getEntry("a.txt").stream()).text()).toBe("0123456789")
  })

  test("that has changed since is DigestMismatchError, and nothing of it stays", async () => {
    const there = web()
    const { artifact } = await logged(there, [address, "https://web.test/b?c=d/e.txt"])
    there.files[address] = { body: "changed", etag: '"def"' }
    for (const allowMissingReferences of [false, true]) {
      const target = directory()
      const error = await refusal("DIGEST_MISMATCH", artifact.download(target, { allowMissingReferences }))
      expect(error.details).toMatchObject({ path: "a.txt", expected: "abc", actual: "def" })
      expect(Object.keys(await contents(target))).not.toContain("a.txt")
    }
    await refusal("DIGEST_MISMATCH", artifact.getEntry("a.txt").text())
    const part = await artifact.getEntry("a.txt").stream({ range: { start: 1, end: 2 } })
    await refusal("DIGEST_MISMATCH", part.getReader().read())
    there.files["https://web.test/b?c=d/e.txt"] = { body: "another" }
    await refusal("DIGEST_MISMATCH", artifact.getEntry("e.txt").text())
  })

  test("that is gone is missing: an error, or left out", async () => {
    const there = web()
    const { artifact } = await logged(there, [address])
    delete there.files[address]
    const error = await refusal("ENTRY_NOT_FOUND", artifact.download(directory()))
    expect(error.details.path).toBe("a.txt")
    await refusal("ENTRY_NOT_FOUND", artifact.getEntry("a.txt").bytes())
    const target = directory()
    const { events, onProgress } = listener()
    await artifact.download(target, { allowMissingReferences: true, onProgress })
    expect(await contents(target)).toEqual({ "b.txt": "b" })
    expect(events.filter(({ type }) => type === "skip")).toEqual([expect.objectContaining({ path: "a.txt", reason: "missing" })])
  })

  test("that never was there is not added, and its query is in no error", async () => {
    const draft = new Artifact("birds", "dataset", { platform: web().platform })
    const error = await refusal("ENTRY_NOT_FOUND", draft.addReference("https://web.test/nothing?key=hush"))
    expect(error.message).toContain("https://web.test/nothing")
    expect(JSON.stringify([error.message, error.stack, error.details])).not.toContain("hush")
    expect(draft.manifest.fileCount).toBe(0)
  })

  test("is tracked without being asked for with checksum: false, and read unverified", async () => {
    const there = web()
    const { artifact, entries } = await logged(there, [address], { checksum: false })
    expect(entries).toEqual([expect.objectContaining({ path: "a.txt", ref: address, digest: address })])
    expect(there.requests).toEqual([])
    const { events, onProgress } = listener()
    const target = directory()
    await artifact.download(target, { pathPrefix: "a", onProgress })
    expect(await contents(target)).toEqual({ "a.txt": "0123456789" })
    expect(events.at(-1)).toMatchObject({ path: "a.txt", proof: "none" })
    const stream = await artifact.getEntry("a.txt").stream()
    expect(stream.verified).toBe(false)
    await stream.cancel()
  })

  test("whose line breaks is read on if its version is known, and never joined with another one", async () => {
    const there = web()
    const { artifact } = await logged(there, [address, "https://web.test/b?c=d/e.txt"])
    there.breakAfter = 4
    expect(await artifact.getEntry("a.txt").text()).toBe("0123456789")
    expect(there.requests.at(-1)!.headers.get("range")).toBe("bytes=4-9")
    there.breakAfter = 2
    expect((await refusal("STORAGE", artifact.getEntry("e.txt").text())).message).toContain("2 bytes")
    there.breakAfter = 4
    const stream = await artifact.getEntry("a.txt").stream()
    const reader = stream.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("0123")
    there.files[address] = { body: "abcdefghij", etag: '"def"' }
    await refusal("DIGEST_MISMATCH", reader.read())
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
