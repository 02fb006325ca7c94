/** Registries to sync between, everything a reader can see in one, and one whose n-th call fails. */

import { artifactRefUrl } from "../../src/artifact/reference.ts"
import { base64Encode, hexDecode } from "../../src/core/digest-text.ts"
import type { Entry } from "../../src/core/entry.ts"
import { Manifest } from "../../src/core/manifest.ts"
import type { Membership, NewVersion, Registry } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { clientId, collect, type Files, manifestOf, md5Of, project, readWhole, textContent, uploadOf } from "../registry/publish.ts"
import { memoryStores } from "../registry/stores.ts"

export const memoryRegistry = (now?: () => number) => createEmbeddedRegistry({ ...memoryStores(now), ...(now && { now }) })

/** Logs files, each with `extra`, and references to files of other versions, `[path]: [id, path there]`. */
export async function log(
  registry: Registry,
  collection: string,
  files: Files,
  {
    references = {},
    extra,
    ...more
  }: Partial<NewVersion> & {
    readonly references?: { [path: string]: readonly [string, string] }
    readonly extra?: Entry["extra"]
  } = {},
): Promise<Membership> {
  const manifest = manifestOf(files)
  for (const entry of [...manifest.entries.values()]) manifest.add({ ...entry, extra }, { overwrite: true })
  for (const [path, [id, target]] of Object.entries(references)) {
    manifest.add({ path, ref: artifactRefUrl(id, target), digest: md5Of(id + target), size: 0 })
  }
  const pending = await registry.createVersion({
    ...project,
    collection,
    type: "dataset",
    digest: manifest.digest(),
    clientId: clientId(),
    ...more,
  })
  if (pending.state !== "COMMITTED") {
    const requests = Object.entries(files).map(([path, text]) => ({
      path,
      digest: md5Of(text),
      size: new TextEncoder().encode(text).length,
    }))
    const tickets = await registry.requestUploads(pending.id, requests)
    for (const [at, ticket] of tickets.entries()) {
      const { path } = requests[at]!
      manifest.add({ ...manifest.get(path)!, birthArtifactId: ticket.birthArtifactId }, { overwrite: true })
      await ticket.put?.(textContent(files[path]!))
    }
    await registry.storeManifest(pending.id, uploadOf(manifest))
    await registry.commitVersion(pending.id)
  }
  const [member] = await registry.memberships(pending.id)
  return member!
}

/** Everything a reader can see, in words that do not depend on the registry's own ids, numbers and clock. */
export async function see(registry: Registry) {
  const names = new Map<string, string>()
  const projects = await collect(registry.projects(undefined))
  const collections = (await Promise.all(projects.map((ref) => collect(registry.collections(ref, undefined))))).flat()
  const listed = await Promise.all(
    collections.map(async (collection) => ({ collection, members: (await collect(registry.versions(collection))).reverse() })),
  )
  for (const { collection, members } of listed) {
    if (collection.kind === "sequence")
      for (const [rank, { version }] of members.entries()) names.set(version.id, `${collection.collection}#${rank}`)
  }
  return Promise.all(
    listed
      .filter(({ members }) => members.length > 0)
      .map(async ({ collection, members }) => ({
        name: `${collection.entity}/${collection.project}/${collection.collection}`,
        kind: collection.kind,
        type: collection.type,
        description: collection.description,
        tags: [...collection.tags].sort(),
        versions: await Promise.all(members.map((member) => seeMember(registry, member, names))),
      })),
  )
}

async function seeMember(registry: Registry, member: Membership, names: Map<string, string>) {
  const { version } = member
  const manifest = Manifest.decode(await registry.getManifest(version.id))
  const entries = [...manifest.entries.values()]
  const known = (id: string | undefined) => (id === undefined ? undefined : names.has(id))
  return {
    version: names.get(version.id),
    aliases: [...member.aliases].sort(),
    description: version.description,
    metadata: version.metadataText ?? version.metadata,
    tags: [...version.tags].sort(),
    ttl: version.ttlIsInherited ? "inherit" : version.ttl,
    historyStep: version.historyStep,
    size: version.size,
    fileCount: version.fileCount,
    digest: version.digest,
    files: await readWhole(registry, member),
    // A version that brought bytes and is gone since is nobody's any more.
    births: entries.filter(({ ref, birthArtifactId }) => ref === undefined && known(birthArtifactId) === undefined).length,
    references: entries.filter(({ ref }) => ref !== undefined).map(({ path, ref }) => [path, named(ref!, names)]),
    loggedBy: (await registry.loggedBy(version.id)) ? seeRun((await registry.loggedBy(version.id))!) : undefined,
    usedBy: (await registry.usedBy(version.id)).map(seeRun).sort((a, b) => (a.run < b.run ? -1 : 1)),
  }
}

function named(ref: string, names: Map<string, string>): string {
  const [, hex, path] = /^wandb-artifact:\/\/([0-9a-f]+)\/(.*)$/.exec(ref) ?? []
  return hex === undefined ? ref : `${names.get(base64Encode(hexDecode(hex)))}/${path}`
}

