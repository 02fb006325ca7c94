/** Random histories against a model that is a plain list of versions. */
import fc from "fast-check"
import { test } from "vitest"
import { isArtifactError } from "../../src/errors.ts"
import type { CollectionRef, Membership } from "../../src/ports.ts"
import { createEmbeddedRegistry, type EmbeddedRegistry } from "../../src/registry/embedded.ts"
import { collect, project, publish } from "./publish.ts"
import { memoryStores } from "./stores.ts"

interface Version {
  readonly content: string
  readonly sequence: string
  readonly createdAt: number
  ttl: number | null
  deleted: boolean
}

interface Shelf {
  next: number
  members: { readonly index: number; readonly version: Version }[]
  readonly aliases: Map<string, Version>
}

class Model {
  now = Date.UTC(2026, 0, 1)
  readonly collections = new Map<string, Shelf>()

  shelf(name: string): Shelf {
    const found = this.collections.get(name) ?? { next: 0, members: [], aliases: new Map() }
    this.collections.set(name, found)
    return found
  }

  isAlive(version: Version): boolean {
    return !version.deleted && (version.ttl === null || version.createdAt + version.ttl * 1000 > this.now)
  }

  alive(name: string) {
    return (this.collections.get(name)?.members ?? []).filter(({ version }) => this.isAlive(version))
  }

  /** `latest` follows the newest version left once the one it was put on is gone. */
  latest(name: string): Version | undefined {
    const target = this.collections.get(name)?.aliases.get("latest")
    if (target === undefined) return undefined
    const alive = this.alive(name)
    return (alive.find(({ version }) => version === target) ?? alive.at(-1))?.version
  }

  aliasesOf(name: string, version: Version): string[] {
    const own = [...this.collections.get(name)!.aliases].filter(([alias, target]) => alias !== "latest" && target === version)
    return [...own.map(([alias]) => alias), ...(this.latest(name) === version ? ["latest"] : [])].sort()
  }

  put(name: string, version: Version, aliases: readonly string[]): void {
    const shelf = this.shelf(name)
    if (!this.alive(name).some((member) => member.version === version)) shelf.members.push({ index: shelf.next++, version })
    for (const alias of ["latest", ...aliases]) shelf.aliases.set(alias, version)
  }

  /** Everything a reader can see. */
  see() {
    return [...this.collections]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name]) => ({
        name,
        versions: this.alive(name)
          .map(({ index, version }) => ({ index, content: version.content, aliases: this.aliasesOf(name, version) }))
          .reverse(),
        unnamed: (this.latest(name) ?? this.alive(name).at(-1)?.version)?.content,
      }))
  }
}

interface Real {
  readonly registry: EmbeddedRegistry
  readonly model: Model
}

const contentOf = async (registry: EmbeddedRegistry, member: Membership) => {
  const { contents } = JSON.parse(await registry.getManifest(member.version.id))
  return Object.keys(contents)[0]!
}

async function seeReal(registry: EmbeddedRegistry) {
  const seen: unknown[] = []
  for (const { collection: name } of await collect(registry.collections(project, undefined))) {
    const ref = { ...project, collection: name }
    const versions: unknown[] = []
    for (const member of await collect(registry.versions(ref))) {
      for (const alias of [...member.aliases, `v${member.index}`]) {
        const found = await registry.findVersion({ ...ref, alias })
        if (found?.version.id !== member.version.id) throw new Error(`${name}:${alias} is not v${member.index}`)
      }
      versions.push({ index: member.index, content: await contentOf(registry, member), aliases: [...member.aliases].sort() })
    }
    const unnamed = await registry.findVersion(ref)
    seen.push({ name, versions, unnamed: unnamed && (await contentOf(registry, unnamed)) })
  }
  return seen
}

const ref = (name: string): CollectionRef => ({ ...project, collection: name })
const sequences = ["s1", "s2"]
const portfolios = ["p1", "p2"]

/** Does it to both; a refusal must be the same on both sides. */
async function both(expected: string | undefined, real: () => Promise<unknown>): Promise<void> {
  const code = await real().then(
    () => undefined,
    (error) => (isArtifactError(error) ? error.code : error),
  )
  if (code !== expected) throw new Error(`expected ${expected ?? "success"}, got ${code ?? "success"}`)
}

