/** spec/api.md: logging makes versions; dedup, latest, aliases, numbers, newDraft, incremental. */
import { Artifact } from "isofact"
import { describe, expect, test } from "vitest"
import { addFiles, collect, digestOf, draftOf, failure, fresh, listener, refusal, startIn } from "./fresh.ts"

describe("versions", () => {
  test("are numbered from v0 in the order of logging", async () => {
    const { log } = fresh()
    const versions = []
    for (const text of ["a", "b", "c"]) versions.push((await log("birds", { "a.txt": text })).version)
    expect(versions).toEqual(["v0", "v1", "v2"])
  })

  test("logged without waiting get the numbers of the order of the calls", async () => {
    const { start } = fresh()
    const run = await start()
    const drafts = await Promise.all(Array.from({ length: 8 }, (_, index) => draftOf("birds", { a: `${index}` })))
    await Promise.all(drafts.map((draft) => run.logArtifact(draft)))
    expect(drafts.map((draft) => draft.version)).toEqual(["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"])
  })

  test("are found by vN, by alias, and by nothing as the latest", async () => {
    const { log, start } = fresh()
    await log("birds", { a: "0" }, { aliases: ["first"] })
    await log("birds", { a: "1" })
    const run = await start()
    const found = async (name: string) => (await run.useArtifact(name)).version
    expect(await found("birds:v0")).toBe("v0")
    expect(await found("birds:first")).toBe("v0")
    expect(await found("birds:v1")).toBe("v1")
    expect(await found("birds:latest")).toBe("v1")
    expect(await found("birds")).toBe("v1")
    expect(await found("local/uncategorized/birds:v0")).toBe("v0")
    expect(await found("uncategorized/birds:first")).toBe("v0")
  })

  test.each(["birds:v1", "birds:nope", "cats", "cats:v0", "elsewhere/birds", "birds:v00"])("%s is not there", async (name) => {
    const { log, start } = fresh()
    await log("birds", { a: "0" })
    const error = await refusal("ENTRY_NOT_FOUND", (await start()).useArtifact(name))
    expect(error.message).toContain(name)
  })

  test("of one name in two projects are two sequences", async () => {
    const { start, api } = fresh()
    await (await start({ project: "one" })).logArtifact(await draftOf("birds", { a: "1" }))
    await (await start({ project: "two" })).logArtifact(await draftOf("birds", { a: "2" }))
    expect(await (await api.artifact("one/birds:v0")).getEntry("a").text()).toBe("1")
    expect(await (await api.artifact("two/birds:v0")).getEntry("a").text()).toBe("2")
  })

  test("of one sequence have one type", async () => {
    const { log } = fresh()
    await log("birds", { a: "0" })
    const error = await refusal("INVALID_ARGUMENT", log("birds", { a: "1" }, { type: "model" }))
    expect(error.message).toContain("dataset")
  })

  test("may be empty", async () => {
    const { start } = fresh()
    const artifact = await (await start()).logArtifact(new Artifact("nothing", "dataset"))
    expect(artifact).toMatchObject({ version: "v0", fileCount: 0, size: 0 })
  })

  test("numbers are not used again after a delete", async () => {
    const { log } = fresh()
    await log("birds", { a: "0" })
    await (await log("birds", { a: "1" })).delete({ deleteAliases: true })
    expect((await log("birds", { a: "2" })).version).toBe("v2")
  })

  test("keep names that mean something to JavaScript", async () => {
    const { log, api } = fresh()
    const draft = new Artifact("constructor", "dataset")
    await draft.addDir([
      ["__proto__", new Blob(["p"])],
      ["constructor/toString", new Blob(["c"])],
    ])
    await (await fresh().start()).logArtifact(draft)
    await log("constructor", { x: "x" }, { aliases: ["__proto__"] })
    expect(draft.manifest.fileCount).toBe(2)
    expect((await api.artifact("constructor:__proto__")).version).toBe("v0")
  })
})

