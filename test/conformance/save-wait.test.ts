/** spec/api.md: save, wait, link of a draft, and the runs they are logged by. */
import { describe, expect, test } from "vitest"
import { collect, draftOf, failure, fresh, refusal, startIn } from "./fresh.ts"

/** A registry that commits nothing until it is let go. */
function gated() {
  const setup = fresh()
  let letGo!: () => void
  let fail!: (reason: unknown) => void
  const gate = new Promise<void>((resolve, reject) => {
    letGo = resolve
    fail = reject
  })
  // Over the wire it may fail before anybody waits for it.
  gate.catch(() => undefined)
  const registry = {
    ...setup.registry,
    async commitVersion(...args: Parameters<typeof setup.registry.commitVersion>) {
      await gate
      return setup.registry.commitVersion(...args)
    },
  }
  return { ...setup, start: startIn(registry), letGo, fail }
}

describe("save() of a draft", () => {
  test("logs it by the run that was started last", async () => {
    const { start, api } = fresh()
    await start()
    const run = await start({ jobType: "train" })
    const draft = await draftOf("birds", { a: "a" })
    await draft.save()
    expect(draft.name).toBe("birds:v0")
    expect((await (await api.artifact("birds")).loggedBy())?.id).toBe(run.id)
  })

  test("logs it by the run that is given", async () => {
    const { start } = fresh()
    const mine = await start()
    await start()
    const draft = await draftOf("birds", { a: "a" })
    await draft.save({ run: mine })
    expect((await draft.loggedBy())?.id).toBe(mine.id)
  })

  test("logs it by an automatic run of job type auto in the registry that is given", async () => {
    const { registry } = fresh({ project: "home" })
    const draft = await draftOf("birds", { a: "a" })
    await draft.save({ registry })
    expect(draft.project).toBe("home")
    expect(await draft.loggedBy()).toMatchObject({ jobType: "auto", state: "finished" })
  })

  test("puts it into the project that is given", async () => {
    const { registry } = fresh()
    const draft = await draftOf("birds", { a: "a" })
    await draft.save({ registry, project: "elsewhere" })
    expect(draft.qualifiedName).toBe("local/elsewhere/birds:v0")
  })

  test("a finished run is not taken any more", async () => {
    const { start } = fresh()
    const running = await start()
    const finished = await start()
    await finished.finish()
    const draft = await draftOf("birds", { a: "a" })
    await draft.save()
    expect((await draft.loggedBy())?.id).toBe(running.id)
  })

  test("that fails finishes the automatic run as failed", async () => {
    const { registry, blobs } = fresh()
    const reason = new Error("full")
    const runs: string[] = []
    const failing = {
      ...registry,
      async storeManifest() {
        throw reason
      },
      upsertRun: async (...args: Parameters<typeof registry.upsertRun>) => {
        runs.push(args[0].run)
        return registry.upsertRun(...args)
      },
    }
    const draft = await draftOf("birds", { a: "a" })
    expect(await failure(draft.save({ registry: failing }))).toBe(reason)
    const { entity, project } = await registry.defaults()
    expect(await registry.getRun({ entity, project, run: runs[0]! })).toMatchObject({ state: "failed" })
    expect(await collect(blobs.list())).toHaveLength(1)
  })
})

describe("link() of a draft", () => {
  test("saves it first", async () => {
    const { start, api } = fresh()
    await start()
    const draft = await draftOf("birds", { a: "a" })
    const linked = await draft.link("best")
    expect(draft.isDraft()).toBe(false)
    expect(linked.sourceName).toBe("birds:v0")
    expect(await api.artifactExists("best:v0")).toBe(true)
  })

  test("saves nothing when the target cannot be", async () => {
    const { start, api } = fresh()
    await start()
    const draft = await draftOf("birds", { a: "a" })
    await refusal("INVALID_ARGUMENT", draft.link("a/b/c/d"))
    expect(draft.isDraft()).toBe(true)
    expect(await api.artifactExists("birds")).toBe(false)
  })
})

describe("wait()", () => {
  test("on a draft nobody logs says what to do", async () => {
    const draft = await draftOf("birds", { a: "a" })
    const error = await refusal("ARTIFACT_NOT_LOGGED", draft.wait())
    expect(error.message).toContain("logArtifact")
  })

  test("resolves with the artifact once it is logged", async () => {
    const { start, letGo } = gated()
    const draft = await draftOf("birds", { a: "a" })
    const logging = (await start()).logArtifact(draft)
    const waiting = draft.wait({ timeoutMs: 10_000 })
    letGo()
    expect(await waiting).toBe(draft)
    expect(draft.version).toBe("v0")
    await logging
  })

  test("afterwards resolves at once, also with a timeout of 0", async () => {
    const artifact = await fresh().log("birds", { a: "a" })
    expect(await artifact.wait({ timeoutMs: 0 })).toBe(artifact)
  })

  test("past its timeout is WaitTimeoutError, and logging goes on", async () => {
    const { start, letGo } = gated()
    const draft = await draftOf("birds", { a: "a" })
    const logging = (await start()).logArtifact(draft)
    const error = await refusal("WAIT_TIMEOUT", draft.wait({ timeoutMs: 5 }))
    expect(error.name).toBe("WaitTimeoutError")
    expect(error.message).toContain("5 ms")
    letGo()
    await logging
    expect((await draft.wait()).version).toBe("v0")
  })

  test.each([2 ** 31, 1e15, Number.POSITIVE_INFINITY])("a timeout of %d ms is not over at once", async (timeoutMs) => {
    const { start, letGo } = gated()
    const draft = await draftOf("birds", { a: "a" })
    const logging = (await start()).logArtifact(draft)
    const waiting = draft.wait({ timeoutMs })
    await new Promise((resolve) => setTimeout(resolve, 20))
    letGo()
    expect((await waiting).version).toBe("v0")
    await logging
  })

  test("rejects with what made logging fail", async () => {
    const { start, fail } = gated()
    const draft = await draftOf("birds", { a: "a" })
    const logging = failure((await start()).logArtifact(draft))
    const waiting = failure(draft.wait())
    const reason = new Error("no")
    fail(reason)
    expect(await waiting).toBe(reason)
    expect(await logging).toBe(reason)
  })

  test("aborted stops waiting, and logging goes on", async () => {
    const { start, letGo } = gated()
    const draft = await draftOf("birds", { a: "a" })
    const logging = (await start()).logArtifact(draft)
    const controller = new AbortController()
    const waiting = failure(draft.wait({ signal: controller.signal }))
    controller.abort("enough")
    expect(await waiting).toBe("enough")
    letGo()
    expect((await logging).version).toBe("v0")
  })
})
