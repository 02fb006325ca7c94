/** A whole operation with its n-th store operation failing, for every n; and cut off there for good. */
import { describe, expect, test } from "vitest"
import { isArtifactError, StorageError } from "../../src/errors.ts"
import { createEmbeddedRegistry, type EmbeddedRegistry } from "../../src/registry/embedded.ts"
import { collect, field, project, publish, readWhole } from "./publish.ts"
import { type Gate, gatedStores, memoryStores, type Stores } from "./stores.ts"

const shelf = { ...project, collection: "shelf" }
const hour = 3_600_000

interface Scenario {
  readonly prepare: (registry: EmbeddedRegistry) => Promise<void>
  readonly run: (registry: EmbeddedRegistry) => Promise<unknown>
}

const three = async (registry: EmbeddedRegistry) => {
  await registry.upsertRun({ ...project, run: "r" })
  await publish(registry, { a: "1", b: "1" }, { aliases: ["old"] })
  const { version } = await publish(registry, { a: "2", b: "2" }, { aliases: ["best"] })
  await registry.link(version.id, shelf, ["prod"])
  await publish(registry, { t: "3" }, { ttl: 60 })
}

const idOf = async (registry: EmbeddedRegistry, alias: string) => (await registry.findVersion({ ...field, alias }))?.version.id
const gone = (error: unknown) => {
  if (!isArtifactError(error) || error.code !== "ENTRY_NOT_FOUND") throw error
}

const scenarios: Record<string, Scenario> = {
  "the first log": {
    prepare: async () => undefined,
    run: (registry) => publish(registry, { a: "A", b: "B" }, { aliases: ["best"], tags: ["x"], metadata: { k: 1 } }),
  },
  "another log": {
    prepare: three,
    run: (registry) => publish(registry, { a: "1", c: "new" }, { aliases: ["best"], run: { ...project, run: "r" } }),
  },
  "logging the same again": {
    prepare: three,
    run: (registry) => publish(registry, { a: "1", b: "1" }, { aliases: ["best"], tags: ["again"] }),
  },
  "an incremental log": { prepare: three, run: (registry) => publish(registry, { c: "3" }, { kind: "INCREMENTAL" }) },
  linking: { prepare: three, run: async (registry) => registry.link((await idOf(registry, "old"))!, shelf, ["prod"]) },
  unlinking: { prepare: three, run: (registry) => registry.unlink({ ...shelf, index: 0 }).catch(gone) },
  "moving an alias": { prepare: three, run: (registry) => registry.addAliases({ ...field, index: 0 }, ["best"]) },
  deleting: {
    prepare: three,
    run: async (registry) => {
      const id = await idOf(registry, "v1")
      if (id !== undefined) await registry.deleteVersion(id, { deleteAliases: true })
    },
  },
  "deleting a collection": { prepare: three, run: (registry) => registry.deleteCollection(field).catch(gone) },
  renaming: {
    prepare: three,
    run: (registry) => registry.updateCollection(field, { name: "meadow", description: "d" }).catch(gone),
  },
  using: {
    prepare: three,
    run: async (registry) =>
      registry.useVersion({ ...field, index: 0, id: (await idOf(registry, "v0"))! }, { ...project, run: "r" }),
  },
  updating: {
    prepare: three,
    run: async (registry) => registry.updateVersion((await idOf(registry, "v0"))!, { description: "d", ttl: 9 * 3600 }),
  },
}

/** Everything a reader can see; reading the files proves that every visible version is whole. */
async function see(stores: Stores, now: () => number) {
  const registry = createEmbeddedRegistry({ ...stores, now })
  const seen: unknown[] = []
  for (const { collection, description } of await collect(registry.collections(project, undefined))) {
    const ref = { ...project, collection }
    for (const member of await collect(registry.versions(ref))) {
      const { description: text, tags, ttl } = member.version
      const files = await readWhole(registry, member)
      seen.push([collection, description, member.index, [...member.aliases].sort(), files, text, tags, ttl])
    }
    for (const alias of await registry.collectionAliases(ref)) expect(await registry.findVersion({ ...ref, alias })).toBeDefined()
  }
  return seen
}