describe("the same content again", () => {
  test("is no new version", async () => {
    const { log, api } = fresh()
    const first = await log("birds", { a: "a" })
    const again = await log("birds", { a: "a" })
    expect(again.version).toBe("v0")
    expect(again.id).toBe(first.id)
    expect(await collect(api.artifacts("dataset", "birds"))).toHaveLength(1)
  })

  test("adds its aliases and tags, and moves latest back", async () => {
    const { log, api } = fresh()
    await log("birds", { a: "a" }, { tags: ["one"] })
    await log("birds", { a: "b" }, { aliases: ["prod"] })
    const again = await log("birds", { a: "a" }, { aliases: ["prod"], tags: ["two"] })
    expect(again.version).toBe("v0")
    expect(again.aliases.toSorted()).toEqual(["latest", "prod"])
    expect(again.tags.toSorted()).toEqual(["one", "two"])
    expect((await api.artifact("birds")).version).toBe("v0")
    expect((await api.artifact("birds:prod")).version).toBe("v0")
    expect((await api.artifact("birds:v1")).aliases).toEqual([])
  })

  test("stores no bytes", async () => {
    const { log, blobs } = fresh()
    await log("birds", { a: "a" })
    const before = (await collect(blobs.list())).map(({ digest }) => digest)
    await log("birds", { a: "a" })
    expect((await collect(blobs.list())).map(({ digest }) => digest)).toEqual(before)
  })

  test("under another name is a version there, and stores only its manifest", async () => {
    const { log, start } = fresh()
    await log("birds", { a: "a", b: "b" })
    const { events, onProgress } = listener()
    const copy = await (await start()).logArtifact(await draftOf("cats", { a: "a", b: "b" }), { onProgress })
    expect(copy.version).toBe("v0")
    expect(events.filter(({ type }) => type === "store")).toEqual([])
  })

  test("after its version was deleted is a new version", async () => {
    const { log } = fresh()
    await (await log("birds", { a: "a" })).delete({ deleteAliases: true })
    expect((await log("birds", { a: "a" })).version).toBe("v1")
  })

  test("logged object again is the same version with more aliases", async () => {
    const { log, start, api } = fresh()
    const artifact = await log("birds", { a: "a" })
    await (await start()).logArtifact(artifact, { aliases: ["again"] })
    expect(artifact.version).toBe("v0")
    expect(artifact.aliases.toSorted()).toEqual(["again", "latest"])
    expect((await api.artifact("birds:again")).version).toBe("v0")
  })
})

describe("aliases", () => {
  test("latest is always given and moves", async () => {
    const { log, api } = fresh()
    expect((await log("birds", { a: "0" })).aliases).toEqual(["latest"])
    expect((await log("birds", { a: "1" }, { aliases: ["latest", "x"] })).aliases.toSorted()).toEqual(["latest", "x"])
    expect((await api.artifact("birds:v0")).aliases).toEqual([])
  })

  test("of one's own move from version to version", async () => {
    const { log, api } = fresh()
    await log("birds", { a: "0" }, { aliases: ["prod", "kept"] })
    await log("birds", { a: "1" }, { aliases: ["prod"] })
    expect((await api.artifact("birds:prod")).version).toBe("v1")
    expect((await api.artifact("birds:v0")).aliases).toEqual(["kept"])
  })

  test.each([["v3"], ["a/b"], ["a:b"], [""], ["x".repeat(129)]])("%j is refused before anything is logged", async (alias) => {
    const { log, api } = fresh()
    const error = await refusal("INVALID_ARGUMENT", log("birds", { a: "0" }, { aliases: [alias] }))
    expect(error.details.argument).toMatch(/^options\.aliases/)
    expect(await api.artifactExists("birds")).toBe(false)
  })
})

describe("newDraft", () => {
  test("has the version's content, description and metadata, and is a draft", async () => {
    const { start } = fresh()
    const first = await draftOf("birds", { a: "a", "x/b": "b" })
    first.description = "d"
    first.metadata = { m: { n: 1 } }
    const run = await start()
    await run.logArtifact(first)
    const draft = await first.newDraft()
    expect(draft.isDraft()).toBe(true)
    expect(draft).toMatchObject({ name: "birds", type: "dataset", description: "d", metadata: { m: { n: 1 } } })
    expect(draft.digest).toBe(first.digest)
    draft.metadata.m = 2
    expect(first.metadata).toEqual({ m: { n: 1 } })
  })

  test("stores only what is added", async () => {
    const { log, start } = fresh()
    const draft = await (await log("birds", { a: "a", b: "b" })).newDraft()
    await draft.addFile(new Blob(["new"]), { name: "c" })
    draft.remove("a")
    const { events, onProgress } = listener()
    const second = await (await start()).logArtifact(draft, { onProgress })
    expect(second.version).toBe("v1")
    expect([...second.manifest.entries.keys()].sort()).toEqual(["b", "c"])
    const moved = events.filter(({ type, fileDone }) => fileDone && (type === "store" || type === "skip"))
    expect(moved.map(({ path }) => path)).toEqual(["c"])
    expect(await second.getEntry("b").text()).toBe("b")
  })

  test("logged unchanged is no new version", async () => {
    const { log, start } = fresh()
    const draft = await (await log("birds", { a: "a" })).newDraft()
    expect((await (await start()).logArtifact(draft)).version).toBe("v0")
  })

  test("of a link goes to the sequence it came from", async () => {
    const { log, start } = fresh()
    const linked = await (await log("birds", { a: "a" })).link("best")
    const draft = await linked.newDraft()
    await addFiles(draft, { b: "b" })
    expect((await (await start()).logArtifact(draft)).name).toBe("birds:v1")
  })

  test("remembers which version first stored each file", async () => {
    const { log, start } = fresh()
    const first = await log("birds", { a: "a" })
    const draft = await first.newDraft()
    await addFiles(draft, { b: "b" })
    const second = await (await start()).logArtifact(draft)
    expect(second.getEntry("a").birthArtifactId).toBe(first.id)
    expect(second.getEntry("b").birthArtifactId).toBe(second.id)
  })
})

