/** spec/api.md, "Attributes": what each row says of a draft, a logged version, a link and a deleted version. */
import { Artifact, ArtifactTTL } from "isofact"
import { describe, expect, test } from "vitest"
import { draftOf, fresh, refusal } from "./fresh.ts"

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

describe("on a draft", () => {
  const loggedRows = [
    "aliases",
    "collection",
    "commitHash",
    "createdAt",
    "updatedAt",
    "entity",
    "project",
    "fileCount",
    "qualifiedName",
    "sourceCollection",
    "sourceEntity",
    "sourceProject",
    "sourceQualifiedName",
    "sourceVersion",
    "tags",
    "url",
    "version",
    "historyStep",
  ] as const

  test.each(loggedRows)("%s throws ArtifactNotLoggedError", async (row) => {
    const draft = await draftOf("birds", { "a.txt": "a" })
    const error = await refusal("ARTIFACT_NOT_LOGGED", () => draft[row])
    expect(error.name).toBe("ArtifactNotLoggedError")
    expect(error.message).toContain("birds")
  })

  test.each(["aliases", "tags"] as const)("%s cannot be assigned either", async (row) => {
    const draft = new Artifact("birds", "dataset")
    await refusal("ARTIFACT_NOT_LOGGED", () => {
      draft[row] = ["x"]
    })
  })

  const loggedMethods = {
    getEntry: (draft: Artifact) => draft.getEntry("a.txt"),
    getPath: (draft: Artifact) => draft.getPath("a.txt"),
    files: (draft: Artifact) => draft.files(),
    file: (draft: Artifact) => draft.file(),
    download: (draft: Artifact) => draft.download(),
    checkout: (draft: Artifact) => draft.checkout(),
    verify: (draft: Artifact) => draft.verify(),
    delete: (draft: Artifact) => draft.delete(),
    unlink: (draft: Artifact) => draft.unlink(),
    linkedArtifacts: (draft: Artifact) => draft.linkedArtifacts(),
    sourceArtifact: (draft: Artifact) => draft.sourceArtifact(),
    loggedBy: (draft: Artifact) => draft.loggedBy(),
    usedBy: (draft: Artifact) => draft.usedBy(),
    newDraft: (draft: Artifact) => draft.newDraft(),
    wait: (draft: Artifact) => draft.wait(),
  }
  test.each(Object.entries(loggedMethods))("%s() throws ArtifactNotLoggedError", async (_, call) => {
    await refusal("ARTIFACT_NOT_LOGGED", async () => call(await draftOf("birds", { "a.txt": "a" })))
  })

  test("the rest can be read", async () => {
    const draft = await draftOf("birds", { "a.txt": "abc", "b.txt": "de" })
    expect(draft.id).toBeUndefined()
    expect(draft.name).toBe("birds")
    expect(draft.sourceName).toBe("birds")
    expect(draft.type).toBe("dataset")
    expect(draft.state).toBe("PENDING")
    expect(draft.size).toBe(5)
    expect(draft.isLink).toBe(false)
    expect(draft.manifest.fileCount).toBe(2)
    expect(draft.manifest.isFrozen).toBe(false)
    expect(draft.isDraft()).toBe(true)
  })

  test("digest is that of Python: MD5 over the sorted path:digest lines", async () => {
    expect(new Artifact("birds", "dataset").digest).toBe("64e7c61456b10382e2f3b571ac24b659")
    const draft = await draftOf("birds", { "b.txt": "b", "a.txt": "a" })
    expect(draft.digest).toBe((await draftOf("other", { "a.txt": "a", "b.txt": "b" }, "model")).digest)
    expect(draft.digest).not.toBe((await draftOf("birds", { "a.txt": "b", "b.txt": "a" })).digest)
  })

  test("description and metadata can be assigned", () => {
    const draft = new Artifact("birds", "dataset")
    draft.description = "new"
    draft.metadata = { loss: Number.NaN }
    expect(draft.description).toBe("new")
    expect(draft.metadata).toEqual({ loss: null })
  })
})

