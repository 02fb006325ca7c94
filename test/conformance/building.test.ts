/** spec/api.md, "Methods": add_dir, add_file, new_file, remove, finalize, is_draft. */
import { Artifact, type ArtifactManifestEntry } from "isofact"
import { describe, expect, test } from "vitest"
import { bytesOf, collect, digestOf, draftOf, failure, fresh, pattern, refusal } from "./fresh.ts"

const paths = (draft: Artifact) => [...draft.manifest.entries.keys()].sort()
const textStream = (...chunks: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(bytesOf(chunk))
      controller.close()
    },
  })
async function* chunksOf(...chunks: (string | Uint8Array)[]) {
  yield* chunks
}

describe("addFile", () => {
  const sources: { [kind: string]: () => Parameters<Artifact["addFile"]>[0] } = {
    Blob: () => new Blob(["hello"]),
    File: () => new File(["hello"], "other.txt"),
    Uint8Array: () => bytesOf("hello"),
    "a view into a larger buffer": () => new Uint8Array(bytesOf("xxhelloxx").buffer, 2, 5),
    ArrayBuffer: () => bytesOf("hello").buffer as ArrayBuffer,
    DataView: () => new DataView(bytesOf("hello").buffer),
    ReadableStream: () => textStream("he", "", "llo"),
    Response: () => new Response("hello"),
    "async iterable": () => chunksOf("he", bytesOf("llo")),
    iterable: () => [bytesOf("he"), "llo"],
  }
  test.each(Object.entries(sources))("takes a %s", async (_, source) => {
    const { start, api } = fresh()
    const draft = new Artifact("birds", "dataset")
    const entry = await draft.addFile(source(), { name: "a.txt" })
    expect(entry).toMatchObject({ path: "a.txt", size: 5, digest: await digestOf("hello") })
    await (await start()).logArtifact(draft)
    expect(await (await api.artifact("birds")).getEntry("a.txt").text()).toBe("hello")
  })

  test("a file of no bytes is a file", async () => {
    const draft = new Artifact("birds", "dataset")
    expect(await draft.addFile(new Blob([]), { name: "empty" })).toMatchObject({ size: 0, digest: "1B2M2Y8AsgTpgAmY7PhCfg==" })
  })

  test("the default name is the base name of the source", async () => {
    const draft = new Artifact("birds", "dataset")
    expect((await draft.addFile(new File(["a"], "a.txt"))).path).toBe("a.txt")
  })

  test("a source without a name needs one", async () => {
    const error = await refusal("INVALID_ARGUMENT", new Artifact("birds", "dataset").addFile(new Blob(["a"])))
    expect(error.details.argument).toBe("options.name")
    expect(error.message).toContain("name")
  })

  test("name may have folders, and is tidied", async () => {
    const draft = new Artifact("birds", "dataset")
    expect((await draft.addFile(new Blob(["a"]), { name: "./x//y/a.txt" })).path).toBe("x/y/a.txt")
  })

  test.each(["../a", "/a", "a/../../b", "C:\\a", ".", "", "a\0b"])("the name %j is refused", async (name) => {
    const error = await refusal("INVALID_ARGUMENT", new Artifact("birds", "dataset").addFile(new Blob(["a"]), { name }))
    expect(error.details.argument).toBe("options.name")
  })

  test("isTmp names the entry after its content and keeps folder and suffixes", async () => {
    const draft = new Artifact("birds", "dataset")
    const entry = await draft.addFile(new Blob(["hello"]), { name: "media/tmp123.table.json", isTmp: true })
    expect(entry.path).toBe("media/5d41402abc4b2a76b971.table.json")
  })

  test("the same path with the same content again changes nothing", async () => {
    const draft = await draftOf("birds", { "a.txt": "a" })
    const { digest } = draft
    await draft.addFile(new Blob(["a"]), { name: "a.txt" })
    expect(draft.digest).toBe(digest)
  })

  test("the same path with other content is refused, and overwrite replaces it", async () => {
    const draft = await draftOf("birds", { "a.txt": "a" })
    const error = await refusal("INVALID_ARGUMENT", draft.addFile(new Blob(["bb"]), { name: "a.txt" }))
    expect(error.message).toContain("overwrite")
    expect(draft.size).toBe(1)
    await draft.addFile(new Blob(["bb"]), { name: "a.txt", overwrite: true })
    expect(draft.size).toBe(2)
  })

  test.each(["mutable", "immutable"] as const)("policy %s is taken", async (policy) => {
    const draft = new Artifact("birds", "dataset")
    expect((await draft.addFile(new Blob(["a"]), { name: "a", policy })).size).toBe(1)
  })

  test("mutable: bytes changed after adding do not reach the artifact", async () => {
    const { start, api } = fresh()
    const draft = new Artifact("birds", "dataset")
    const bytes = bytesOf("hello")
    await draft.addFile(bytes, { name: "a" })
    bytes.fill(0)
    await (await start()).logArtifact(draft)
    expect(await (await api.artifact("birds")).getEntry("a").text()).toBe("hello")
  })

  test("immutable: bytes changed after adding are an error that names the file", async () => {
    const { start, api } = fresh()
    const draft = new Artifact("birds", "dataset")
    const bytes = bytesOf("hello")
    await draft.addFile(bytes, { name: "x/a", policy: "immutable" })
    bytes.fill(0)
    const error = await refusal("DIGEST_MISMATCH", (await start()).logArtifact(draft))
    expect(error.details.path).toBe("x/a")
    expect(error.message).toContain("immutable")
    expect(await api.artifactExists("birds")).toBe(false)
  })

  test("skipCache is taken", async () => {
    const draft = new Artifact("birds", "dataset")
    expect((await draft.addFile(new Blob(["a"]), { name: "a", skipCache: true })).path).toBe("a")
  })

  test("a stream that fails rejects with its reason and adds nothing", async () => {
    const draft = new Artifact("birds", "dataset")
    const reason = new Error("the line went dead")
    const source = new ReadableStream({
      pull(controller) {
        controller.error(reason)
      },
    })
    expect(await failure(draft.addFile(source, { name: "a" }))).toBe(reason)
    expect(paths(draft)).toEqual([])
  })

  test("a stream can be read once, and a second time says so", async () => {
    const draft = new Artifact("birds", "dataset")
    const stream = textStream("a")
    await draft.addFile(stream, { name: "a" })
    const error = await refusal("INVALID_ARGUMENT", draft.addFile(stream, { name: "b" }))
    expect(error.details.argument).toBe("source")
    expect(paths(draft)).toEqual(["a"])
  })

  test("a Response that is an error is refused", async () => {
    const draft = new Artifact("birds", "dataset")
    const error = await refusal("INVALID_ARGUMENT", draft.addFile(new Response("no", { status: 404 }), { name: "a" }))
    expect(error.message).toContain("404")
  })

  test("many at once all arrive", async () => {
    const draft = new Artifact("birds", "dataset")
    await Promise.all(Array.from({ length: 50 }, (_, index) => draft.addFile(new Blob([`${index}`]), { name: `${index}.txt` })))
    expect(draft.manifest.fileCount).toBe(50)
  })

  test("several chunks and megabytes have the digest of the whole", async () => {
    const bytes = pattern(3 * 1024 * 1024 + 17)
    const draft = new Artifact("birds", "dataset")
    const entry = await draft.addFile(new Blob([bytes]).stream(), { name: "big" })
    expect(entry).toMatchObject({ size: bytes.byteLength, digest: await digestOf(bytes) })
  })
})