const counting = (limit: number, when: "before" | "after", forever: boolean) => {
  const failure = new StorageError("the disk is gone")
  const state = { count: 0, failure }
  const gate: Gate = (moment, _, at) => {
    state.count = Math.max(state.count, at)
    if ((forever && at > limit) || (at === limit && moment === when)) throw failure
  }
  return { state, gate }
}

async function setUp(scenario: Scenario) {
  let time = Date.UTC(2026, 0, 1)
  const now = () => time
  const stores = memoryStores(now)
  await scenario.prepare(createEmbeddedRegistry({ ...stores, now }))
  return { stores, now, pass: (ms: number) => (time += ms) }
}

async function cleanRun(scenario: Scenario) {
  const { stores, now } = await setUp(scenario)
  const before = await see(stores, now)
  const { state, gate } = counting(Number.POSITIVE_INFINITY, "before", false)
  await scenario.run(createEmbeddedRegistry({ ...gatedStores(stores, gate), now }))
  return { operations: state.count, before, after: await see(stores, now) }
}

describe.each(Object.entries(scenarios))("%s", (_, scenario) => {
  test.each([
    ["an operation fails", "before", false],
    ["an operation fails after it took effect", "after", false],
    ["everything stops", "before", true],
    ["everything stops after an operation", "after", true],
  ] as const)("%s: a typed error, all or nothing, and the retry succeeds", async (_, when, forever) => {
    const { operations, before, after } = await cleanRun(scenario)
    expect(operations).toBeGreaterThan(2)
    for (let at = 1; at <= operations; at++) {
      const { stores, now, pass } = await setUp(scenario)
      const { state, gate } = counting(at, when, forever)
      const failed = await scenario.run(createEmbeddedRegistry({ ...gatedStores(stores, gate), now })).then(
        () => undefined,
        (error) => error,
      )
      if (failed !== undefined) expect(failed, `operation ${at}`).toBe(state.failure)
      const seen = await see(stores, now)
      expect(
        failed === undefined ? [after] : [before, after, ...partly(scenario, before, after)],
        `operation ${at}`,
      ).toContainEqual(seen)
      await scenario.run(createEmbeddedRegistry({ ...stores, now }))
      expect(await see(stores, now), `retry after operation ${at}`).toEqual(after)
      // What the cut left behind is garbage and nothing else is.
      pass(48 * hour)
      const visible = await see(stores, now)
      await createEmbeddedRegistry({ ...stores, now }).gc()
      expect(await see(stores, now), `garbage collection after operation ${at}`).toEqual(visible)
    }
  })
})

/** Changes of two records are two swaps, each whole: what a reader may see between them. */
function partly(scenario: Scenario, before: unknown[], after: unknown[]): unknown[] {
  const mixed = (take: (from: unknown[], to: unknown[]) => unknown[]) =>
    before.map((row, at) => take(row as unknown[], (after[at] ?? row) as unknown[]))
  if (scenario === scenarios.updating) return [mixed((from, to) => [...to.slice(0, 7), from[7]])]
  if (scenario === scenarios["logging the same again"]) return [mixed((from, to) => [...to.slice(0, 6), from[6], to[7]])]
  return []
}