describe("ttl", () => {
  test("inherited on a draft is not known yet", async () => {
    await refusal("ARTIFACT_NOT_LOGGED", () => new Artifact("birds", "dataset").ttl)
  })

  test("reads as the duration that was set", () => {
    const draft = new Artifact("birds", "dataset")
    draft.ttl = { days: 30, hours: 36 }
    expect(draft.ttl).toEqual({ days: 31, hours: 12 })
  })

  test("null is never, and INHERIT goes back to the default", async () => {
    const draft = new Artifact("birds", "dataset")
    draft.ttl = null
    expect(draft.ttl).toBeNull()
    draft.ttl = ArtifactTTL.INHERIT
    await refusal("ARTIFACT_NOT_LOGGED", () => draft.ttl)
  })

  test.each([[{ days: 0 }], [{ seconds: -1 }], [{}], [5], ["30d"], [{ months: 1 }], [{ day: 1 }], [undefined]])(
    "%j is refused",
    async (ttl) => {
      const draft = new Artifact("birds", "dataset")
      await refusal("INVALID_ARGUMENT", () => {
        draft.ttl = ttl as never
      })
    },
  )

  test("set on the draft is the version's", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", { "a.txt": "a" })
    draft.ttl = { days: 7 }
    const logged = await (await start()).logArtifact(draft)
    expect(logged.ttl).toEqual({ days: 7 })
  })

  test("inherited is the registry's default once logged", async () => {
    expect((await fresh().log("birds", { a: "a" })).ttl).toBeNull()
    expect((await fresh({ defaultTtlSeconds: 86_400 }).log("birds", { a: "a" })).ttl).toEqual({ days: 1 })
  })

  test("ends the version's life", async () => {
    let now = Date.UTC(2026, 0, 1)
    const { start, api } = fresh({ now: () => now })
    const draft = await draftOf("birds", { "a.txt": "a" })
    draft.ttl = { days: 1 }
    await (await start()).logArtifact(draft)
    now += 23 * 3_600_000
    expect(await api.artifactExists("birds:v0")).toBe(true)
    now += 3_600_000
    expect(await api.artifactExists("birds:v0")).toBe(false)
  })
})

describe("on a logged version", () => {
  test("where it is", async () => {
    const { start } = fresh({ entity: "ann", project: "field" })
    const run = await start({ project: "birds" })
    const artifact = await run.logArtifact(await draftOf("songs", { "a.txt": "a" }))
    expect(artifact.name).toBe("songs:v0")
    expect(artifact.version).toBe("v0")
    expect(artifact.entity).toBe("ann")
    expect(artifact.project).toBe("birds")
    expect(artifact.qualifiedName).toBe("ann/birds/songs:v0")
    expect(artifact.sourceName).toBe("songs:v0")
    expect(artifact.sourceVersion).toBe("v0")
    expect(artifact.sourceEntity).toBe("ann")
    expect(artifact.sourceProject).toBe("birds")
    expect(artifact.sourceQualifiedName).toBe("ann/birds/songs:v0")
    expect(artifact.collection.name).toBe("songs")
    expect(artifact.sourceCollection.name).toBe("songs")
  })

  test("what it is", async () => {
    const artifact = await fresh().log("birds", { "a.txt": "abc", "b.txt": "de" }, { aliases: ["best"], tags: ["field"] })
    expect(artifact.isDraft()).toBe(false)
    expect(artifact.state).toBe("COMMITTED")
    expect(typeof artifact.id).toBe("string")
    expect(artifact.commitHash).toMatch(/^[0-9a-f]{32}$/)
    expect(artifact.fileCount).toBe(2)
    expect(artifact.size).toBe(5)
    expect(artifact.aliases.toSorted()).toEqual(["best", "latest"])
    expect(artifact.tags).toEqual(["field"])
    expect(artifact.isLink).toBe(false)
    expect(artifact.historyStep).toBeNull()
    expect(artifact.manifest.isFrozen).toBe(true)
  })

  test("when: updatedAt is createdAt until something changes", async () => {
    let now = Date.UTC(2026, 0, 1)
    const { log } = fresh({ now: () => now })
    const artifact = await log("birds", { "a.txt": "a" })
    expect(artifact.createdAt).toMatch(iso)
    expect(artifact.updatedAt).toBe(artifact.createdAt)
    now += 1000
    artifact.description = "changed"
    await artifact.save()
    expect(artifact.updatedAt).toMatch(iso)
    expect(artifact.updatedAt > artifact.createdAt).toBe(true)
  })

  test("fileCount and size count references", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", { "a.txt": "abc" })
    await draft.addReference("s3://bucket/key", { name: "key", checksum: false })
    const artifact = await (await start()).logArtifact(draft)
    expect(artifact.fileCount).toBe(2)
    expect(artifact.size).toBe(3)
  })

  test("url is the registry's page for this version", async () => {
    const artifact = await fresh({ pageUrl: "https://art.example/" }).log("birds", { "a.txt": "a" })
    expect(artifact.url).toBe("https://art.example/local/uncategorized/artifacts/dataset/birds/v0")
    expect((await fresh().log("birds", { "a.txt": "a" })).url).toContain("birds")
  })

  test("name is the alias that was asked for", async () => {
    const { log, api } = fresh()
    await log("birds", { "a.txt": "a" }, { aliases: ["best"] })
    expect((await api.artifact("birds:best")).name).toBe("birds:best")
    expect((await api.artifact("birds:v0")).name).toBe("birds:v0")
    expect((await api.artifact("birds")).name).toBe("birds:v0")
    expect((await api.artifact("birds:best")).version).toBe("v0")
    expect((await api.artifact("birds:best")).sourceName).toBe("birds:v0")
  })

  test("manifest is loaded and frozen", async () => {
    const { log, api } = fresh()
    await log("birds", { "a.txt": "a" })
    const { manifest } = await api.artifact("birds")
    expect([...manifest.entries.keys()]).toEqual(["a.txt"])
    expect(manifest.isFrozen).toBe(true)
    await refusal("ARTIFACT_FINALIZED", () => manifest.add({ path: "b", digest: "x", size: 1 }))
  })

  test("manifest fetched lazily says how to get it, and loadManifest gets it", async () => {
    const { log, api } = fresh()
    await log("birds", { "a.txt": "a" })
    const artifact = await api.artifact("birds", { manifest: "lazy" })
    const error = await refusal("INVALID_ARGUMENT", () => artifact.manifest)
    expect(error.message).toContain("loadManifest")
    expect(artifact.digest).toMatch(/^[0-9a-f]{32}$/)
    expect(artifact.size).toBe(1)
    expect((await artifact.loadManifest()).fileCount).toBe(1)
    expect(artifact.manifest.isFrozen).toBe(true)
  })

  test("the version fetched has the digest of the draft that was logged", async () => {
    const { start, api } = fresh()
    const draft = await draftOf("birds", { "a.txt": "a" })
    const { digest } = draft
    await (await start()).logArtifact(draft)
    expect(draft.digest).toBe(digest)
    expect((await api.artifact("birds", { manifest: "lazy" })).digest).toBe(digest)
  })
})

