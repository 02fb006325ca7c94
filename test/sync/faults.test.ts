/** A sync whose n-th call fails, or that dies there, for every n; and random histories. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { StorageError } from "../../src/errors.ts"
import type { Registry } from "../../src/ports.ts"
import { sync } from "../../src/sync/sync.ts"
import { collect, project } from "../registry/publish.ts"
import { counted, furnish, log, memoryRegistry, see, type Watch, watched } from "./world.ts"

const zoo = { ...project, collection: "zoo" }

describe.each(["source", "target"] as const)("a call of the %s", (side) => {
  test.each([
    ["fails", "before", false],
    ["fails after it took effect", "after", false],
    ["is the last one", "before", true],
    ["is the last one and takes effect", "after", true],
  ] as const)("%s: said so, and the next sync completes", async (_, when, forever) => {
    const from = memoryRegistry()
    await furnish(from)
    const whole = await see(from)
    const run = async (to: Registry, watch: Watch) =>
      side === "source" ? sync({ from: watched(from, watch), to }) : sync({ from, to: watched(to, watch) })
    let calls = 0
    await run(memoryRegistry(), (_, __, at) => {
      calls = at
    })
    expect(calls).toBeGreaterThan(20)
    for (let limit = 1; limit <= calls; limit++) {
      const to = memoryRegistry()
      const failure = new StorageError("the plug was pulled")
      let hasFailed = false
      const watch: Watch = (_, moment, at) => {
        if (!(at === limit && moment === when) && !(forever && at > limit)) return
        hasFailed = true
        throw failure
      }
      const outcome = await run(to, watch).then(
        () => "done",
        (error) => error,
      )
      // A listing that is left early has no end that could fail, and after the last call nothing does.
      expect(outcome, `call ${limit}`).toBe(hasFailed ? failure : "done")
      await sync({ from, to })
      expect(await see(to), `after call ${limit}`).toEqual(whole)
      const { registry, calls: more } = counted(to)
      await sync({ from, to: registry })
      expect(more, `again after call ${limit}`).toEqual([])
    }
  })
})

test("aborted anywhere, it rejects with the reason and can go on", async () => {
  const from = memoryRegistry()
  await furnish(from)
  const whole = await see(from)
  for (let at = 1; at < 60; at += 3) {
    const to = memoryRegistry()
    const stop = new AbortController()
    let count = 0
    const watch: Watch = () => {
      if (++count === at) stop.abort(`stopped at ${at}`)
    }
    await expect(sync({ from, to: watched(to, watch), signal: stop.signal })).rejects.toBe(`stopped at ${at}`)
    await sync({ from, to })
    expect(await see(to)).toEqual(whole)
  }
})

const names = ["ark", "reef", "zoo"] as const
const name = fc.constantFrom(...names)
const alias = fc.constantFrom("best", "prod", "old")
const step = fc.oneof(
  fc.record({
    kind: fc.constant("log" as const),
    name,
    files: fc.dictionary(fc.constantFrom("a", "b", "c/d"), fc.constantFrom("1", "2", "3")),
    aliases: fc.uniqueArray(alias, { maxLength: 2 }),
    run: fc.option(fc.constantFrom("r1", "r2"), { nil: undefined }),
    reference: fc.option(fc.nat(20), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("alias" as const), at: fc.nat(20), alias }),
  fc.record({ kind: fc.constant("use" as const), at: fc.nat(20), run: fc.constantFrom("r1", "r2") }),
  fc.record({ kind: fc.constant("link" as const), at: fc.nat(20), aliases: fc.uniqueArray(alias, { maxLength: 1 }) }),
  fc.record({ kind: fc.constant("edit" as const), at: fc.nat(20), text: fc.constantFrom("x", "y") }),
  fc.record({ kind: fc.constant("delete" as const), at: fc.nat(20) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function act(registry: Registry, next: Step, pass: () => void): Promise<void> {
  pass()
  const all = (
    await Promise.all((await collect(registry.collections(project, undefined))).map((ref) => collect(registry.versions(ref))))
  )
    .flat()
    .filter(({ collection }) => collection.kind === "sequence")
  const pick = (at: number) => all[at % Math.max(all.length, 1)]
  if (next.kind === "log") {
    const target = next.reference === undefined ? undefined : pick(next.reference)
    const references = target && { ref: [target.version.id, "somewhere"] as const }
    const run = next.run && { ...project, run: next.run }
    await log(registry, next.name, next.files, { aliases: next.aliases, run: run || undefined, ...(references && { references }) })
    return
  }
  const member = pick(next.at)
  if (member === undefined) return
  const ref = { ...member.collection, index: member.index, id: member.version.id }
  if (next.kind === "alias") await registry.addAliases(ref, [next.alias])
  if (next.kind === "use") await registry.useVersion(ref, { ...project, run: next.run })
  if (next.kind === "link") await registry.link(ref.id, { ...project, collection: "shelf" }, next.aliases)
  if (next.kind === "edit") await registry.updateVersion(ref.id, { description: next.text, metadata: { text: next.text } })
  if (next.kind === "delete") await registry.deleteVersion(ref.id, { deleteAliases: true })
}

/** A reference is only as good as what it names. */
async function dangling(registry: Registry): Promise<boolean> {
  return JSON.stringify(await see(registry)).includes("undefined/")
}

test("random histories, synced once and synced along the way, end as they are at the source", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.nat(24), async (steps, pause) => {
      let time = Date.UTC(2026, 0, 1)
      const now = () => time
      const pass = () => {
        time += 1000
      }
      const [from, once, along] = [memoryRegistry(now), memoryRegistry(now), memoryRegistry(now)]
      for (const run of ["r1", "r2"]) await from.upsertRun({ ...project, run })
      for (const [at, next] of steps.entries()) {
        if (at === pause) {
          pass()
          await sync({ from, to: along })
        }
        await act(from, next, pass)
      }
      pass()
      const reports = [await sync({ from, to: once }), await sync({ from, to: along })]
      if (!(await dangling(from))) {
        expect(reports[0]!.failures).toEqual([])
        expect(await see(once)).toEqual(await see(from))
      }
      // Deleted at the source since: what was copied stays. Nothing else may differ.
      if (!steps.some(({ kind }, at) => kind === "delete" && at >= pause) && !(await dangling(from))) {
        expect(await see(along)).toEqual(await see(from))
      }
      for (const to of [once, along]) {
        const { registry, calls } = counted(to)
        await sync({ from, to: registry })
        expect(calls).toEqual([])
        const latest = await from.findVersion(zoo)
        if (latest && !(await dangling(from))) expect((await to.findVersion(zoo))?.version.digest).toBe(latest.version.digest)
      }
    }),
    { numRuns: 150 },
  )
})