describe("addDir", () => {
  interface FakeDirectory {
    readonly kind: "directory"
    readonly name: string
    entries(): AsyncIterable<[string, FakeDirectory | { kind: "file"; getFile(): Promise<File> }]>
  }
  const handle = (name: string, children: { [name: string]: string | FakeDirectory }): FakeDirectory => ({
    kind: "directory",
    name,
    async *entries() {
      for (const [child, value] of Object.entries(children)) {
        if (typeof value !== "string") yield [child, value]
        else yield [child, { kind: "file", getFile: async () => new File([value], child) }]
      }
    },
  })
  const picked = (relative: string, text: string) =>
    Object.defineProperty(new File([text], relative.split("/").at(-1)!), "webkitRelativePath", { value: relative })
  async function* pairs() {
    yield ["a.txt", new Blob(["a"])] as const
    yield ["x/b.txt", bytesOf("b")] as const
  }

  const sources: { [kind: string]: () => Parameters<Artifact["addDir"]>[0] } = {
    "directory handle": () => handle("birds", { "a.txt": "a", x: handle("x", { "b.txt": "b" }) }),
    "list of picked files": () => [picked("birds/a.txt", "a"), picked("birds/x/b.txt", "b")],
    "FileList-like": () => ({ length: 2, 0: picked("birds/a.txt", "a"), 1: picked("birds/x/b.txt", "b") }),
    Map: () => new Map([["a.txt", new Blob(["a"])] as const, ["x/b.txt", new Blob(["b"])] as const]),
    "array of pairs": () => [["a.txt", new Blob(["a"])] as const, ["x/b.txt", new Blob(["b"])] as const],
    "async iterable": () => pairs(),
  }
  test.each(Object.entries(sources))("takes a %s", async (_, source) => {
    const draft = new Artifact("birds", "dataset")
    await draft.addDir(source())
    expect(paths(draft)).toEqual(["a.txt", "x/b.txt"])
    expect(draft.digest).toBe((await draftOf("birds", { "a.txt": "a", "x/b.txt": "b" })).digest)
  })

  test("name is the sub-folder", async () => {
    const draft = new Artifact("birds", "dataset")
    await draft.addDir(new Map([["a.txt", new Blob(["a"])]]), { name: "deep/er" })
    expect(paths(draft)).toEqual(["deep/er/a.txt"])
  })

  test("nothing in it is no error", async () => {
    const draft = new Artifact("birds", "dataset")
    await draft.addDir(new Map())
    expect(paths(draft)).toEqual([])
  })

  test("ignore leaves paths out", async () => {
    const draft = new Artifact("birds", "dataset")
    await draft.addDir(pairs(), { ignore: (path) => path.startsWith("x/") })
    expect(paths(draft)).toEqual(["a.txt"])
  })

  test("a path taken by other content is refused, and then nothing of the directory is added", async () => {
    const draft = await draftOf("birds", { "x/b.txt": "other" })
    const error = await refusal("INVALID_ARGUMENT", draft.addDir(pairs()))
    expect(error.message).toContain("merge")
    expect(paths(draft)).toEqual(["x/b.txt"])
  })

  test("merge replaces", async () => {
    const draft = await draftOf("birds", { "x/b.txt": "other", "c.txt": "c" })
    await draft.addDir(pairs(), { merge: true })
    expect(paths(draft)).toEqual(["a.txt", "c.txt", "x/b.txt"])
    expect(draft.manifest.get("x/b.txt")?.size).toBe(1)
  })

  test("one hostile path refuses the whole directory", async () => {
    const draft = new Artifact("birds", "dataset")
    const source = new Map([
      ["a.txt", new Blob(["a"])],
      ["../b.txt", new Blob(["b"])],
    ])
    await refusal("INVALID_ARGUMENT", draft.addDir(source))
    expect(paths(draft)).toEqual([])
  })

  test("an iterable that fails rejects with its reason and adds nothing", async () => {
    const reason = new Error("lost")
    async function* failing() {
      yield* pairs()
      throw reason
    }
    const draft = new Artifact("birds", "dataset")
    expect(await failure(draft.addDir(failing()))).toBe(reason)
    expect(paths(draft)).toEqual([])
  })

  test("a file is not a directory", async () => {
    const error = await refusal("INVALID_ARGUMENT", new Artifact("birds", "dataset").addDir(new Blob(["a"]) as never))
    expect(error.details.argument).toBe("dir")
  })
})

