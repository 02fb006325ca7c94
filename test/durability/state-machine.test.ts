/** Random histories through the public interface, compared after every step with a model that is plain data. */
import fc from "fast-check"
import { Api, Artifact, ArtifactError, type ArtifactErrorCode, init, type Run } from "isofact"
import { expect, test } from "vitest"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore, createMemoryStage } from "../../src/storage/memory.ts"
import { Model, type ModelCollection, type ModelMember } from "./model.ts"
import { artifactDigest, readTree } from "./support.ts"

interface Real {
  readonly api: Api
  readonly run: Run
  readonly drafts: Artifact[]
  readonly platform: { readonly stage: () => ReturnType<typeof createMemoryStage> }
}

async function openReal(): Promise<Real> {
  const hasher = createNodeHasher()
  const registry = createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs: createMemoryBlobStore({ hasher }), hasher })
  const stage = createMemoryStage({ hasher })
  const platform = { stage: () => stage }
  return { api: new Api({ registry, platform }), run: await init({ registry, platform }), drafts: [], platform }
}

type Step = (model: Model, real: Real) => Promise<void>
type Command = fc.AsyncCommand<Model, Real>

/** A step, and a look at everything after it. */
const command = (name: string, step: Step): Command => ({
  check: () => true,
  toString: () => name,
  async run(model, real) {
    await step(model, real)
    await compare(model, real)
  },
})

async function expectCode(work: Promise<unknown> | (() => unknown), code: ArtifactErrorCode): Promise<void> {
  const error = await Promise.resolve()
    .then(() => (typeof work === "function" ? work() : work))
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  if (!(error instanceof ArtifactError)) throw error ?? new Error(`expected ${code}`)
  expect(error.code).toBe(code)
}

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]

// ---------------------------------------------------------------- drafts

const begin = (collection: string) =>
  command(`new ${collection}`, async ({ drafts }, real) => {
    drafts.push({ collection, tree: new Map(), isFinal: false })
    real.drafts.push(new Artifact(collection, "dataset", { platform: real.platform }))
  })

const addFile = (at: number, path: string, text: string, overwrite: boolean) =>
  command(`add ${path}=${text} to #${at}, overwrite ${overwrite}`, async ({ drafts }, real) => {
    const draft = pick(drafts, at)
    if (draft === undefined) return
    const adding = () => pick(real.drafts, at)!.addFile(new Blob([text]), { name: path, overwrite })
    if (draft.isFinal) return expectCode(adding, "ARTIFACT_FINALIZED")
    if (!overwrite && (draft.tree.get(path) ?? text) !== text) return expectCode(adding, "INVALID_ARGUMENT")
    await adding()
    draft.tree.set(path, text)
  })

const remove = (at: number, path: string) =>
  command(`remove ${path} from #${at}`, async ({ drafts }, real) => {
    const draft = pick(drafts, at)
    if (draft === undefined) return
    const removing = () => pick(real.drafts, at)!.remove(path)
    if (draft.isFinal) return expectCode(removing, "ARTIFACT_FINALIZED")
    const gone = [...draft.tree.keys()].filter((name) => name === path || name.startsWith(`${path}/`))
    if (gone.length === 0) return expectCode(removing, "ENTRY_NOT_FOUND")
    removing()
    for (const name of gone.includes(path) ? [path] : gone) draft.tree.delete(name)
  })

const finalize = (at: number) =>
  command(`finalize #${at}`, async ({ drafts }, real) => {
    const draft = pick(drafts, at)
    if (draft === undefined) return
    pick(real.drafts, at)!.finalize()
    draft.isFinal = true
  })

const log = (at: number, aliases: string[], tags: string[]) =>
  command(`log #${at} as ${aliases} with ${tags}`, async (model, real) => {
    const draft = pick(model.drafts, at)
    if (draft === undefined) return
    const artifact = pick(real.drafts, at)!
    await real.run.logArtifact(artifact, { aliases, tags })
    const index = model.log(draft, aliases, tags)
    expect([artifact.version, artifact.isDraft()]).toEqual([`v${index}`, false])
    // From here on it is a version, and no draft any more.
    model.drafts.splice(model.drafts.indexOf(draft), 1)
    real.drafts.splice(real.drafts.indexOf(artifact), 1)
    await expectCode(() => artifact.remove("a"), "ARTIFACT_FINALIZED")
  })

// ---------------------------------------------------------------- versions

type OnMember = (context: {
  model: Model
  real: Real
  place: ModelCollection
  member: ModelMember
  artifact: Artifact
}) => Promise<void>

/** Of the versions in `collection` the one at `at`, fetched anew. */
const onMember = (name: string, collection: string, at: number, step: OnMember) =>
  command(`${name}, ${collection} at ${at}`, async (model, real) => {
    const place = collection === "shelf" ? model.shelf : model.sequences.get(collection)!
    const member = pick(place.members, at)
    if (member === undefined) return
    const artifact = await real.api.artifact(`${collection}:v${member.index}`)
    await step({ model, real, place, member, artifact })
  })

const addAlias = (collection: string, at: number, alias: string) =>
  onMember(`alias ${alias}`, collection, at, async ({ place, member, artifact }) => {
    artifact.aliases.push(alias)
    await artifact.save()
    place.aliases.set(alias, member.index)
  })

const dropAliases = (collection: string, at: number) =>
  onMember("drop aliases", collection, at, async ({ place, member, artifact }) => {
    artifact.aliases = artifact.aliases.filter((alias) => alias === "latest")
    await artifact.save()
    for (const alias of place.aliasesOf(member.index)) if (alias !== "latest") place.aliases.delete(alias)
  })

