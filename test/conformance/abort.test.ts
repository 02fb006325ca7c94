/** AbortSignal: on every method that takes one, aborted before and half-way; nothing half-visible, and it works afterwards. */
import { Artifact, type ArtifactCollection, type ArtifactManifestEntry, init, type Registry, type Run } from "isofact"
import { beforeEach, describe, expect, test } from "vitest"
import { collect, contents, directory, draftOf, failure, fill, fresh, pattern, startIn } from "./fresh.ts"

type Call = { readonly signal: AbortSignal }

interface Scene {
  readonly setup: ReturnType<typeof fresh>
  readonly run: Run
  readonly draft: Artifact
  readonly logged: Artifact
  readonly linked: Artifact
  readonly collection: ArtifactCollection
  readonly entry: ArtifactManifestEntry
}

async function scene(setup = fresh()): Promise<Scene> {
  const logged = await setup.log("birds", { "a.json": "1" })
  const linked = await logged.link("best")
  return {
    setup,
    run: await setup.start(),
    draft: await draftOf("fresh-birds", { a: "a" }),
    logged,
    linked,
    collection: logged.collection,
    entry: logged.getEntry("a.json"),
  }
}

const methods: { [name: string]: (scene: Scene, call: Call) => Promise<unknown> } = {
  init: ({ setup }, call) => init({ registry: setup.registry, ...call }),
  "artifact.addFile": ({ draft }, call) => draft.addFile(new Blob(["x"]), { name: "x", ...call }),
  "artifact.addDir": ({ draft }, call) => draft.addDir(new Map([["x", new Blob(["x"])]]), call),
  "artifact.newFile": ({ draft }, call) => draft.newFile("x", (file) => file.writeText("x"), call),
  "artifact.addReference": ({ draft }, call) => draft.addReference("s3://b/k", { checksum: false, ...call }),
  "artifact.addReference of an entry": ({ draft, entry }, call) => draft.addReference(entry, call),
  "artifact.save of a draft": ({ draft }, call) => draft.save(call),
  "artifact.save of edits": ({ logged }, call) => {
    logged.description = "edited"
    return logged.save(call)
  },
  "artifact.wait": ({ logged }, call) => logged.wait(call),
  "artifact.newDraft": ({ logged }, call) => logged.newDraft(call),
  "artifact.loadManifest": ({ logged }, call) => logged.loadManifest(call),
  "artifact.files": ({ logged }, call) => collect(logged.files(undefined, call)),
  "artifact.file": ({ logged }, call) => logged.file(directory(), call),
  "artifact.download": ({ logged }, call) => logged.download(directory(), call),
  "artifact.checkout": ({ logged }, call) => logged.checkout(directory(), call),
  "artifact.verify": async ({ logged }, call) => logged.verify(await fill(directory(), { "a.json": "1" }), call),
  "artifact.verify of what is stored": ({ logged }, call) => logged.verify(undefined, { stored: true, ...call }),
  "artifact.delete": ({ logged }, call) => logged.delete({ deleteAliases: true, ...call }),
  "artifact.link": ({ logged }, call) => logged.link("better", call),
  "artifact.unlink": ({ linked }, call) => linked.unlink(call),
  "artifact.linkedArtifacts": ({ logged }, call) => logged.linkedArtifacts(call),
  "artifact.sourceArtifact": ({ linked }, call) => linked.sourceArtifact(call),
  "artifact.loggedBy": ({ logged }, call) => logged.loggedBy(call),
  "artifact.usedBy": ({ logged }, call) => logged.usedBy(call),
  "entry.bytes": ({ entry }, call) => entry.bytes(call),
  "entry.blob": ({ entry }, call) => entry.blob(call),
  "entry.text": ({ entry }, call) => entry.text(call),
  "entry.json": ({ entry }, call) => entry.json(call),
  "entry.stream": async ({ entry }, call) => new Response(await entry.stream(call)).text(),
  "entry.stream of a range": async ({ entry }, call) => new Response(await entry.stream({ range: { start: 0 }, ...call })).text(),
  "entry.download": ({ entry }, call) => entry.download(directory(), call),
  "run.logArtifact": ({ run, draft }, call) => run.logArtifact(draft, call),
  "run.useArtifact": ({ run }, call) => run.useArtifact("birds", call),
  "run.linkArtifact": ({ run, logged }, call) => run.linkArtifact(logged, "better", call),
  "run.upsertArtifact": ({ run, draft }, call) => run.upsertArtifact(draft, { distributedId: "d", ...call }),
  "run.finishArtifact": ({ run, draft }, call) => run.finishArtifact(draft, { distributedId: "d", ...call }),
  "run.loggedArtifacts": ({ run }, call) => collect(run.loggedArtifacts(call)),
  "run.usedArtifacts": ({ run }, call) => collect(run.usedArtifacts(call)),
  "run.finish": ({ run }, call) => run.finish(call),
  "api.artifact": ({ setup }, call) => setup.api.artifact("birds", call),
  "api.artifactExists": ({ setup }, call) => setup.api.artifactExists("birds", call),
  "api.artifacts": ({ setup }, call) => collect(setup.api.artifacts("dataset", "birds", call)),
  "api.artifactType": ({ setup }, call) => setup.api.artifactType("dataset", call),
  "api.artifactTypes": ({ setup }, call) => collect(setup.api.artifactTypes(call)),
  "api.artifactCollection": ({ setup }, call) => setup.api.artifactCollection("dataset", "birds", call),
  "api.artifactCollections": ({ setup }, call) => collect(setup.api.artifactCollections(undefined, call)),
  "api.artifactCollectionExists": ({ setup }, call) => setup.api.artifactCollectionExists("birds", "dataset", call),
  "api.run": ({ setup, run }, call) => setup.api.run(run.id, call),
  "collection.aliases": ({ collection }, call) => collection.aliases(call),
  "collection.artifacts": ({ collection }, call) => collect(collection.artifacts(call)),
  "collection.save": ({ collection }, call) => {
    collection.description = "edited"
    return collection.save(call)
  },
  "collection.delete": ({ collection }, call) => collection.delete(call),
}