describe("newFile", () => {
  test("the entry appears when the file is closed", async () => {
    const draft = new Artifact("birds", "dataset")
    const file = await draft.newFile("notes.txt")
    await file.writeText("grüß ")
    await file.write(bytesOf("dich"))
    expect(paths(draft)).toEqual([])
    await file.close()
    expect(draft.manifest.get("notes.txt")).toMatchObject({ size: 11, digest: await digestOf("grüß dich") })
  })

  test("takes a pipe, also of text", async () => {
    const draft = new Artifact("birds", "dataset")
    await textStream("a", "b").pipeTo(await draft.newFile("bytes"))
    const text = new ReadableStream<string>({
      start(controller) {
        controller.enqueue("ab")
        controller.close()
      },
    })
    await text.pipeTo(await draft.newFile("text"))
    expect(draft.manifest.get("bytes")?.digest).toBe(draft.manifest.get("text")?.digest)
  })

  test("with a function, it closes by itself and returns the entry", async () => {
    const draft = new Artifact("birds", "dataset")
    const entry: ArtifactManifestEntry = await draft.newFile("a.txt", (file) => file.writeText("hello"))
    expect(entry).toMatchObject({ path: "a.txt", digest: await digestOf("hello") })
  })

  test("nothing written is an empty file", async () => {
    const draft = new Artifact("birds", "dataset")
    await draft.newFile("empty", () => undefined)
    expect(draft.manifest.get("empty")?.size).toBe(0)
  })

  test("aborted, it leaves nothing", async () => {
    const draft = new Artifact("birds", "dataset")
    const file = await draft.newFile("a.txt")
    await file.writeText("half")
    await file.abort(new Error("changed my mind"))
    expect(paths(draft)).toEqual([])
  })

  test("a function that fails leaves nothing and rejects with its error", async () => {
    const draft = new Artifact("birds", "dataset")
    const reason = new Error("no")
    const write = async (file: { writeText(text: string): Promise<void> }) => {
      await file.writeText("half")
      throw reason
    }
    expect(await failure(draft.newFile("a.txt", write))).toBe(reason)
    expect(paths(draft)).toEqual([])
  })

  test('mode "x" refuses a name that is taken, when opened and when closed', async () => {
    const draft = await draftOf("birds", { "a.txt": "a" })
    const error = await refusal("INVALID_ARGUMENT", draft.newFile("a.txt"))
    expect(error.message).toContain('"w"')
    const late = await draft.newFile("b.txt")
    await draft.addFile(new Blob(["first"]), { name: "b.txt" })
    await refusal("INVALID_ARGUMENT", late.close())
    expect(draft.manifest.get("b.txt")?.size).toBe(5)
  })

  test('mode "w" replaces', async () => {
    const draft = await draftOf("birds", { "a.txt": "a" })
    await draft.newFile("a.txt", (file) => file.writeText("longer"), { mode: "w" })
    expect(draft.manifest.get("a.txt")?.size).toBe(6)
  })

  test("is stored and read like any other", async () => {
    const { start, api } = fresh()
    const draft = new Artifact("birds", "dataset")
    await draft.newFile("a.json", (file) => file.writeText('{"a": 1}'))
    await (await start()).logArtifact(draft)
    expect(await (await api.artifact("birds")).getEntry("a.json").json()).toEqual({ a: 1 })
  })

  test.each([5, null, {}])("a chunk of %j is refused", async (chunk) => {
    const draft = new Artifact("birds", "dataset")
    const file = await draft.newFile("a")
    const error = await refusal("INVALID_ARGUMENT", file.write(chunk as never))
    expect(error.details.argument).toBe("chunk")
  })
})