describe("incremental", () => {
  test("starts from the latest version", async () => {
    const { log, start, api } = fresh()
    await log("birds", { a: "a", b: "b" })
    const more = new Artifact("birds", "dataset", { incremental: true })
    await addFiles(more, { c: "c" })
    const logged = await (await start()).logArtifact(more)
    expect(logged.version).toBe("v1")
    expect([...logged.manifest.entries.keys()].sort()).toEqual(["a", "b", "c"])
    expect(logged.fileCount).toBe(3)
    expect(await (await api.artifact("birds")).getEntry("a").text()).toBe("a")
  })

  test("replaces what has the same path", async () => {
    const { log, start } = fresh()
    await log("birds", { a: "a", b: "b" })
    const more = new Artifact("birds", "dataset", { incremental: true })
    await addFiles(more, { a: "changed" })
    const logged = await (await start()).logArtifact(more)
    expect(await logged.getEntry("a").text()).toBe("changed")
    expect(logged.fileCount).toBe(2)
  })

  test("is a whole version when there is none to start from", async () => {
    const { start } = fresh()
    const more = new Artifact("birds", "dataset", { incremental: true })
    await addFiles(more, { a: "a" })
    expect((await (await start()).logArtifact(more)).fileCount).toBe(1)
  })

  test("that brings nothing new is no new version", async () => {
    const { log, start } = fresh()
    await log("birds", { a: "a", b: "b" })
    const more = new Artifact("birds", "dataset", { incremental: true })
    await addFiles(more, { a: "a" })
    expect((await (await start()).logArtifact(more)).version).toBe("v0")
  })

  test("whose own files alone are an older version is still that on top of the latest", async () => {
    const { log, start } = fresh()
    await log("birds", { a: "a" })
    await log("birds", { a: "x", b: "b" })
    const more = new Artifact("birds", "dataset", { incremental: true })
    await addFiles(more, { a: "a" })
    expect((await (await start()).logArtifact(more)).fileCount).toBe(2)
  })
})

describe("a failure while storing", () => {
  async function broken() {
    const setup = fresh()
    const reason = new Error("disk on fire")
    let failing = true
    const puts: Promise<unknown>[] = []
    const registry = setup.reopen({
      blobs: {
        ...setup.blobs,
        async put(digest, content, options) {
          if (failing && digest === (await digestOf("b"))) {
            await Promise.allSettled(puts)
            throw reason
          }
          const put = setup.blobs.put(digest, content, options)
          puts.push(put)
          return put
        },
      },
    })
    return { ...setup, reason, run: await startIn(registry)(), heal: () => (failing = false) }
  }

  test("rejects at logArtifact and at wait(), and leaves nothing to see", async () => {
    const { run, reason, api } = await broken()
    const draft = await draftOf("birds", { a: "a", b: "b", c: "c" })
    expect(await failure(run.logArtifact(draft))).toBe(reason)
    expect(await failure(draft.wait())).toBe(reason)
    expect(draft.isDraft()).toBe(true)
    expect(await api.artifactExists("birds")).toBe(false)
  })

  test("logging again succeeds and sends only what is missing", async () => {
    const { run, heal, api } = await broken()
    const draft = await draftOf("birds", { a: "a", b: "b" })
    await failure(run.logArtifact(draft))
    heal()
    const { events, onProgress } = listener()
    await run.logArtifact(draft, { onProgress })
    expect((await draft.wait()).version).toBe("v0")
    expect(events.filter((event) => event.type === "store" && event.fileDone).map(({ path }) => path)).toEqual(["b"])
    expect(await (await api.artifact("birds:v0")).verify(undefined, { stored: true })).toMatchObject({ verified: 2 })
  })

  test("does not keep the next artifact of the same name from being logged", async () => {
    const { run } = await broken()
    const first = run.logArtifact(await draftOf("birds", { b: "b" }))
    const second = run.logArtifact(await draftOf("birds", { c: "c" }))
    await failure(first)
    expect((await second).version).toBe("v0")
  })
})
