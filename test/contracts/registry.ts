/** What every {@link Registry} does, whatever is behind it. Run it with a factory that gives an empty one. */
import { describe, expect, test } from "vitest"
import { base64Decode, base64Encode } from "../../src/core/digest-text.ts"
import { Manifest } from "../../src/core/manifest.ts"
import type { Registry } from "../../src/ports.ts"
import {
  clientId,
  collect,
  field,
  manifestOf,
  newVersion,
  project,
  publish,
  readWhole,
  upload,
  uploadOf,
} from "../registry/publish.ts"
import { runsContract } from "./runs.ts"

const shelf = { ...project, collection: "shelf" }
const failure = (code: string) => expect.objectContaining({ code })

export function registryContract(name: string, create: () => Promise<Registry>): void {
  describe(`${name}: publishing`, () => {
    test("a version is visible after its commit and not before", async () => {
      const registry = await create()
      const files = { "a.txt": "A", "deep/b.txt": "B" }
      const pending = await registry.createVersion(
        newVersion(files, { aliases: ["best"], tags: ["raw"], metadata: { hz: 44100 }, description: "field" }),
      )
      expect(pending).toMatchObject({ state: "PENDING", latestId: undefined })
      expect(base64Encode(base64Decode(pending.id))).toBe(pending.id)
      expect(await upload(registry, pending.id, files)).toBe(2)
      expect(await registry.findVersion(field)).toBeUndefined()
      expect((await registry.getVersion(pending.id))?.state).toBe("PENDING")
      expect(await registry.memberships(pending.id)).toEqual([])

      const member = await registry.commitVersion(pending.id)
      expect(member).toMatchObject({
        index: 0,
        collection: { ...field, kind: "sequence", type: "dataset" },
        version: {
          id: pending.id,
          state: "COMMITTED",
          tags: ["raw"],
          metadata: { hz: 44100 },
          description: "field",
          size: 2,
          fileCount: 2,
          ttl: null,
        },
      })
      expect(member.version.commitHash).toMatch(/^[0-9a-f]+$/)
      expect([...member.aliases].sort()).toEqual(["best", "latest"])
      for (const alias of [undefined, "latest", "best", "v0"]) {
        expect((await registry.findVersion({ ...field, ...(alias && { alias }) }))?.version.id, alias).toBe(pending.id)
      }
      expect(await registry.findVersion({ ...field, alias: "v1" })).toBeUndefined()
      expect(await registry.findVersion({ ...field, alias: "worst" })).toBeUndefined()
      expect(await readWhole(registry, member)).toEqual(files)
    })

    test("every step may be repeated", async () => {
      const registry = await create()
      const files = { a: "1", b: "2" }
      const input = newVersion(files)
      const first = await registry.createVersion(input)
      expect((await registry.createVersion(input)).id).toBe(first.id)
      expect(await registry.resolveClientId(input.clientId)).toBe(first.id)
      expect(await upload(registry, first.id, files)).toBe(2)
      expect(await upload(registry, first.id, files)).toBe(0)
      const one = await registry.commitVersion(first.id)
      const two = await registry.commitVersion(first.id)
      expect(two).toEqual(one)
      expect(await registry.createVersion(input)).toMatchObject({ id: first.id, state: "COMMITTED" })
      expect(await collect(registry.versions(field))).toHaveLength(1)
      expect(await registry.resolveClientId(input.clientId)).toBe(first.id)
      expect(await registry.resolveClientId("nobody")).toBeUndefined()
    })

    test("a client id stands for one content", async () => {
      const registry = await create()
      const id = clientId()
      await registry.createVersion(newVersion({ a: "1" }, { clientId: id }))
      await expect(registry.createVersion(newVersion({ a: "2" }, { clientId: id }))).rejects.toEqual(failure("INVALID_ARGUMENT"))
    })

    test("a client id may have capitals, as those of wandb-core's jobs do", async () => {
      const registry = await create()
      const id = "JobBuilder0".repeat(11)
      const pending = await registry.createVersion(newVersion({ a: "1" }, { clientId: id }))
      expect(await registry.resolveClientId(id)).toBe(pending.id)
    })

    test("a commit without all bytes is refused and names what is missing", async () => {
      const registry = await create()
      const files = { here: "here", "gone/1": "1", "gone/2": "2" }
      const pending = await registry.createVersion(newVersion(files))
      await expect(registry.commitVersion(pending.id)).rejects.toEqual(failure("CONFLICT"))
      await upload(registry, pending.id, { here: "here" }).catch(() => undefined)
      await registry.storeManifest(pending.id, uploadOf(manifestOf(files)))
      await expect(registry.commitVersion(pending.id)).rejects.toMatchObject({
        code: "CONFLICT",
        details: { paths: ["gone/1", "gone/2"] },
      })
      expect(await registry.findVersion(field)).toBeUndefined()
      expect(await upload(registry, pending.id, files)).toBe(2)
      expect((await registry.commitVersion(pending.id)).index).toBe(0)
    })

    test("a manifest must be the one that was announced", async () => {
      const registry = await create()
      const pending = await registry.createVersion(newVersion({ a: "1" }))
      await expect(registry.storeManifest(pending.id, uploadOf(manifestOf({ a: "2" })))).rejects.toEqual(
        failure("INVALID_ARGUMENT"),
      )
      await expect(registry.storeManifest(pending.id, { ...uploadOf(manifestOf({})), json: "{" })).rejects.toEqual(
        failure("INVALID_ARGUMENT"),
      )
      await expect(registry.commitVersion(pending.id)).rejects.toEqual(failure("CONFLICT"))
    })

    test("bytes that are not what their digest says are refused", async () => {
      const registry = await create()
      const files = { a: "right" }
      const pending = await registry.createVersion(newVersion(files))
      const digest = manifestOf(files).get("a")!.digest as never
      const [ticket] = await registry.requestUploads(pending.id, [{ path: "a", digest, size: 5 }])
      const wrong = { stability: "frozen" as const, size: 5, stream: () => new Response("wrong").body! }
      await expect(ticket!.put!(wrong)).rejects.toEqual(failure("DIGEST_MISMATCH"))
      const [again] = await registry.requestUploads(pending.id, [{ path: "a", digest, size: 5 }])
      expect(again!.put).toBeTypeOf("function")
    })

    test("who asks for the same at the same time does not hear of another's abort", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "A" })
      const file = { path: "a", digest: manifestOf({ a: "A" }).get("a")!.digest as never, size: 1 }
      // Wherever the first one is by then.
      for (let steps = 0; steps < 60; steps += 3) {
        const { id } = await registry.createVersion(newVersion({ a: "A", b: `${steps}` }))
        const controller = new AbortController()
        const aborted = registry.requestUploads(id, [file], { signal: controller.signal })
        const other = registry.requestUploads(id, [file])
        for (let step = 0; step < steps; step++) await undefined
        controller.abort()
        await aborted.catch(() => undefined)
        expect(await other).toMatchObject([{ birthArtifactId: first.version.id }])
      }
    })

    test("only new bytes are asked for, and old ones keep the version that brought them", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "A", b: "B" })
      const pending = await registry.createVersion(newVersion({ a: "A", b: "new" }))
      expect(pending.latestId).toBe(first.version.id)
      expect(await upload(registry, pending.id, { a: "A", b: "new" })).toBe(1)
      await registry.commitVersion(pending.id)
      const manifest = Manifest.decode(await registry.getManifest(pending.id))
      expect(manifest.get("a")?.birthArtifactId).toBe(first.version.id)
      expect(manifest.get("b")?.birthArtifactId).toBe(pending.id)
    })

    test("the same content is the same version, and its aliases, tags, ttl and latest move at once", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "1" }, { aliases: ["best"], tags: ["x"] })
      await publish(registry, { a: "2" })
      const again = await registry.createVersion(newVersion({ a: "1" }, { aliases: ["again"], tags: ["y"], ttl: 3600 }))
      expect(again).toMatchObject({ id: first.version.id, state: "COMMITTED" })
      const found = await registry.findVersion(field)
      expect(found).toMatchObject({ index: 0, version: { tags: ["x", "y"], ttl: 3600, ttlIsInherited: false } })
      expect([...found!.aliases].sort()).toEqual(["again", "best", "latest"])
      expect((await registry.findVersion({ ...field, alias: "v1" }))!.aliases).toEqual([])
      expect(await collect(registry.versions(field))).toHaveLength(2)
    })

    test("the same content in another collection is another version of the same bytes", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "1" })
      const pending = await registry.createVersion(newVersion({ a: "1" }, { collection: "other" }))
      expect(pending.state).toBe("PENDING")
      expect(pending.id).not.toBe(first.version.id)
      expect(await upload(registry, pending.id, { a: "1" })).toBe(0)
      expect((await registry.commitVersion(pending.id)).index).toBe(0)
    })

    test("two that log the same at once get one version", async () => {
      const registry = await create()
      const [one, two] = await Promise.all([
        publish(registry, { a: "1" }, { aliases: ["one"] }),
        publish(registry, { a: "1" }, { aliases: ["two"] }),
      ])
      expect(one.version.id).toBe(two.version.id)
      const [version, ...others] = await collect(registry.versions(field))
      expect(others).toEqual([])
      expect([...version!.aliases].sort()).toEqual(["latest", "one", "two"])
    })

    test("incremental manifests build on the latest version", async () => {
      const registry = await create()
      await publish(registry, { a: "1", b: "1" })
      const second = await publish(registry, { b: "2", c: "3" }, { kind: "INCREMENTAL" })
      expect(await readWhole(registry, second)).toEqual({ a: "1", b: "2", c: "3" })
      expect(second).toMatchObject({
        index: 1,
        version: { fileCount: 3, size: 3, digest: manifestOf({ a: "1", b: "2", c: "3" }).digest() },
      })
      const same = await publish(registry, { c: "3", a: "1" }, { kind: "INCREMENTAL" })
      expect(same).toMatchObject({ index: 1, version: { id: second.version.id } })
    })

    test("an incremental manifest builds on the version it names, whichever is the latest", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "1", b: "1" })
      await publish(registry, { z: "z" })
      const baseId = first.version.id
      const third = await publish(registry, { c: "3" }, { kind: "INCREMENTAL", baseId })
      expect(await readWhole(registry, third)).toEqual({ a: "1", b: "1", c: "3" })
      expect(third).toMatchObject({ index: 2, version: { fileCount: 3 } })
      const pending = await registry.createVersion(newVersion({ d: "4" }, { kind: "INCREMENTAL" }))
      await upload(registry, pending.id, { d: "4" }, "INCREMENTAL")
      await registry.storeManifest(pending.id, { ...uploadOf(manifestOf({ d: "4" }), "INCREMENTAL"), baseId })
      expect(await readWhole(registry, await registry.commitVersion(pending.id))).toEqual({ a: "1", b: "1", d: "4" })
      const same = await publish(registry, { b: "1" }, { kind: "INCREMENTAL", baseId })
      expect(same).toMatchObject({ index: 0, version: { id: baseId } })
    })

    test("what an incremental manifest builds on must be there", async () => {
      const registry = await create()
      await publish(registry, { a: "1" })
      const input = newVersion({ c: "3" }, { kind: "INCREMENTAL", baseId: "QXJ0aWZhY3Q6MQ==" })
      const publishing = async () => {
        const { id } = await registry.createVersion(input)
        await upload(registry, id, { c: "3" }, "INCREMENTAL")
        await registry.commitVersion(id)
      }
      await expect(publishing()).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      expect(await collect(registry.versions(field))).toHaveLength(1)
    })

    test("writers that share a version each bring a part, and later parts win", async () => {
      const registry = await create()
      const more = { distributedId: "group" }
      const one = await registry.createVersion(newVersion({ a: "1", both: "1" }, { ...more, aliases: ["x"] }))
      const two = await registry.createVersion(newVersion({ b: "2", both: "2" }, { ...more, aliases: ["y"] }))
      expect(two).toMatchObject({ id: one.id, state: "PENDING" })
      await upload(registry, one.id, { a: "1", both: "1" }, "PATCH")
      await upload(registry, two.id, { b: "2", both: "2" }, "PATCH")
      const member = await registry.commitVersion(two.id)
      expect(await readWhole(registry, member)).toEqual({ a: "1", b: "2", both: "2" })
      expect([...member.aliases].sort()).toEqual(["latest", "x", "y"])
      const next = await registry.createVersion(newVersion({ z: "z" }, more))
      expect(next.id).not.toBe(one.id)
      await expect(registry.storeManifest(one.id, uploadOf(manifestOf({ late: "late" }), "PATCH"))).rejects.toEqual(
        failure("CONFLICT"),
      )
    })

    test("another type, or a portfolio's name, is refused", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "1" })
      await registry.link(first.version.id, shelf, [])
      await expect(registry.createVersion(newVersion({ a: "2" }, { type: "model" }))).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.createVersion(newVersion({ a: "2" }, { collection: "shelf" }))).rejects.toEqual(
        failure("INVALID_ARGUMENT"),
      )
      expect(await collect(registry.versions(field))).toHaveLength(1)
    })

    test.each<[string, object]>([
      ["collection", { collection: "a/b" }],
      ["project", { project: "a:b" }],
      ["entity", { entity: "" }],
      ["type", { type: "" }],
      ["collection", { collection: ".." }],
      ["project", { project: "." }],
      ["entity", { entity: ".." }],
      ["type", { type: ".." }],
      ["digest", { digest: "X" }],
      ["aliases", { aliases: ["a/b"] }],
      ["aliases", { aliases: ["v3"] }],
      ["tags", { tags: ["a!"] }],
      ["metadata", { metadata: { a: Number.POSITIVE_INFINITY } }],
      ["ttl", { ttl: 0 }],
      ["ttl", { ttl: 1.5 }],
      ["clientId", { clientId: "A B" }],
      ["historyStep", { historyStep: -1 }],
    ])("a bad %s is refused: %j", async (_, more) => {
      const registry = await create()
      await expect(registry.createVersion(newVersion({ a: "1" }, more))).rejects.toEqual(failure("INVALID_ARGUMENT"))
      expect(await collect(registry.collections(project, undefined))).toEqual([])
    })
  })

  describe(`${name}: aliases and changes`, () => {
    test("one alias, one version", async () => {
      const registry = await create()
      await publish(registry, { a: "1" }, { aliases: ["best", "__proto__"] })
      await publish(registry, { a: "2" })
      await registry.addAliases({ ...field, index: 1 }, ["best"])
      expect((await registry.findVersion({ ...field, alias: "best" }))?.index).toBe(1)
      expect((await registry.findVersion({ ...field, alias: "__proto__" }))?.index).toBe(0)
      expect((await registry.findVersion({ ...field, alias: "v0" }))?.aliases).toEqual(["__proto__"])
      await registry.removeAliases({ ...field, index: 0 }, ["best"])
      expect((await registry.findVersion({ ...field, alias: "best" }))?.index).toBe(1)
      await registry.removeAliases({ ...field, index: 1 }, ["best", "never"])
      expect(await registry.findVersion({ ...field, alias: "best" })).toBeUndefined()
      expect((await registry.collectionAliases(field)).sort()).toEqual(["__proto__", "latest"])
      await expect(registry.addAliases({ ...field, index: 1 }, ["v0"])).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.addAliases({ ...field, index: 7 }, ["x"])).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })

    test("description, metadata, tags and ttl are changed on the version, everywhere it is", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" }, { tags: ["old", "keep"] })
      await registry.link(version.id, shelf, [])
      const changed = await registry.updateVersion(version.id, {
        description: "text",
        metadata: { k: [1] },
        addTags: ["new"],
        removeTags: ["old"],
        ttl: 86400,
      })
      expect(changed).toMatchObject({
        description: "text",
        metadata: { k: [1] },
        tags: ["keep", "new"],
        ttl: 86400,
        ttlIsInherited: false,
      })
      expect(changed.updatedAt).not.toBeNull()
      expect((await registry.findVersion(shelf))?.version).toEqual(changed)
      expect(await registry.updateVersion(version.id, { description: null, ttl: "inherit" })).toMatchObject({
        description: null,
        ttl: null,
        ttlIsInherited: true,
      })
      await expect(registry.updateVersion(version.id, { addTags: ["a/b"] })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.updateVersion("QXJ0aWZhY3Q6MQ==", {})).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })
  })

  describe(`${name}: metadata as text`, () => {
    const text = '{"z":1795910371339000123,"10":1.0,"2":"é"}'

    test("comes back as it was sent, whatever else is changed", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" }, { metadata: text })
      expect(version).toMatchObject({ metadata: JSON.parse(text), metadataText: text })
      await registry.updateVersion(version.id, { description: "d", addTags: ["t"] })
      await registry.addAliases({ ...field, index: 0 }, ["best"])
      await registry.link(version.id, shelf, [])
      expect((await registry.findVersion(shelf))?.version.metadataText).toBe(text)
      const changed = text.replace("123,", "124,")
      expect(await registry.updateVersion(version.id, { metadata: changed })).toMatchObject({ metadataText: changed })
      const { metadata, metadataText } = await registry.updateVersion(version.id, { metadata: { a: 1 } })
      expect([metadata, metadataText]).toEqual([{ a: 1 }, undefined])
    })

    test("is kept only where it says more than the object", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" }, { metadata: ' { "k" : [ 1 , NaN ] } ' })
      expect([version.metadata, version.metadataText]).toEqual([{ k: [1, null] }, undefined])
    })

    test.each(["[]", "{", "1", '{"a":Infinity}', `{"a":${"[".repeat(300)}${"]".repeat(300)}}`])(
      "%s is refused",
      async (metadata) => {
        const registry = await create()
        await expect(registry.createVersion(newVersion({ a: "1" }, { metadata }))).rejects.toEqual(failure("INVALID_ARGUMENT"))
      },
    )

    test("is whole for writers that share a version and bring the same, and for one that brings none", async () => {
      const registry = await create()
      const share = async (files: { [path: string]: string }, metadata?: string) => {
        const { id } = await registry.createVersion(newVersion(files, { distributedId: "group", ...(metadata && { metadata }) }))
        await upload(registry, id, files, "PATCH")
        return id
      }
      await share({ a: "1" }, text)
      await share({ b: "2" })
      const { version } = await registry.commitVersion(await share({ c: "3" }, text))
      expect(version.metadataText).toBe(text)
      await share({ a: "2" }, text)
      const other = await registry.commitVersion(await share({ b: "2" }, '{"own":1}'))
      expect(other.version).toMatchObject({ metadata: { ...JSON.parse(text), own: 1 } })
      expect(other.version.metadataText).toBeUndefined()
    })
  })

  describe(`${name}: deleting`, () => {
    test("aliases protect a version until they are given up", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" }, { aliases: ["best"] })
      await publish(registry, { a: "2" })
      await expect(registry.deleteVersion(version.id)).rejects.toEqual(failure("CONFLICT"))
      expect(await registry.findVersion({ ...field, alias: "best" })).toBeDefined()
      await registry.deleteVersion(version.id, { deleteAliases: true })
      expect(await registry.findVersion({ ...field, alias: "best" })).toBeUndefined()
      expect(await registry.findVersion({ ...field, alias: "v0" })).toBeUndefined()
      expect(await registry.getVersion(version.id)).toMatchObject({ state: "DELETED", source: { ...field, index: 0 } })
      expect(await registry.memberships(version.id)).toEqual([])
      await expect(registry.getManifest(version.id)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      await registry.deleteVersion(version.id)
      await expect(registry.deleteVersion("QXJ0aWZhY3Q6MQ==")).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })

    test("latest moves to the newest version left, and numbers are not used again", async () => {
      const registry = await create()
      await publish(registry, { a: "1" })
      const second = await publish(registry, { a: "2" })
      await registry.deleteVersion(second.version.id, { deleteAliases: true })
      expect(await registry.findVersion(field)).toMatchObject({ index: 0, aliases: ["latest"] })
      expect((await publish(registry, { a: "2" })).index).toBe(2)
    })

    test("a deleted version is gone from portfolios", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "1" })
      const second = await publish(registry, { a: "2" })
      await registry.link(first.version.id, shelf, [])
      await registry.link(second.version.id, shelf, ["prod"])
      await registry.deleteVersion(second.version.id, { deleteAliases: true })
      expect(await registry.findVersion({ ...shelf, alias: "prod" })).toBeUndefined()
      expect(await registry.findVersion(shelf)).toMatchObject({ index: 0, aliases: ["latest"], version: { id: first.version.id } })
    })

    test("a pending version can be given up", async () => {
      const registry = await create()
      const pending = await registry.createVersion(newVersion({ a: "1" }))
      await upload(registry, pending.id, { a: "1" })
      await registry.deleteVersion(pending.id)
      expect((await registry.getVersion(pending.id))?.state).toBe("DELETED")
      await expect(registry.commitVersion(pending.id)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      expect(await registry.findVersion(field)).toBeUndefined()
    })

    test("a sequence takes its versions with it, a portfolio only its links", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" })
      await registry.link(version.id, shelf, [])
      await registry.deleteCollection(shelf)
      expect(await registry.getCollection(shelf)).toBeUndefined()
      expect((await registry.getVersion(version.id))?.state).toBe("COMMITTED")
      await registry.link(version.id, shelf, [])
      await registry.deleteCollection(field)
      expect((await registry.getVersion(version.id))?.state).toBe("DELETED")
      expect(await registry.findVersion(shelf)).toBeUndefined()
      expect(await collect(registry.versions(shelf))).toEqual([])
      expect(await collect(registry.collections(project, undefined))).toMatchObject([shelf])
      await expect(registry.deleteCollection(field)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      expect(await publish(registry, { a: "1" })).toMatchObject({ index: 0 })
    })
  })

  describe(`${name}: links`, () => {
    test("a portfolio is made on demand, numbers its own versions, and latest moves", async () => {
      const registry = await create()
      const first = await publish(registry, { a: "1" })
      const second = await publish(registry, { a: "2" })
      const linked = await registry.link(second.version.id, shelf, ["prod"])
      expect(linked).toMatchObject({
        index: 0,
        collection: { ...shelf, kind: "portfolio", type: "dataset" },
        sourceCollection: field,
      })
      expect(linked.version).toMatchObject({ id: second.version.id, source: { ...field, index: 1 } })
      expect([...linked.aliases].sort()).toEqual(["latest", "prod"])
      expect((await registry.link(first.version.id, shelf, ["prod"])).index).toBe(1)
      const again = await registry.link(second.version.id, shelf, ["back"])
      expect(again.index).toBe(0)
      expect([...again.aliases].sort()).toEqual(["back", "latest"])
      expect(await collect(registry.versions(shelf))).toMatchObject([{ index: 1, aliases: ["prod"] }, { index: 0 }])
      expect(await registry.memberships(second.version.id)).toMatchObject([{ collection: field }, { collection: shelf }])
    })

    test("what cannot be linked is refused", async () => {
      const registry = await create()
      const data = await publish(registry, { a: "1" })
      const model = await publish(registry, { m: "1" }, { collection: "net", type: "model" })
      await registry.link(data.version.id, shelf, [])
      await expect(registry.link(model.version.id, shelf, [])).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.link(data.version.id, field, [])).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.link(data.version.id, { ...project, collection: "a/b" }, [])).rejects.toEqual(
        failure("INVALID_ARGUMENT"),
      )
      await expect(registry.link("QXJ0aWZhY3Q6MQ==", shelf, [])).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      const pending = await registry.createVersion(newVersion({ b: "2" }))
      await expect(registry.link(pending.id, shelf, [])).rejects.toEqual(failure("CONFLICT"))
    })

    test("unlinking leaves the version, and numbers are not used again", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" })
      await registry.link(version.id, shelf, ["prod"])
      await registry.unlink({ ...shelf, index: 0 })
      expect(await registry.findVersion(shelf)).toBeUndefined()
      expect((await registry.getVersion(version.id))?.state).toBe("COMMITTED")
      expect((await registry.link(version.id, shelf, [])).index).toBe(1)
      await expect(registry.unlink({ ...field, index: 0 })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.unlink({ ...shelf, index: 0 })).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })

    test("a registry is a project", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" })
      const target = { entity: "org", project: "wandb-registry-model", collection: "zoo" }
      expect(await registry.link(version.id, target, [])).toMatchObject({ index: 0, collection: target })
    })

    test("a registry is made on purpose, except those that are there from the start", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" })
      const zoo = { entity: "org", project: "wandb-registry-zoo", collection: "owls" }
      await expect(registry.link(version.id, zoo, [])).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
      expect(await registry.getProject(zoo)).toBeUndefined()
      await registry.upsertProject(zoo, {})
      expect((await registry.link(version.id, zoo, [])).index).toBe(0)
      const first = { ...zoo, project: "wandb-registry-dataset" }
      expect((await registry.link(version.id, first, [])).index).toBe(0)
    })

    test("nothing runs or is logged in a registry", async () => {
      const registry = await create()
      const place = { entity: "org", project: "wandb-registry-model" }
      await expect(registry.upsertRun({ ...place, run: "r" })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.createVersion(newVersion({ a: "1" }, place))).rejects.toEqual(failure("INVALID_ARGUMENT"))
      expect(await registry.getProject(place)).toBeUndefined()
    })
  })

  describe(`${name}: lineage`, () => {
    const run = { ...project, run: "r1" }

    test("runs know what they logged and used, and versions who did", async () => {
      const registry = await create()
      await registry.upsertRun({ ...run, jobType: "train", config: { lr: 0.1 } })
      const used = await publish(registry, { a: "1" })
      const logged = await publish(registry, { b: "2" }, { collection: "out", run })
      for (let times = 0; times < 2; times++) await registry.useVersion({ ...field, index: 0, id: used.version.id }, run)
      expect(await registry.loggedBy(logged.version.id)).toMatchObject({ run: "r1", jobType: "train", config: { lr: 0.1 } })
      expect(await registry.loggedBy(used.version.id)).toBeUndefined()
      expect(await registry.usedBy(used.version.id)).toMatchObject([{ run: "r1" }])
      expect(await registry.usedBy(logged.version.id)).toEqual([])
      expect(await collect(registry.runVersions(run, "logged"))).toMatchObject([{ version: { id: logged.version.id } }])
      expect(await collect(registry.runVersions(run, "used"))).toMatchObject([{ index: 0, version: { id: used.version.id } }])
      await registry.deleteVersion(logged.version.id, { deleteAliases: true })
      expect(await collect(registry.runVersions(run, "logged"))).toEqual([])
    })

    test("logging the same content again makes the run a producer too", async () => {
      const registry = await create()
      await registry.upsertRun(run)
      const first = await publish(registry, { a: "1" })
      await publish(registry, { a: "1" }, { run })
      expect(await collect(registry.runVersions(run, "logged"))).toMatchObject([{ version: { id: first.version.id } }])
    })

    test("every run of a project is listed once, also one that did nothing, and no other's", async () => {
      const registry = await create()
      expect(await collect(registry.runs(project))).toEqual([])
      const ids = Array.from({ length: 120 }, (_, index) => `r${index}`)
      for (const id of ids) await registry.upsertRun({ ...project, run: id, config: { id } })
      await registry.upsertRun({ ...project, project: `${project.project}-2`, run: "other" })
      const listed = await collect(registry.runs(project))
      expect(listed.map((item) => item.run).sort()).toEqual([...ids].sort())
      expect(listed.find((item) => item.run === "r7")).toEqual(await registry.getRun({ ...project, run: "r7" }))
      expect(await collect(registry.runs({ ...project, project: "nowhere" }))).toEqual([])
    })

    test("a run keeps what is not given again, and ends", async () => {
      const registry = await create()
      expect(await registry.getRun(run)).toBeUndefined()
      for (const id of [".", ".."]) {
        await expect(registry.upsertRun({ ...project, run: id })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      }
      const made = await registry.upsertRun({ ...run, notes: "n", tags: ["t"] })
      expect(made).toMatchObject({ run: "r1", displayName: expect.any(String), state: "running", notes: "n" })
      expect(await registry.upsertRun({ ...run, displayName: "swift" })).toMatchObject({
        id: made.id,
        notes: "n",
        tags: ["t"],
        displayName: "swift",
      })
      await registry.finishRun(run, 0)
      expect((await registry.getRun(run))?.state).toBe("finished")
      await registry.finishRun(run, 1)
      expect((await registry.getRun(run))?.state).toBe("failed")
      await expect(registry.finishRun({ ...project, run: "none" }, 0)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })
  })

  runsContract(name, create)

  describe(`${name}: listing and collections`, () => {
    test("types, collections and versions", async () => {
      const registry = await create()
      for (let count = 0; count < 25; count++) await publish(registry, { a: `${count}` })
      await publish(registry, { m: "1" }, { collection: "net", type: "model" })
      expect((await collect(registry.types(project))).map((type) => type.name).sort()).toEqual(["dataset", "model"])
      expect((await collect(registry.collections(project, undefined))).map((row) => row.collection).sort()).toEqual([
        "field",
        "net",
      ])
      expect(await collect(registry.collections(project, "model"))).toMatchObject([{ collection: "net" }])
      expect(await collect(registry.collections({ entity: "x", project: "y" }, undefined))).toEqual([])
      const versions = await collect(registry.versions(field))
      expect(versions.map(({ index }) => index)).toEqual(Array.from({ length: 25 }, (_, at) => 24 - at))
      await expect(collect(registry.versions({ ...project, collection: "none" }))).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })

    test("a collection keeps its versions when it is renamed", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" }, { aliases: ["best"] })
      await publish(registry, { n: "1" }, { collection: "taken" })
      await expect(registry.updateCollection(field, { name: "taken", description: "no" })).rejects.toEqual(failure("CONFLICT"))
      expect(await registry.getCollection(field)).toMatchObject({ description: null })
      const renamed = { ...project, collection: "meadow é" }
      expect(await registry.updateCollection(field, { name: renamed.collection, description: "d", addTags: ["t"] })).toMatchObject({
        ...renamed,
        description: "d",
        tags: ["t"],
      })
      expect(await registry.getCollection(field)).toBeUndefined()
      expect(await registry.findVersion({ ...renamed, alias: "best" })).toMatchObject({
        version: { id: version.id, source: renamed },
      })
      expect(await publish(registry, { a: "1" })).toMatchObject({ index: 0, collection: field })
      await expect(registry.updateCollection(renamed, { name: "a/b" })).rejects.toEqual(failure("INVALID_ARGUMENT"))
    })

    test("a sequence can change its type, and its versions with it", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" })
      await registry.link(version.id, shelf, [])
      await registry.updateCollection(field, { type: "model", removeTags: ["none"] })
      expect(await registry.getVersion(version.id)).toMatchObject({ type: "model" })
      expect(await registry.getCollection(field)).toMatchObject({ type: "model" })
      await expect(registry.updateCollection(field, { type: "wandb-x" })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.updateCollection(shelf, { type: "model" })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.updateCollection({ ...project, collection: "no" }, {})).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })

    test("what nobody could have made is absent, not an error", async () => {
      const registry = await create()
      for (const collection of ["", ".", "..", "a/b", "\ud800", "x".repeat(5000)]) {
        expect(await registry.findVersion({ ...project, collection }), collection).toBeUndefined()
        expect(await registry.getCollection({ ...project, collection }), collection).toBeUndefined()
      }
      for (const id of ["", "x", "../../etc", "QXJ0aWZhY3Q6MQ=="]) expect(await registry.getVersion(id), id).toBeUndefined()
    })
  })

  describe(`${name}: projects`, () => {
    test("logging makes them, and they are listed by entity", async () => {
      const registry = await create()
      await publish(registry, { a: "1" })
      expect(await registry.getProject({ ...project, project: "nowhere" })).toBeUndefined()
      expect(await registry.getProject(project)).toMatchObject({ ...project, description: null, artifactTypes: null })
      const listed = await collect(registry.projects(project.entity))
      expect(listed.map((item) => item.project)).toEqual([project.project])
      expect(await collect(registry.projects(undefined))).toEqual(listed)
    })

    test("one that is described keeps what is left alone", async () => {
      const registry = await create()
      const place = { ...project, project: "wandb-registry-birds" }
      await registry.upsertProject(place, { description: "all birds", artifactTypes: ["dataset"] })
      await registry.upsertProject(place, { description: "some birds" })
      expect(await registry.getProject(place)).toMatchObject({ description: "some birds", artifactTypes: ["dataset"] })
    })

    test("a registry takes the types it names and no other", async () => {
      const registry = await create()
      const place = { ...project, project: "wandb-registry-birds" }
      await registry.upsertProject(place, { artifactTypes: ["model"] })
      const { version } = await publish(registry, { a: "1" })
      await expect(registry.link(version.id, { ...place, collection: "owls" }, [])).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await registry.upsertProject(place, { artifactTypes: null })
      expect((await registry.link(version.id, { ...place, collection: "owls" }, [])).index).toBe(0)
      expect((await collect(registry.types(place))).map((type) => type.name).sort()).toEqual(["dataset", "model"])
    })

    test("one in which nothing was logged gets another name, and its links go along", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" })
      const place = { ...project, project: "wandb-registry-birds" }
      const there = { ...project, project: "wandb-registry-fowl" }
      await registry.upsertProject(place, { description: "all birds", artifactTypes: ["dataset"] })
      await registry.link(version.id, { ...place, collection: "owls" }, ["best"])
      const renamed = await registry.upsertProject(place, { name: there.project, description: "all fowl" })
      expect(renamed).toMatchObject({ ...there, description: "all fowl", artifactTypes: ["dataset"] })
      expect(await registry.getProject(place)).toBeUndefined()
      expect(await collect(registry.collections(place, undefined))).toEqual([])
      expect(await registry.findVersion({ ...place, collection: "owls" })).toBeUndefined()
      expect(await collect(registry.collections(there, undefined))).toMatchObject([{ ...there, collection: "owls" }])
      expect(await collect(registry.types(there))).toMatchObject([{ name: "dataset" }])
      const found = await registry.findVersion({ ...there, collection: "owls", alias: "best" })
      expect(found).toMatchObject({ index: 0, collection: there, sourceCollection: field, version: { id: version.id } })
      await expect(registry.link(version.id, { ...place, collection: "owls" }, [])).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })

    test("a name that is taken, or one that addresses hold, stays", async () => {
      const registry = await create()
      await publish(registry, { a: "1" })
      const [place, there] = ["wandb-registry-birds", "wandb-registry-fowl"].map((name) => ({ ...project, project: name }))
      await registry.upsertProject(place!, {})
      await registry.upsertProject(there!, { description: "fowl" })
      await expect(registry.upsertProject(place!, { name: there!.project })).rejects.toEqual(failure("CONFLICT"))
      await expect(registry.upsertProject(place!, { name: "a/b" })).rejects.toEqual(failure("INVALID_ARGUMENT"))
      await expect(registry.upsertProject(project, { name: "else" })).rejects.toEqual(failure("UNSUPPORTED"))
      await expect(registry.upsertProject({ ...project, project: "none" }, { name: "else" })).rejects.toEqual(
        failure("ENTRY_NOT_FOUND"),
      )
      const listed = await collect(registry.projects(project.entity))
      expect(listed.map((item) => item.project)).toEqual(["birds", place!.project, there!.project])
      expect((await registry.getProject(there!))?.description).toBe("fowl")
    })

    test("deleting one deletes its collections and leaves what was linked from elsewhere", async () => {
      const registry = await create()
      const { version } = await publish(registry, { a: "1" })
      const place = { ...project, project: "wandb-registry-birds" }
      await registry.upsertProject(place, {})
      await registry.link(version.id, { ...place, collection: "owls" }, [])
      await registry.deleteProject(place)
      expect(await registry.getProject(place)).toBeUndefined()
      expect(await collect(registry.collections(place, undefined))).toEqual([])
      expect((await registry.findVersion(field))?.version.id).toBe(version.id)
      await registry.deleteProject(project)
      expect(await registry.findVersion(field)).toBeUndefined()
      await expect(registry.deleteProject(project)).rejects.toEqual(failure("ENTRY_NOT_FOUND"))
    })
  })

  describe(`${name}: aborting`, () => {
    test("an aborted signal rejects with its reason and changes nothing", async () => {
      const registry = await create()
      const member = await publish(registry, { a: "1" })
      const place = { ...field, index: 0, id: member.version.id }
      const file = { path: "a", digest: manifestOf({ a: "1" }).get("a")!.digest as never, size: 1, birthArtifactId: undefined }
      const pending = await registry.createVersion(newVersion({ a: "2" }))
      await upload(registry, pending.id, { a: "2" })
      const reason = new Error("enough")
      const options = { signal: AbortSignal.abort(reason) }
      const run = { ...project, run: "r" }
      const calls = [
        () => registry.upsertRun(run, options),
        () => registry.updateRun(run, {}, options),
        () => registry.heartbeat(run, {}, options),
        () => registry.finishRun(run, 0, options),
        () => registry.deleteRun(run, options),
        () => registry.getRun(run, options),
        () => registry.createVersion(newVersion({ a: "3" }), options),
        () => registry.requestUploads(pending.id, [], options),
        () => registry.storeManifest(pending.id, uploadOf(manifestOf({ a: "2" })), options),
        () => registry.commitVersion(pending.id, options),
        () => registry.findVersion(field, options),
        () => registry.getVersion(member.version.id, options),
        () => registry.resolveClientId("x", options),
        () => registry.memberships(member.version.id, options),
        () => registry.getManifest(member.version.id, options),
        () => registry.openFile(place, file, options),
        () => registry.updateVersion(member.version.id, { description: "x" }, options),
        () => registry.addAliases(place, ["x"], options),
        () => registry.removeAliases(place, ["latest"], options),
        () => registry.deleteVersion(member.version.id, { deleteAliases: true, ...options }),
        () => registry.link(member.version.id, shelf, [], options),
        () => registry.unlink({ ...shelf, index: 0 }, options),
        () => registry.useVersion(place, run, options),
        () => registry.loggedBy(member.version.id, options),
        () => registry.usedBy(member.version.id, options),
        () => collect(registry.runVersions(run, "used", options)),
        () => collect(registry.runs(project, options)),
        () => collect(registry.projects(undefined, options)),
        () => registry.getProject(project, options),
        () => registry.upsertProject(project, { description: "x" }, options),
        () => registry.deleteProject(project, options),
        () => collect(registry.types(project, options)),
        () => collect(registry.collections(project, undefined, options)),
        () => registry.getCollection(field, options),
        () => registry.updateCollection(field, { description: "x" }, options),
        () => registry.deleteCollection(field, options),
        () => registry.collectionAliases(field, options),
        () => collect(registry.versions(field, options)),
      ]
      for (const call of calls) await expect(call(), `${call}`).rejects.toBe(reason)
      expect(await collect(registry.versions(field))).toEqual([member])
      expect(await collect(registry.collections(project, undefined))).toEqual([member.collection])
    })
  })
}