describe("remove", () => {
  test("takes an entry path, an entry, or a directory", async () => {
    const draft = await draftOf("birds", { a: "a", b: "b", "x/c": "c", "x/y/d": "d", xy: "e" })
    draft.remove("a")
    draft.remove(await draft.addFile(new Blob(["f"]), { name: "f" }))
    draft.remove("x")
    expect(paths(draft)).toEqual(["b", "xy"])
    expect(draft.size).toBe(2)
  })

  test("nothing there is EntryNotFoundError", async () => {
    const draft = await draftOf("birds", { a: "a" })
    const error = await refusal("ENTRY_NOT_FOUND", () => draft.remove("b"))
    expect(error.details.path).toBe("b")
  })

  test("what was removed is not stored", async () => {
    const { start, blobs } = fresh()
    const draft = await draftOf("birds", { a: "aaa", b: "b" })
    draft.remove("a")
    await (await start()).logArtifact(draft)
    const digests = (await collect(blobs.list())).map(({ digest }) => digest)
    expect(digests).toContain(await digestOf("b"))
    expect(digests).not.toContain(await digestOf("aaa"))
  })

  test("what was removed can be added again with other content", async () => {
    const draft = await draftOf("birds", { a: "a" })
    draft.remove("a")
    await draft.addFile(new Blob(["other"]), { name: "a" })
    expect(draft.size).toBe(5)
  })
})

describe("finalize", () => {
  const changes: { [name: string]: (artifact: Artifact) => unknown } = {
    addFile: (artifact) => artifact.addFile(new Blob(["b"]), { name: "b" }),
    addDir: (artifact) => artifact.addDir(new Map([["b", new Blob(["b"])]])),
    newFile: (artifact) => artifact.newFile("b"),
    addReference: (artifact) => artifact.addReference("s3://b/c", { checksum: false }),
    remove: (artifact) => artifact.remove("a"),
  }
  test.each(Object.entries(changes))("after it %s throws ArtifactFinalizedError", async (_, change) => {
    const draft = await draftOf("birds", { a: "a" })
    draft.finalize()
    const error = await refusal("ARTIFACT_FINALIZED", async () => change(draft))
    expect(error.message).toContain("newDraft")
    expect(paths(draft)).toEqual(["a"])
  })

  test.each(Object.entries(changes))("after logging %s throws ArtifactFinalizedError", async (_, change) => {
    const logged = await fresh().log("birds", { a: "a" })
    await refusal("ARTIFACT_FINALIZED", async () => change(logged))
  })

  test("a file still being written when it happens does not join", async () => {
    const draft = new Artifact("birds", "dataset")
    const file = await draft.newFile("a")
    await file.writeText("a")
    draft.finalize()
    await refusal("ARTIFACT_FINALIZED", file.close())
    expect(paths(draft)).toEqual([])
  })

  test("again is fine, and it stays a draft that can be logged", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", { a: "a" })
    draft.finalize()
    draft.finalize()
    expect(draft.isDraft()).toBe(true)
    expect((await (await start()).logArtifact(draft)).version).toBe("v0")
    expect(draft.isDraft()).toBe(false)
  })
})

test("getAddedLocalPathName is undefined for what was not added from a path", async () => {
  const draft = await draftOf("birds", { "a.txt": "a" })
  expect(draft.getAddedLocalPathName("a.txt")).toBeUndefined()
})