const retag = (collection: string, at: number, tags: string[]) =>
  onMember(`tag ${tags}`, collection, at, async ({ member, artifact }) => {
    artifact.tags = tags
    await artifact.save()
    member.version.tags.clear()
    for (const tag of tags) member.version.tags.add(tag)
  })

const link = (collection: string, at: number, aliases: string[]) =>
  onMember(`link as ${aliases}`, collection, at, async ({ model, member, artifact }) => {
    const linked = await artifact.link("shelf", { aliases })
    expect([linked.version, linked.isLink]).toEqual([`v${model.shelf.put(member.version, aliases)}`, true])
  })

const unlink = (at: number) =>
  onMember("unlink", "shelf", at, async ({ place, member, artifact }) => {
    await artifact.unlink()
    place.drop(member.version)
  })

const deleteVersion = (collection: string, at: number, deleteAliases: boolean) =>
  onMember(`delete, aliases too ${deleteAliases}`, collection, at, async ({ model, place, member, artifact }) => {
    const isDeleted = model.delete(place, member.version, deleteAliases)
    if (!isDeleted) return expectCode(artifact.delete({ deleteAliases }), "CONFLICT")
    await artifact.delete({ deleteAliases })
  })

const newDraft = (collection: string, at: number) =>
  onMember("new draft", collection, at, async ({ model, real, member, artifact }) => {
    real.drafts.push(await artifact.newDraft())
    const source = [...model.sequences].find(([, sequence]) => sequence.memberOf(member.version) !== undefined)![0]
    model.drafts.push({ collection: source, tree: new Map(member.version.tree), isFinal: false })
  })

const use = (collection: string, at: number) =>
  onMember("use", collection, at, async ({ real, member, artifact }) => {
    await real.run.useArtifact(artifact.name)
    member.version.users.add(real.run.id)
  })

// ---------------------------------------------------------------- the comparison

async function compare(model: Model, real: Real): Promise<void> {
  for (const [at, { tree }] of model.drafts.entries()) {
    expect([...real.drafts[at]!.manifest.entries.keys()].sort()).toEqual([...tree.keys()].sort())
    expect(real.drafts[at]!.digest).toBe(digestOf(tree))
  }
  for (const [name, place] of [...model.sequences, ["shelf", model.shelf] as const]) await comparePlace(name, place, real)
}

async function comparePlace(name: string, place: ModelCollection, { api }: Real): Promise<void> {
  if (place.next === 0) return expectCode(api.artifact(`${name}:latest`), "ENTRY_NOT_FOUND")
  const seen: unknown[] = []
  for await (const artifact of api.artifacts("dataset", name)) {
    const users = await artifact.usedBy()
    const { version, aliases, tags, digest } = artifact
    seen.unshift({
      version,
      aliases: aliases.toSorted(),
      tags: tags.toSorted(),
      digest,
      tree: await readTree(artifact),
      users: users.length,
    })
  }
  expect(seen).toEqual(place.members.map((member) => expected(place, member)))
  const latest = place.aliases.get("latest")
  if (latest === undefined) await expectCode(api.artifact(`${name}:latest`), "ENTRY_NOT_FOUND")
  for (const [alias, index] of place.aliases) expect((await api.artifact(`${name}:${alias}`)).version).toBe(`v${index}`)
}

function expected(place: ModelCollection, { index, version }: ModelMember) {
  const { tree, tags, users } = version
  const aliases = place.aliasesOf(index).sort()
  return {
    version: `v${index}`,
    aliases,
    tags: [...tags].sort(),
    digest: digestOf(tree),
    tree: Object.fromEntries(tree),
    users: users.size,
  }
}

const digestOf = (tree: ReadonlyMap<string, string>) =>
  artifactDigest(new Map([...tree].map(([path, text]) => [path, new TextEncoder().encode(text)])))

// ---------------------------------------------------------------- histories

const at = fc.nat({ max: 7 })
const sequence = fc.constantFrom("x", "y")
const anywhere = fc.constantFrom("x", "y", "shelf")
const path = fc.constantFrom("a", "b", "dir/c", "dir/d", "dir")
const text = fc.constantFrom("1", "2")
const aliases = fc.subarray(["best", "prod"])
const tags = fc.subarray(["red", "blue"])

const commands = fc.commands(
  [
    sequence.map(begin),
    fc.tuple(at, path, text, fc.boolean()).map((args) => addFile(...args)),
    fc.tuple(at, path, text, fc.boolean()).map((args) => addFile(...args)),
    fc.tuple(at, path).map((args) => remove(...args)),
    at.map(finalize),
    fc.tuple(at, aliases, tags).map((args) => log(...args)),
    fc.tuple(at, aliases, tags).map((args) => log(...args)),
    fc.tuple(anywhere, at, fc.constantFrom("best", "prod", "own")).map((args) => addAlias(...args)),
    fc.tuple(anywhere, at).map((args) => dropAliases(...args)),
    fc.tuple(anywhere, at, tags).map((args) => retag(...args)),
    fc.tuple(sequence, at, aliases).map((args) => link(...args)),
    at.map(unlink),
    fc.tuple(sequence, at, fc.boolean()).map((args) => deleteVersion(...args)),
    fc.tuple(anywhere, at).map((args) => newDraft(...args)),
    fc.tuple(anywhere, at).map((args) => use(...args)),
  ],
  { maxCommands: 60, size: "max" },
)

test("whatever is done in whatever order, versions, aliases, tags, links and bytes are as in the model", async () => {
  const check = async (history: Iterable<Command>) => {
    const real = await openReal()
    await fc.asyncModelRun(() => ({ model: new Model(), real }), history)
    await real.run.finish()
  }
  await fc.assert(fc.asyncProperty(commands, check), { numRuns: 120 })
}, 120_000)
