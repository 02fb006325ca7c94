/** What is done to versions that are there: each fault at each request of it ends in success or in one clear error, with the state before or after. */
import { Api, Artifact, init } from "isofact"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Registry } from "../../src/ports.ts"
import { faults } from "./fault-proxy.ts"
import { expectClear, noCache, openWorlds, type World, type Worlds } from "./fault-worlds.ts"

const place = { entity: "local", project: "uncategorized" }

async function log(registry: Registry, files: Readonly<Record<string, string>>, options: { incremental?: boolean } = {}) {
  const run = await init({ registry, id: "logger", cache: noCache })
  const artifact = new Artifact("field", "dataset", options)
  for (const [path, text] of Object.entries(files)) await artifact.addFile(new Blob([text]), { name: path })
  await run.logArtifact(artifact)
  await artifact.wait()
  await run.finish()
}

const field = (registry: Registry) => new Api({ registry, cache: noCache }).artifact("field:v0")

const changes: Readonly<Record<string, (registry: Registry) => Promise<unknown>>> = {
  async "saving a version"(registry) {
    const artifact = await field(registry)
    artifact.description = "of the field"
    artifact.metadata.hz = 44_100
    artifact.tags = ["night"]
    artifact.ttl = { days: 3 }
    artifact.aliases = ["latest", "best"]
    await artifact.save()
  },
  async linking(registry) {
    await (await field(registry)).link("chosen", { aliases: ["production"] })
  },
  async unlinking(registry) {
    await (await new Api({ registry, cache: noCache }).artifact("shelf:v0")).unlink()
  },
  async deleting(registry) {
    await (await new Api({ registry, cache: noCache }).artifact("field:v1")).delete({ deleteAliases: true })
  },
  async "saving a collection"(registry) {
    const collection = await new Api({ registry, cache: noCache }).artifactCollection("dataset", "field")
    collection.description = "all seasons"
    await collection.save()
  },
  async using(registry) {
    const run = await init({ registry, id: "user", cache: noCache })
    await run.useArtifact("field:v0")
    await run.finish()
  },
  async "a new draft"(registry) {
    const draft = await (await field(registry)).newDraft()
    await draft.addFile(new Blob(["third"]), { name: "c.txt" })
    const run = await init({ registry, id: "drafter", cache: noCache })
    await run.logArtifact(draft)
    await draft.wait()
  },
  "an incremental version": (registry) => log(registry, { "d.txt": "fourth" }, { incremental: true }),
}

async function prepare(registry: Registry): Promise<void> {
  await log(registry, { "a.txt": "first" })
  await log(registry, { "a.txt": "first", "b.txt": "second" })
  await (await field(registry)).link("shelf")
}

/** What is kept, without what is new each time. Runs that no version knows of say only that somebody was there. */
async function stateOf(registry: Registry): Promise<string> {
  const collections = await Array.fromAsync(registry.collections(place, undefined))
  const state = await Promise.all(
    collections.map(async (collection) => {
      const members = await Array.fromAsync(registry.versions(collection))
      const versions = members.map(async ({ index, aliases, version }) => {
        const { digest, description, metadata, tags, ttl, source } = version
        const runs = [await registry.loggedBy(version.id), ...(await registry.usedBy(version.id))].map((run) => run?.run)
        return {
          index,
          aliases: aliases.toSorted(),
          digest,
          description,
          metadata,
          tags,
          ttl,
          from: [source.collection, source.index],
          runs,
        }
      })
      const { name, type, kind, description, tags } = { name: collection.collection, ...collection }
      return { name, type, kind, description, tags, versions: await Promise.all(versions) }
    }),
  )
  return JSON.stringify(state, null, 1)
}

/** Those that differ from another one only in how long is waited are left to faults.test.ts. */
const kinds = Object.keys(faults).filter(
  (name) => !/with Retry-After|with a date|^502$|^429$|a delay/.test(name) || name.startsWith("429 "),
)

let worlds: Worlds
beforeAll(async () => {
  worlds = await openWorlds()
})
afterAll(async () => worlds?.[Symbol.asyncDispose]())

async function attempt(
  { proxy, truth, connect }: World,
  change: (registry: Registry) => Promise<unknown>,
  name: string,
  at: number,
) {
  proxy.arm(faults[name], at)
  try {
    await change(connect())
    return { state: await stateOf(truth), failure: undefined }
  } catch (failure) {
    return { state: await stateOf(truth), failure }
  } finally {
    proxy.arm()
  }
}

/** Made of several requests, each of them whole: cut off between two, it is ended by doing it again. */
const inSteps = new Set(["saving a version"])

test.each(Object.entries(changes))("%s", { timeout: 60_000 }, async (what, change) => {
  const { first } = worlds
  first.renew()
  await prepare(first.truth)
  const before = await stateOf(first.truth)
  first.proxy.arm()
  await change(first.connect())
  const after = await stateOf(first.truth)
  expect(after).not.toBe(before)
  const { count } = first.proxy
  expect(count).toBeGreaterThan(1)
  const cases = kinds.flatMap((name) => Array.from({ length: count }, (_, at) => [name, at] as const))
  await worlds.each(cases, async (world, [name, at]) => {
    const label = `${name} at ${at}`
    world.renew()
    await prepare(world.truth)
    const { state, failure } = await attempt(world, change, name, at)
    if (failure === undefined) return expect(state, label).toBe(after)
    expectClear(failure, label)
    if (!inSteps.has(what)) return expect([before, after], label).toContain(state)
    await change(world.connect())
    expect(await stateOf(world.truth), label).toBe(after)
  })
})