describe("on a link", () => {
  test("place and version are the portfolio's, source… is where it was logged", async () => {
    const { log } = fresh()
    await log("birds", { "a.txt": "a" })
    const source = await log("birds", { "a.txt": "b" })
    const linked = await source.link("shelf/best-birds", { aliases: ["prod"] })
    expect(linked.isLink).toBe(true)
    expect(linked.name).toBe("best-birds:v0")
    expect(linked.version).toBe("v0")
    expect(linked.project).toBe("shelf")
    expect(linked.qualifiedName).toBe("local/shelf/best-birds:v0")
    expect(linked.collection.name).toBe("best-birds")
    expect(linked.sourceCollection.name).toBe("birds")
    expect(linked.sourceName).toBe("birds:v1")
    expect(linked.sourceVersion).toBe("v1")
    expect(linked.sourceProject).toBe("uncategorized")
    expect(linked.sourceEntity).toBe("local")
    expect(linked.sourceQualifiedName).toBe("local/uncategorized/birds:v1")
    expect(linked.id).toBe(source.id)
    expect(linked.aliases.toSorted()).toEqual(["latest", "prod"])
  })

  test("ttl is refused, and says where to set it", async () => {
    const linked = await (await fresh().log("birds", { "a.txt": "a" })).link("best")
    const error = await refusal("INVALID_ARGUMENT", () => {
      linked.ttl = { days: 1 }
    })
    expect(error.details.argument).toBe("ttl")
    expect(error.message).toContain("sourceArtifact")
  })
})

describe("on a deleted version", () => {
  test("state is DELETED, and what was known can still be read", async () => {
    const artifact = await fresh().log("birds", { "a.txt": "a" })
    await artifact.delete({ deleteAliases: true })
    expect(artifact.state).toBe("DELETED")
    expect(artifact.name).toBe("birds:v0")
    expect(artifact.isDraft()).toBe(false)
  })

  test.each([
    ["getEntry", (artifact: Artifact) => artifact.getEntry("a.txt")],
    ["download", (artifact: Artifact) => artifact.download()],
    ["verify", (artifact: Artifact) => artifact.verify()],
    ["link", (artifact: Artifact) => artifact.link("best")],
    ["newDraft", (artifact: Artifact) => artifact.newDraft()],
    ["save", (artifact: Artifact) => artifact.save()],
    ["files", (artifact: Artifact) => artifact.files()],
  ] as const)("%s() is a ConflictError", async (_, call) => {
    const artifact = await fresh().log("birds", { "a.txt": "a" })
    await artifact.delete({ deleteAliases: true })
    const error = await refusal("CONFLICT", async () => call(artifact))
    expect(error.message).toContain("birds:v0")
  })
})

describe("jsonEncode", () => {
  test("is plain JSON of a draft", async () => {
    const draft = await draftOf("birds", { "a.txt": "abc" })
    const encoded = draft.jsonEncode()
    expect(JSON.parse(JSON.stringify(encoded))).toEqual(encoded)
    expect(encoded).toMatchObject({ _type: "artifactVersion", id: null, version: null, sequenceName: "birds", size: 3 })
  })

  test("of a version has Python's keys, and toJSON is the same", async () => {
    const artifact = await fresh().log("birds", { "a.txt": "abc" }, { tags: ["t"] })
    const encoded = artifact.jsonEncode()
    expect(encoded).toMatchObject({
      _type: "artifactVersion",
      _version: "v0",
      id: artifact.id,
      version: "v0",
      sequenceName: "birds",
      usedAs: null,
      tags: ["t"],
      fileCount: 1,
      digest: artifact.digest,
    })
    expect(artifact.toJSON()).toEqual(encoded)
    expect(JSON.parse(JSON.stringify(artifact))).toEqual(encoded)
  })
})