type Step = (world: Real) => Promise<void>

const aliases = fc.subarray(["x", "y", "z"])
const anySequence = fc.constantFrom(...sequences)
const anyCollection = fc.constantFrom(...sequences, ...portfolios)
const place = fc.record({ name: anyCollection, at: fc.nat(5) })
const ttl = fc.constantFrom(undefined, undefined, null, 60, 7200)

const steps: fc.Arbitrary<{ readonly text: string; readonly run: Step }> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ name: anySequence, content: fc.constantFrom("a", "b", "c", "d"), aliases, ttl }).map(logStep),
  },
  { weight: 2, arbitrary: fc.record({ place, aliases }).map(addStep) },
  { weight: 2, arbitrary: fc.record({ place, aliases: fc.subarray(["x", "y", "z", "latest"]) }).map(removeStep) },
  { weight: 3, arbitrary: fc.record({ place, give: fc.boolean() }).map(deleteStep) },
  { weight: 3, arbitrary: fc.record({ place, target: fc.constantFrom(...portfolios, "s1"), aliases }).map(linkStep) },
  { weight: 2, arbitrary: place.map(unlinkStep) },
  { weight: 1, arbitrary: fc.record({ place, ttl: fc.constantFrom(null, 60, 7200) }).map(ttlStep) },
  { weight: 2, arbitrary: fc.constantFrom(1000, 59_000, 3_600_000).map(passStep) },
  { weight: 1, arbitrary: fc.constantFrom(0, 3_600_000).map(gcStep) },
  { weight: 1, arbitrary: anyCollection.map(deleteCollectionStep) },
)

interface LogInput {
  readonly name: string
  readonly content: string
  readonly aliases: string[]
  readonly ttl: number | null | undefined
}

function logStep(input: LogInput) {
  return {
    text: `log ${JSON.stringify(input)}`,
    async run({ registry, model }: Real) {
      const lasts = (version: Version) => !input.ttl || version.createdAt + input.ttl * 1000 > model.now
      const same = model.alive(input.name).findLast(({ version }) => version.content === input.content && lasts(version))?.version
      const version = same ?? { content: input.content, sequence: input.name, createdAt: model.now, ttl: null, deleted: false }
      await both(undefined, () =>
        publish(registry, { [input.content]: input.content }, { collection: input.name, aliases: input.aliases, ttl: input.ttl }),
      )
      model.put(input.name, version, input.aliases)
      if (input.ttl !== undefined) version.ttl = input.ttl
    },
  }
}

interface Place {
  readonly name: string
  readonly at: number
}

const memberOf = (model: Model, { name, at }: Place) => model.alive(name).find(({ index }) => index === at)

function addStep({ place, aliases }: { place: Place; aliases: string[] }) {
  return {
    text: `alias ${place.name}:v${place.at} ${aliases}`,
    async run({ registry, model }: Real) {
      const member = memberOf(model, place)
      await both(member ? undefined : "ENTRY_NOT_FOUND", () =>
        registry.addAliases({ ...ref(place.name), index: place.at }, aliases),
      )
      for (const alias of member ? aliases : []) model.shelf(place.name).aliases.set(alias, member!.version)
    },
  }
}

function removeStep({ place, aliases }: { place: Place; aliases: string[] }) {
  return {
    text: `unalias ${place.name}:v${place.at} ${aliases}`,
    async run({ registry, model }: Real) {
      const member = memberOf(model, place)
      const own = member ? model.aliasesOf(place.name, member.version) : []
      await both(member ? undefined : "ENTRY_NOT_FOUND", () =>
        registry.removeAliases({ ...ref(place.name), index: place.at }, aliases),
      )
      for (const alias of aliases) if (own.includes(alias)) model.shelf(place.name).aliases.delete(alias)
    },
  }
}

async function idAt(registry: EmbeddedRegistry, { name, at }: Place): Promise<string | undefined> {
  return (await registry.findVersion({ ...ref(name), alias: `v${at}` }))?.version.id
}