function seeRun({
  entity,
  project,
  run,
  displayName,
  jobType,
  group,
  notes,
  tags,
  config,
  configText,
  description,
  summary,
  summaryText,
  state,
}: NonNullable<Awaited<ReturnType<Registry["getRun"]>>>) {
  const said = { config: configText ?? config, description: description ?? null, summary: summaryText ?? summary ?? {} }
  return { entity, project, run, displayName, jobType, group, notes, tags, ...said, state }
}

export const writes = new Set([
  "upsertRun",
  "finishRun",
  "createVersion",
  "storeManifest",
  "commitVersion",
  "updateVersion",
  "addAliases",
  "removeAliases",
  "link",
  "unlink",
  "useVersion",
  "updateCollection",
  "upsertProject",
  "put",
])

/** Called around each call, the `at`-th from 1, tickets and listings included; what it throws is what the call rejects with. */
export type Watch = (call: string, when: "before" | "after", at: number) => void | Promise<void>

export function watched<T extends Registry>(registry: T, watch: Watch): T {
  let count = 0
  const around = async (call: string, work: () => unknown) => {
    const at = ++count
    await watch(call, "before", at)
    const result = await work()
    await watch(call, "after", at)
    return result
  }
  async function* listing(call: string, items: AsyncIterable<unknown>) {
    const at = ++count
    await watch(call, "before", at)
    yield* items
    await watch(call, "after", at)
  }
  const ticketed = (ticket: { put?: (...args: unknown[]) => unknown }) => {
    const { put } = ticket
    return put === undefined ? ticket : { ...ticket, put: (...args: unknown[]) => around("put", () => put(...args)) }
  }
  const lists = new Set(["runs", "runVersions", "projects", "types", "collections", "versions"])
  const entries = Object.entries(registry).map(([key, value]) => {
    if (typeof value !== "function") return [key, value]
    if (lists.has(key)) return [key, (...args: unknown[]) => listing(key, value(...args))]
    if (key === "requestUploads") {
      return [key, async (...args: unknown[]) => ((await around(key, () => value(...args))) as object[]).map(ticketed)]
    }
    if (key === "versionUrl") return [key, value]
    return [key, (...args: unknown[]) => around(key, () => value(...args))]
  })
  return Object.fromEntries(entries) as T
}

/** The calls that change something, by name. */
export function counted<T extends Registry>(registry: T) {
  const calls: string[] = []
  const watch: Watch = (call, when) => {
    if (when === "before" && writes.has(call)) calls.push(call)
  }
  return { registry: watched(registry, watch), calls }
}

/** A source with a bit of everything. */
export async function furnish(registry: Registry): Promise<void> {
  const run = { ...project, run: "trainer" }
  await registry.upsertRun({
    ...run,
    displayName: "Trainer",
    jobType: "train",
    group: "g",
    notes: "n",
    tags: ["t"],
    config: '{"lr":1.0}',
    summary: '{"acc":0.5,"_step":7.0}',
    description: "d",
  })
  await registry.upsertRun({ ...project, run: "reader" })
  await registry.upsertRun({ ...project, run: "second" })
  const first = await log(
    registry,
    "zoo",
    { "a.txt": "A", "deep/b.txt": "B" },
    { run, metadata: '{"k":[1.0,{"x":1795910371339000123}]}', historyStep: 7 },
  )
  const second = await log(registry, "zoo", { "a.txt": "A", c: "C" }, { run, aliases: ["best"], tags: ["raw"], description: "two" })
  const gone = await log(registry, "zoo", { gone: "gone" })
  await registry.deleteVersion(gone.version.id, { deleteAliases: true })
  await log(registry, "zoo", { last: "last" }, { ttl: 86_400, type: "dataset" })
  // Sorts before what it needs.
  await log(
    registry,
    "ark",
    { own: "own" },
    { references: { "r.txt": [second.version.id, "c"], "s.txt": [first.version.id, "deep/b.txt"] } },
  )
  await registry.useVersion({ ...second.collection, index: second.index, id: second.version.id }, { ...project, run: "reader" })
  // Logged again by another run: no new version, and the latest one again.
  await log(registry, "zoo", { "a.txt": "A", "deep/b.txt": "B" }, { run: { ...project, run: "second" }, aliases: ["again"] })
  // A run can be found by the versions it was first to log, or used.
  await registry.useVersion({ ...first.collection, index: first.index, id: first.version.id }, { ...project, run: "second" })
  await registry.link(second.version.id, { ...project, collection: "shelf" }, ["prod"])
  await registry.link(first.version.id, { ...project, collection: "shelf" }, [])
  await registry.updateVersion(first.version.id, { description: "one", addTags: ["old"] })
  await registry.updateCollection({ ...project, collection: "zoo" }, { description: "animals", addTags: ["live"] })
  await registry.updateCollection({ ...project, collection: "shelf" }, { description: "chosen", addTags: ["wood"] })
  await registry.finishRun(run, 0)
  await registry.finishRun({ ...project, run: "reader" }, 1)
}