const families = ["collections", "versions", "names", "projects", "types", "runs", "clients", "shared"]

async function snapshot({ setup, draft }: Scene) {
  const records: unknown[] = []
  for (const family of families) for await (const record of setup.records.list(family)) records.push(record)
  return JSON.stringify([records, (await collect(setup.blobs.list())).map(({ digest }) => digest), draft.digest])
}

describe("aborted before the call", () => {
  test.each(Object.entries(methods))("%s rejects with the reason, changes nothing, and works afterwards", async (_, call) => {
    const on = await scene()
    const before = await snapshot(on)
    const reason = new Error("not now")
    expect(await failure(call(on, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(await snapshot(on)).toBe(before)
    await call(on, { signal: new AbortController().signal })
  })

  test("the reason is whatever was given, or the AbortError of the platform", async () => {
    const on = await scene()
    expect(await failure(on.entry.text({ signal: AbortSignal.abort("a text") }))).toBe("a text")
    expect(await failure(on.entry.text({ signal: AbortSignal.abort() }))).toMatchObject({ name: "AbortError" })
  })
})

describe("aborted half-way", () => {
  let controller: AbortController
  const reason = new Error("enough")
  beforeEach(() => {
    controller = new AbortController()
  })
  const abort = () => controller.abort(reason)

  /** A source that gives one chunk and then nothing for ever, and says when it was cancelled. */
  function stuck() {
    let cancelled: unknown
    const stream = new ReadableStream<Uint8Array>({
      start: (target) => target.enqueue(pattern(1000)),
      pull: () => new Promise(() => setTimeout(abort, 5)),
      cancel(why) {
        cancelled = why
      },
    })
    return { stream, cancelled: () => cancelled }
  }

  test("addFile of a source that hangs lets go of it and adds nothing", async () => {
    const draft = new Artifact("birds", "dataset")
    const { stream, cancelled } = stuck()
    expect(await failure(draft.addFile(stream, { name: "a", signal: controller.signal }))).toBe(reason)
    expect(cancelled()).toBe(reason)
    expect(draft.manifest.fileCount).toBe(0)
    await draft.addFile(new Blob(["a"]), { name: "a" })
  })

  test("addDir of an iterable that hangs adds nothing", async () => {
    async function* hanging() {
      yield ["a", new Blob(["a"])] as const
      setTimeout(abort, 5)
      await new Promise(() => undefined)
    }
    const draft = new Artifact("birds", "dataset")
    expect(await failure(draft.addDir(hanging(), { signal: controller.signal }))).toBe(reason)
    expect(draft.manifest.fileCount).toBe(0)
  })

  test("addDir with one file that hangs adds nothing", async () => {
    const draft = new Artifact("birds", "dataset")
    const source = new Map<string, Blob | ReadableStream<Uint8Array>>([
      ["a", new Blob(["a"])],
      ["b", stuck().stream],
    ])
    expect(await failure(draft.addDir(source, { signal: controller.signal }))).toBe(reason)
    expect(draft.manifest.fileCount).toBe(0)
  })

  test("a newFile that is being written rejects, and leaves nothing", async () => {
    const draft = new Artifact("birds", "dataset")
    const file = await draft.newFile("a", { signal: controller.signal })
    await file.writeText("half")
    abort()
    expect(await failure(file.writeText("more").then(() => file.close()))).toBe(reason)
    expect(draft.manifest.fileCount).toBe(0)
  })

  /** Every operation of the registry that logging uses, aborted while it runs. */
  const steps = ["createVersion", "requestUploads", "storeManifest", "commitVersion"] as const
  test.each(steps)("logArtifact during %s shows all or nothing, and logging again succeeds", async (step) => {
    const setup = fresh()
    let armed = true
    const registry: Registry = {
      ...setup.registry,
      async [step](...args: never[]) {
        const result = await (setup.registry[step] as (...args: never[]) => Promise<unknown>)(...args)
        if (armed) abort()
        return result
      },
    } as Registry
    const run = await startIn(registry)()
    const draft = await draftOf("birds", { a: "a", b: "b" })
    expect(await failure(run.logArtifact(draft, { signal: controller.signal }))).toBe(reason)
    armed = false
    if (await setup.api.artifactExists("birds")) {
      expect(await (await setup.api.artifact("birds:v0")).verify(undefined, { stored: true })).toMatchObject({ verified: 2 })
    }
    expect((await run.logArtifact(draft)).version).toBe("v0")
    expect(await collect(setup.api.artifacts("dataset", "birds"))).toHaveLength(1)
  })

  test("logArtifact while bytes are stored shows nothing, and sends the rest the next time", async () => {
    const { start, api } = fresh()
    const run = await start()
    const draft = await draftOf(
      "birds",
      Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index}`, `text ${index}`])),
    )
    let stored = 0
    const onProgress = () => {
      stored += 1
      if (stored === 20) abort()
    }
    expect(await failure(run.logArtifact(draft, { signal: controller.signal, onProgress }))).toBe(reason)
    expect(await api.artifactExists("birds")).toBe(false)
    expect(await failure(draft.wait())).toBe(reason)
    await run.logArtifact(draft)
    expect(await draft.verify(undefined, { stored: true })).toMatchObject({ verified: 40 })
  })

  test.each(["download", "checkout"] as const)("%s leaves only whole files, and goes on the next time", async (verb) => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index}`, `text ${index}`]))
    const artifact = await fresh().log("birds", files)
    const target = directory()
    let done = 0
    const onProgress = () => {
      done += 1
      if (done === 5) abort()
    }
    expect(await failure(artifact[verb](target, { signal: controller.signal, onProgress }))).toBe(reason)
    const written = await contents(target)
    expect(Object.keys(written).length).toBeLessThan(40)
    expect(files).toMatchObject(written)
    await artifact[verb](target)
    expect(await contents(target)).toEqual(files)
  })

  test("verify rejects with the reason", async () => {
    const artifact = await fresh().log("birds", { a: "a", b: "b", c: "c" })
    const options = { stored: true, signal: controller.signal, onProgress: abort }
    expect(await failure(artifact.verify(undefined, options))).toBe(reason)
  })

  test("a stream that is being read errors with the reason", async () => {
    const artifact = await fresh().log("birds", { big: pattern(2_000_000) })
    const reader = (await artifact.getEntry("big").stream({ signal: controller.signal })).getReader()
    await reader.read()
    abort()
    expect(await failure(reader.read())).toBe(reason)
    expect((await artifact.getEntry("big").bytes()).byteLength).toBe(2_000_000)
  })

  test("a listing stops at the next item", async () => {
    const { log, api } = fresh()
    for (const text of ["0", "1", "2"]) await log("birds", { a: text })
    const seen: string[] = []
    const list = async () => {
      for await (const { version } of api.artifacts("dataset", "birds", { signal: controller.signal })) {
        seen.push(version)
        abort()
      }
    }
    expect(await failure(list())).toBe(reason)
    expect(seen).toEqual(["v2"])
  })

  test("a draft that waits for its turn behind another need not wait on", async () => {
    const setup = fresh()
    let letGo!: () => void
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    let entered = 0
    const registry: Registry = {
      ...setup.registry,
      async createVersion(...args) {
        entered += 1
        await gate
        return setup.registry.createVersion(...args)
      },
    }
    const run = await startIn(registry)()
    const first = run.logArtifact(await draftOf("birds", { a: "0" }))
    const second = failure(run.logArtifact(await draftOf("birds", { a: "1" }), { signal: controller.signal }))
    const third = run.logArtifact(await draftOf("birds", { a: "2" }))
    abort()
    expect(await second).toBe(reason)
    expect(entered).toBe(1)
    letGo()
    expect((await first).version).toBe("v0")
    expect((await third).version).toBe("v1")
  })

  test("a registry that never answers is left", async () => {
    const setup = fresh()
    await setup.log("birds", { a: "a" })
    const registry: Registry = {
      ...setup.registry,
      findVersion: (_path, { signal } = {}) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    }
    const run = await startIn(registry)()
    setTimeout(abort, 5)
    expect(await failure(run.useArtifact("birds", { signal: controller.signal }))).toBe(reason)
  })
})