test("a registry whose renaming fails or dies anywhere loses no link, and a retry ends it", async () => {
  const [old, renamed] = ["wandb-registry-old", "wandb-registry-new"].map((name) => ({ ...project, project: name })) as [
    typeof project,
    typeof project,
  ]
  const shelves = ["owls", "wrens"]
  const create = () =>
    setUp({
      async prepare(registry) {
        await registry.upsertProject(old, { description: "all birds", artifactTypes: ["dataset"] })
        const { version } = await publish(registry, { a: "1" })
        for (const collection of shelves) await registry.link(version.id, { ...old, collection }, ["best"])
      },
      run: async () => undefined,
    })
  const rename = (registry: EmbeddedRegistry) => registry.upsertProject(old, { name: renamed.project })
  /** By collection the names under which its link is found. */
  const found = async ({ stores, now }: Awaited<ReturnType<typeof create>>) => {
    const registry = createEmbeddedRegistry({ ...stores, now })
    const places = shelves.map(async (collection) => {
      const at = [old, renamed].map(async (ref) => registry.findVersion({ ...ref, collection, alias: "best" }))
      return (await Promise.all(at)).filter((member) => member !== undefined).map((member) => member.collection.project)
    })
    return Promise.all(places)
  }
  const world = await create()
  const { state, gate } = counting(Number.POSITIVE_INFINITY, "before", false)
  await rename(createEmbeddedRegistry({ ...gatedStores(world.stores, gate), now: world.now }))
  expect(await found(world)).toEqual([[renamed.project], [renamed.project]])
  expect(state.count).toBeGreaterThan(20)
  for (const when of ["before", "after"] as const) {
    for (let at = 1; at <= state.count; at++) {
      const cut = await create()
      const fault = counting(at, when, true)
      const failed = await rename(createEmbeddedRegistry({ ...gatedStores(cut.stores, fault.gate), now: cut.now })).catch(
        (error) => error,
      )
      if (failed instanceof Error) expect(failed, `operation ${at}`).toBe(fault.state.failure)
      for (const places of await found(cut)) expect(places, `operation ${at}`).not.toHaveLength(0)
      const registry = createEmbeddedRegistry({ ...cut.stores, now: cut.now })
      // Whoever asks again after the last step is told that it is done.
      await rename(registry).catch(gone)
      expect(await found(cut), `retry after operation ${at}`).toEqual([[renamed.project], [renamed.project]])
      expect(await registry.getProject(renamed)).toMatchObject({ description: "all birds", artifactTypes: ["dataset"] })
      expect((await collect(registry.projects(project.entity))).map((item) => item.project)).toEqual([
        project.project,
        renamed.project,
      ])
    }
  }
})

test("garbage collection that fails or dies anywhere loses nothing that is needed", async () => {
  const create = async () => {
    const world = await setUp({ prepare: three, run: three })
    const registry = createEmbeddedRegistry({ ...world.stores, now: world.now })
    await registry.deleteVersion((await idOf(registry, "v0"))!, { deleteAliases: true })
    world.pass(48 * hour)
    return world
  }
  const { stores, now } = await create()
  const after = await see(stores, now)
  const { state, gate } = counting(Number.POSITIVE_INFINITY, "before", false)
  const report = await createEmbeddedRegistry({ ...gatedStores(stores, gate), now }).gc()
  expect(report).toMatchObject({ versionsExpired: 1, blobsDeleted: 4 })
  for (const [when, forever] of [
    ["before", false],
    ["after", false],
    ["before", true],
    ["after", true],
  ] as const) {
    for (let at = 1; at <= state.count; at++) {
      const world = await create()
      const fault = counting(at, when, forever)
      const stopped = createEmbeddedRegistry({ ...gatedStores(world.stores, fault.gate), now: world.now })
      await expect(stopped.gc(), `operation ${at}`).rejects.toBe(fault.state.failure)
      expect(await see(world.stores, world.now), `operation ${at}`).toEqual(after)
      world.pass(hour)
      const registry = createEmbeddedRegistry({ ...world.stores, now: world.now })
      await registry.gc()
      expect(await see(world.stores, world.now)).toEqual(after)
      expect(await registry.gc()).toMatchObject({ versionsExpired: 0, blobsDeleted: 0, pendingDropped: 0 })
    }
  }
})