function deleteStep({ place, give }: { place: Place; give: boolean }) {
  return {
    text: `delete ${place.name}:v${place.at} ${give}`,
    async run({ registry, model }: Real) {
      const version = memberOf(model, place)?.version
      const id = await idAt(registry, place)
      if (version === undefined || id === undefined) return
      const listed = [...model.collections.keys()].filter((name) => model.alive(name).some((member) => member.version === version))
      const isProtected = !give && listed.some((name) => model.aliasesOf(name, version).length > 0)
      await both(isProtected ? "CONFLICT" : undefined, () => registry.deleteVersion(id, { deleteAliases: give }))
      if (!isProtected) version.deleted = true
    },
  }
}

function linkStep({ place, target, aliases }: { place: Place; target: string; aliases: string[] }) {
  return {
    text: `link ${place.name}:v${place.at} ${target} ${aliases}`,
    async run({ registry, model }: Real) {
      const version = memberOf(model, place)?.version
      const id = await idAt(registry, place)
      if (version === undefined || id === undefined) return
      const isRefused = target === "s1" && model.collections.has("s1")
      if (target === "s1" && !isRefused) return
      await both(isRefused ? "INVALID_ARGUMENT" : undefined, () => registry.link(id, ref(target), aliases))
      if (!isRefused) model.put(target, version, aliases)
    },
  }
}

function unlinkStep(place: Place) {
  return {
    text: `unlink ${place.name}:v${place.at}`,
    async run({ registry, model }: Real) {
      const shelf = model.collections.get(place.name)
      const isSequence = sequences.includes(place.name)
      const member = memberOf(model, place)
      if (shelf === undefined || (member === undefined && !isSequence)) return
      await both(isSequence ? "INVALID_ARGUMENT" : undefined, () => registry.unlink({ ...ref(place.name), index: place.at }))
      if (isSequence) return
      shelf.members = shelf.members.filter((other) => other !== member)
      for (const [alias, version] of [...shelf.aliases])
        if (alias !== "latest" && version === member!.version) shelf.aliases.delete(alias)
    },
  }
}

function ttlStep({ place, ttl }: { place: Place; ttl: number | null }) {
  return {
    text: `ttl ${place.name}:v${place.at} ${ttl}`,
    async run({ registry, model }: Real) {
      const version = memberOf(model, place)?.version
      const id = await idAt(registry, place)
      if (version === undefined || id === undefined) return
      await both(undefined, () => registry.updateVersion(id, { ttl }))
      version.ttl = ttl
      // What is over is over, whatever is changed later.
      if (!model.isAlive(version)) version.deleted = true
    },
  }
}

function passStep(ms: number) {
  return {
    text: `pass ${ms}`,
    async run({ model }: Real) {
      model.now += ms
      for (const { members } of model.collections.values())
        for (const { version } of members) if (!model.isAlive(version)) version.deleted = true
    },
  }
}

function gcStep(graceMs: number) {
  return { text: `gc ${graceMs}`, run: ({ registry }: Real) => both(undefined, () => registry.gc({ graceMs })) }
}

function deleteCollectionStep(name: string) {
  return {
    text: `delete collection ${name}`,
    async run({ registry, model }: Real) {
      const shelf = model.collections.get(name)
      await both(shelf ? undefined : "ENTRY_NOT_FOUND", () => registry.deleteCollection(ref(name)))
      if (sequences.includes(name)) for (const { version } of shelf?.members ?? []) version.deleted = true
      model.collections.delete(name)
    },
  }
}

test("any history of logging, naming, linking, deleting, expiring and collecting looks as the model says", async () => {
  const history = fc.array(steps, { minLength: 1, maxLength: 40, size: "max" })
  await fc.assert(
    fc.asyncProperty(history, async (path) => {
      const model = new Model()
      const now = () => model.now
      const registry = createEmbeddedRegistry({ ...memoryStores(now), now })
      for (const [at, step] of path.entries()) {
        const where = path
          .slice(0, at + 1)
          .map(({ text }) => text)
          .join("\n")
        await step
          .run({ registry, model })
          .catch((error) => Promise.reject(new Error(`${(error as Error).message} after\n${where}`, { cause: error })))
        const [real, wanted] = [JSON.stringify(await seeReal(registry)), JSON.stringify(model.see())]
        if (real !== wanted) throw new Error(`after\n${where}\nis     ${real}\nwanted ${wanted}`)
      }
    }),
    { numRuns: 150 },
  )
}, 120_000)
