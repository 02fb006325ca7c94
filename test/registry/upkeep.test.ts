/** Time to live, damage and its repair, garbage: what only the embedded registry does. */
import { describe, expect, test } from "vitest"
import { base64Decode, type Digest, hexEncode } from "../../src/core/digest-text.ts"
import { Manifest } from "../../src/core/manifest.ts"
import type { Membership } from "../../src/ports.ts"
import { createEmbeddedRegistry, type EmbeddedRegistry, type EmbeddedRegistryOptions } from "../../src/registry/embedded.ts"
import {
  clientId,
  collect,
  field,
  manifestOf,
  md5Of,
  newVersion,
  project,
  publish,
  readWhole,
  textContent,
  upload,
  uploadOf,
} from "./publish.ts"
import { gatedStores, memoryStores, type Stores } from "./stores.ts"

const shelf = { ...project, collection: "shelf" }
const hour = 3_600_000
const failure = (code: string) => expect.objectContaining({ code })

function world(options: Partial<EmbeddedRegistryOptions> = {}) {
  let time = Date.UTC(2026, 0, 1)
  const now = () => time
  const stores = memoryStores(now)
  const open = (others: Stores = stores) => createEmbeddedRegistry({ ...others, now, ...options })
  return { stores, now, open, registry: open(), pass: (ms: number) => (time += ms) }
}

const rotten = new Map<Digest, Uint8Array>()

/** Bytes that rot in their place: the store still has a blob of that digest and size. */
async function rot({ blobs }: Stores, digest: Digest): Promise<void> {
  const content = await blobs.get(digest)
  const bytes = new Uint8Array(await new Response(content!.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
  bytes[0]! ^= 1
  rotten.set(digest, bytes)
}

/** Stores that hand out what {@link rot} made of a blob until it is stored anew. */
function decaying(stores: Stores): Stores {
  const { blobs } = stores
  return {
    ...stores,
    blobs: {
      ...blobs,
      async get(digest, options) {
        const bytes = rotten.get(digest)
        const content = await blobs.get(digest, options)
        if (bytes === undefined || content === undefined) return content
        return { ...content, bytes: async () => bytes, stream: () => new Response(bytes.slice()).body! }
      },
      async put(digest, content, options) {
        const result = await blobs.put(digest, content, options)
        if (result === "stored") rotten.delete(digest)
        return result
      },
      async delete(digest, options) {
        rotten.delete(digest)
        await blobs.delete(digest, options)
      },
    },
  }
}

describe("time to live", () => {
  test("a version is gone when its time is up, and latest is the newest that is left", async () => {
    const { registry, pass } = world()
    const first = await publish(registry, { a: "1" })
    const second = await publish(registry, { a: "2" }, { ttl: 3600, aliases: ["best"] })
    await registry.link(second.version.id, shelf, [])
    pass(hour - 1)
    expect((await registry.findVersion(field))?.index).toBe(1)
    pass(1)
    expect(await registry.findVersion(field)).toMatchObject({ index: 0, aliases: ["latest"] })
    expect(await registry.findVersion({ ...field, alias: "best" })).toBeUndefined()
    expect(await registry.findVersion({ ...field, alias: "v1" })).toBeUndefined()
    expect(await registry.findVersion(shelf)).toBeUndefined()
    expect(await collect(registry.versions(field))).toMatchObject([{ version: { id: first.version.id } }])
    expect(await registry.collectionAliases(field)).toEqual(["latest"])
    expect(await registry.getVersion(second.version.id)).toMatchObject({ state: "DELETED" })
    await expect(registry.updateVersion(second.version.id, { ttl: null })).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    expect((await publish(registry, { a: "2" })).index).toBe(2)
  })

  test("the team's default holds for those that inherit it", async () => {
    const { registry, pass } = world({ defaultTtlSeconds: 3600 })
    const inherits = await publish(registry, { a: "1" })
    expect(inherits.version).toMatchObject({ ttl: 3600, ttlIsInherited: true })
    const stays = await publish(registry, { a: "2" }, { ttl: null })
    expect(stays.version).toMatchObject({ ttl: null, ttlIsInherited: false })
    pass(hour)
    expect(await collect(registry.versions(field))).toMatchObject([{ index: 1 }])
  })
})

describe("damage", () => {
  const files = { a: "apples", b: "berries" }

  async function damaged(path: string) {
    const { stores } = world()
    const registry = createEmbeddedRegistry(decaying(stores))
    const member = await publish(registry, files)
    const manifest = await registry.getManifest(member.version.id)
    await rot(stores, path === "manifest" ? md5Of(manifest) : md5Of(files.a))
    return { registry, member, stores }
  }

  const relog = async (registry: EmbeddedRegistry) => {
    const pending = await registry.createVersion(newVersion(files, { aliases: ["again"] }))
    const stored = pending.state === "COMMITTED" ? 0 : await upload(registry, pending.id, files)
    return { stored, member: await registry.commitVersion(pending.id) }
  }

  test("a file that was reported is stored anew by logging the same content, and only it", async () => {
    const { registry, member } = await damaged("a")
    await expect(readWhole(registry, member)).rejects.toThrow("damaged")
    await registry.reportCorrupt(md5Of(files.a))
    await expect(readWhole(registry, member)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    const again = await relog(registry)
    expect(again).toMatchObject({ stored: 1, member: { index: 0, version: { id: member.version.id } } })
    expect([...again.member.aliases].sort()).toEqual(["again", "latest"])
    expect(await readWhole(registry, member)).toEqual(files)
    expect(await relog(registry)).toMatchObject({ stored: 0 })
  })

  test("it is not repaired until its bytes are really there", async () => {
    const { registry } = await damaged("a")
    await registry.reportCorrupt(md5Of(files.a))
    const input = newVersion(files)
    const pending = await registry.createVersion(input)
    expect(pending.state).toBe("PENDING")
    await registry.storeManifest(pending.id, uploadOf(manifestOf(files)))
    await expect(registry.commitVersion(pending.id)).rejects.toMatchObject({ code: "CONFLICT", details: { paths: ["a"] } })
    expect((await registry.createVersion(input)).state).toBe("PENDING")
  })

  test("other versions ask for it too", async () => {
    const { registry } = await damaged("a")
    await registry.reportCorrupt(md5Of(files.a))
    const pending = await registry.createVersion(newVersion({ a: files.a, c: "c" }))
    expect(await upload(registry, pending.id, { a: files.a, c: "c" })).toBe(2)
    await registry.commitVersion(pending.id)
    expect(await relog(registry)).toMatchObject({ stored: 0 })
  })

  test("a rotten manifest is noticed when it is read, and stored anew", async () => {
    const { registry, member } = await damaged("manifest")
    await expect(registry.getManifest(member.version.id)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      details: { path: "wandb_manifest.json" },
    })
    await expect(registry.getManifest(member.version.id)).rejects.toEqual(failure("STORAGE"))
    expect(await relog(registry)).toMatchObject({ stored: 0, member: { index: 0 } })
    expect(await readWhole(registry, member)).toEqual(files)
  })

  test("sound bytes are not deleted, whoever says what", async () => {
    const { registry, stores } = world()
    const member = await publish(registry, files)
    await registry.reportCorrupt(md5Of(files.a))
    await registry.reportCorrupt(md5Of("never stored"))
    expect(await readWhole(registry, member)).toEqual(files)
    expect(await collect(stores.records.list("damaged"))).toEqual([])
  })

  test("a missing file is noted when somebody misses it; with statOnRelog also when nobody did", async () => {
    for (const statOnRelog of [false, true]) {
      const { registry, stores } = world({ statOnRelog })
      const member = await publish(registry, files)
      await stores.blobs.delete(md5Of(files.a))
      if (!statOnRelog)
        await expect(readWhole(registry, member)).rejects.toMatchObject({ code: "ENTRY_NOT_FOUND", details: { path: "a" } })
      expect(await relog(registry)).toMatchObject({ stored: 1 })
      expect(await readWhole(registry, member)).toEqual(files)
    }
  })

  test("asking for a digest that the version does not have leaves no trace", async () => {
    const { registry, stores } = world()
    const member = await publish(registry, files)
    const file = { path: "x", digest: md5Of("x"), size: 1, birthArtifactId: undefined }
    await expect(registry.openFile({ ...field, index: 0, id: member.version.id }, file)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    expect(await collect(stores.records.list("damaged"))).toEqual([])
  })

  test("fsck finds rot that nobody has read, names its files, and repairs on request", async () => {
    const { registry, stores } = await damaged("a")
    const other = await publish(registry, { c: "cherries" }, { collection: "other" })
    await stores.blobs.delete(md5Of("cherries"))
    const progress: number[] = []
    const found = await registry.fsck({ onProgress: ({ blobs }) => progress.push(blobs) })
    expect(found).toMatchObject({
      blobs: 4,
      corrupt: [md5Of(files.a)],
      damaged: [
        { version: "local/birds/field:v0", path: "a", digest: md5Of(files.a) },
        { version: "local/birds/other:v0", path: "c", digest: md5Of("cherries") },
      ],
    })
    expect(progress).toEqual([1, 2, 3, 4])
    expect(await registry.fsck()).toEqual(found)
    await registry.fsck({ repair: true })
    expect(await relog(registry)).toMatchObject({ stored: 1 })
    const again = await publish(registry, { c: "cherries" }, { collection: "other" })
    expect(again.version.id).toBe(other.version.id)
    expect(await registry.fsck()).toMatchObject({ corrupt: [], damaged: [] })
  })
})

describe("garbage", () => {
  test("only what no version needs is deleted, and a dry run says the same", async () => {
    const { registry, pass } = world()
    const keep = await publish(registry, { a: "keep", both: "both" })
    const drop = await publish(registry, { a: "drop!", both: "both" })
    await registry.deleteVersion(drop.version.id, { deleteAliases: true })
    expect(await registry.gc()).toMatchObject({ blobsDeleted: 0, bytesFreed: 0 })
    pass(25 * hour)
    const dry = await registry.gc({ dryRun: true })
    expect(dry).toMatchObject({ dryRun: true, blobsDeleted: 2 })
    expect(dry.bytesFreed).toBeGreaterThan("drop!".length)
    expect(await registry.gc()).toEqual({ ...dry, dryRun: false })
    expect(await registry.gc()).toMatchObject({ blobsDeleted: 0 })
    expect(await readWhole(registry, keep)).toEqual({ a: "keep", both: "both" })
  })

  test("expired versions and abandoned uploads are swept, recent ones are not", async () => {
    const { registry, pass, stores } = world()
    const old = await registry.createVersion(newVersion({ a: "abandoned" }))
    await upload(registry, old.id, { a: "abandoned" })
    await publish(registry, { a: "short" }, { ttl: 3600 })
    pass(25 * hour)
    const recent = await registry.createVersion(newVersion({ a: "recent" }))
    await upload(registry, recent.id, { a: "recent" })
    expect(await registry.gc()).toMatchObject({ versionsExpired: 1, pendingDropped: 1, blobsDeleted: 4 })
    expect(await registry.getVersion(old.id)).toBeUndefined()
    await expect(registry.commitVersion(old.id)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    expect(await registry.commitVersion(recent.id)).toMatchObject({ index: 1 })
    expect((await collect(stores.records.list("clients"))).length).toBe(1)
  })

  test("a version keeps the client id that it was made for, and those of later logs are kept for a day", async () => {
    const { registry, pass, stores } = world()
    const log = async (files: { [path: string]: string }) => {
      const input = newVersion(files)
      const member = await publish(registry, files, { clientId: input.clientId })
      return { client: input.clientId, id: member.version.id }
    }
    const made = await log({ a: "1" })
    const old = await log({ a: "old" })
    const row = (await stores.records.get(`clients/${old.client}`))!
    const { isFirst: _, ...before } = row.value as { isFirst: boolean; id: string }
    await stores.records.put(`clients/${old.client}`, before, row.etag)
    const gone = await log({ a: "2" })
    const again = await log({ a: "1" })
    expect(again.id).toBe(made.id)
    await registry.deleteVersion(gone.id, { deleteAliases: true })
    pass(25 * hour)
    const recent = await log({ a: "1" })
    await registry.gc({ graceMs: 0 })
    const kept = (await collect(stores.records.list("clients"))).map(({ key }) => key)
    expect(new Set(kept)).toEqual(new Set([made, old, recent].map(({ client }) => `clients/${client}`)))
    expect(await registry.resolveClientId(made.client)).toBe(made.id)
  })

  test("an upload that goes on for days is not abandoned", async () => {
    const { registry, pass } = world()
    const pending = await registry.createVersion(newVersion({ a: "slow" }, { distributedId: "d" }))
    pass(23 * hour)
    await upload(registry, pending.id, { a: "slow" }, "PATCH")
    pass(23 * hour)
    expect(await registry.gc()).toMatchObject({ pendingDropped: 0, blobsDeleted: 0 })
    expect(await registry.commitVersion(pending.id)).toMatchObject({ index: 0 })
  })

  test("a manifest that cannot be read stops it before anything is deleted", async () => {
    const { registry, pass, stores } = world()
    await stores.blobs.put(md5Of("garbage"), textContent("garbage"))
    const member = await publish(registry, { a: "1" })
    await stores.blobs.delete(md5Of(await registry.getManifest(member.version.id)))
    pass(25 * hour)
    await expect(registry.gc()).rejects.toEqual(failure("STORAGE"))
    expect(await stores.blobs.stat(md5Of("garbage"))).toBeDefined()
    expect(await publish(registry, { a: "1" })).toMatchObject({ index: 0 })
    expect(await registry.gc()).toMatchObject({ blobsDeleted: 1 })
  })

  test("a commit that takes up garbage while it is being deleted finds out", async () => {
    const { registry, stores, open } = world()
    await stores.blobs.put(md5Of("reused"), textContent("reused"))
    const input = newVersion({ a: "reused" })
    let committing: Promise<unknown> | undefined
    const collecting = gatedStores(stores, async (when, operation) => {
      if (when === "before" && operation === "blobs.delete" && committing === undefined) {
        const pending = await registry.createVersion(input)
        expect(await upload(registry, pending.id, { a: "reused" })).toBe(0)
        committing = registry.commitVersion(pending.id)
        committing.catch(() => undefined)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })
    expect(await open(collecting).gc({ graceMs: 0 })).toMatchObject({ blobsDeleted: 1 })
    await expect(committing).rejects.toMatchObject({ code: "CONFLICT", details: { paths: ["a"] } })
    const pending = await registry.createVersion(input)
    await upload(registry, pending.id, { a: "reused" })
    await readWhole(registry, await registry.commitVersion(pending.id))
  })

  test("what is committed while the collector looks around is needed", async () => {
    const { registry, stores, open } = world()
    for (const text of ["reused", "garbage"]) await stores.blobs.put(md5Of(text), textContent(text))
    let committed: Membership | undefined
    const collecting = gatedStores(stores, async (when, operation) => {
      // Its first write is the lease: everything has been looked at once by then.
      if (when === "before" && operation === "records.put") committed ??= await publish(registry, { a: "reused" })
    })
    expect(await open(collecting).gc({ graceMs: 0 })).toMatchObject({ blobsDeleted: 1 })
    expect(await readWhole(registry, committed!)).toEqual({ a: "reused" })
  })

  test("there is one collector at a time, and a dead one is forgotten", async () => {
    const { registry, stores, open, pass } = world()
    await stores.blobs.put(md5Of("x"), textContent("x"))
    let second: Promise<unknown> | undefined
    const dying = gatedStores(stores, async (when, operation) => {
      if (second !== undefined) throw new Error("dead")
      if (when !== "before" || operation !== "blobs.delete") return
      second = registry.gc({ graceMs: 0 })
      await second.catch(() => undefined)
      throw new Error("dead")
    })
    await expect(open(dying).gc({ graceMs: 0 })).rejects.toThrow("dead")
    await expect(second).rejects.toEqual(failure("CONFLICT"))
    pass(20_000)
    expect(await registry.gc({ graceMs: 0 })).toMatchObject({ blobsDeleted: 1 })
  })

  test.each([-1, Number.NaN, "1 day"])("a bad grace is refused: %s", async (graceMs) => {
    await expect(world().registry.gc({ graceMs: graceMs as number })).rejects.toEqual(failure("INVALID_ARGUMENT"))
  })
})

describe("what others rely on", () => {
  test("ids fit into references", async () => {
    const { registry } = world()
    const { version } = await publish(registry, { a: "1" })
    expect(new TextDecoder().decode(base64Decode(version.id))).toMatch(/^Artifact:[0-9a-f]{24}$/)
    expect(hexEncode(base64Decode(version.id))).toMatch(/^41727469666163743a[0-9a-f]+$/)
  })

  test("addresses", async () => {
    const plain = await publish(world().registry, { a: "1" })
    expect(world().registry.versionUrl(plain)).toBe("isofact://local/birds/field:v0")
    const { registry } = world({ pageUrl: "https://art.example/app/" })
    expect(registry.versionUrl({ ...plain, collection: { ...plain.collection, type: "data set" } })).toBe(
      "https://art.example/app/local/birds/artifacts/data%20set/field/v0",
    )
    expect(await registry.defaults()).toEqual({ entity: "local", project: "uncategorized" })
  })

  test("a pending version that turns out to be old content stands for it from then on", async () => {
    const { registry } = world()
    const files = { a: "1" }
    const client = clientId()
    const pending = await registry.createVersion(newVersion(files, { clientId: client, tags: ["late"] }))
    await upload(registry, pending.id, files)
    const first = await publish(registry, files)
    // It was the first to be created and is the last to be committed.
    expect(first.version.id).not.toBe(pending.id)
    expect((await registry.commitVersion(pending.id)).version).toMatchObject({ id: first.version.id, tags: ["late"] })
    expect(await registry.resolveClientId(client)).toBe(first.version.id)
    expect((await registry.getVersion(pending.id))?.id).toBe(first.version.id)
    expect(Manifest.decode(await registry.getManifest(pending.id)).digest()).toBe(manifestOf(files).digest())
  })

  test.each<[string, object]>([
    ["options.records", { records: undefined }],
    ["options.blobs", { blobs: {} }],
    ["options.defaultTtlSeconds", { defaultTtlSeconds: 0 }],
    ["options.colour", { colour: 1 }],
    ["entity", { entity: "a/b" }],
    ["options.pageUrl", { pageUrl: 7 }],
  ])("a wrong %s is refused", (argument, more) => {
    expect(() => createEmbeddedRegistry({ ...memoryStores(), ...more } as EmbeddedRegistryOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", details: { argument } }),
    )
  })
})

describe("a commit whose last, needless write was lost", () => {
  async function unsettled(ttl?: number) {
    const created = world()
    const { stores, open } = created
    const files = { a: "1" }
    const pending = await created.registry.createVersion(newVersion(files, { ttl }))
    await upload(created.registry, pending.id, files)
    let writes = 0
    const dying = gatedStores(stores, (when, operation) => {
      if (when === "before" && operation === "records.put" && ++writes === 3) throw new Error("dead")
    })
    expect(await open(dying).commitVersion(pending.id)).toMatchObject({ index: 0, version: { state: "COMMITTED" } })
    expect(writes).toBe(3)
    return { ...created, id: pending.id }
  }

  /** Fails whatever comes after the version was unlisted. */
  const cutAfterSwap = (stores: Stores) => {
    let writes = 0
    return gatedStores(stores, (when, operation) => {
      if (operation !== "records.put") return
      if (when === "before" && writes === 2) throw new Error("dead")
      if (when === "after") writes++
    })
  }

  test("is a commit, and deleting it a deletion", async () => {
    const { registry, stores, open, id } = await unsettled()
    expect(await registry.commitVersion(id)).toMatchObject({ index: 0 })
    await expect(open(cutAfterSwap(stores)).deleteVersion(id, { deleteAliases: true })).rejects.toThrow("dead")
    expect((await registry.getVersion(id))?.state).toBe("DELETED")
    await expect(registry.commitVersion(id)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
  })

  test("expires like any other", async () => {
    const { registry, stores, open, id, pass } = await unsettled(60)
    pass(60_000)
    expect((await registry.getVersion(id))?.state).toBe("DELETED")
    await expect(open(cutAfterSwap(stores)).gc()).rejects.toThrow("dead")
    expect((await registry.getVersion(id))?.state).toBe("DELETED")
  })
})
