/** What reading lost or rotten bytes does to the stores, and what it must never do. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { createJsHasher } from "../../src/bytes/js-hasher.ts"
import { type Digest, digestToHex } from "../../src/core/digest-text.ts"
import { StorageError } from "../../src/errors.ts"
import type { BlobStore, Content } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { newTransfer, temporaryDirectory } from "../storage/helpers.ts"
import { collect, field, md5Of, publish, readWhole, textContent } from "./publish.ts"
import { gatedStores, memoryStores, type Stores } from "./stores.ts"

const files = { a: "apples", b: "berries" }
const file = { path: "a", digest: md5Of(files.a), size: 6, birthArtifactId: undefined }
const marks = ({ records }: Stores) => collect(records.list("damaged"))

async function published() {
  const stores = memoryStores()
  const registry = createEmbeddedRegistry(stores)
  const member = await publish(registry, files)
  const manifest = await registry.getManifest(member.version.id)
  const place = { ...field, index: 0, id: member.version.id }
  return { stores, registry, member, manifest, place }
}

/** The same store, except for what `get` hands out. */
const reading = (blobs: BlobStore, change: (digest: Digest, content: Content) => Content): BlobStore => ({
  ...blobs,
  async get(digest, options) {
    const content = await blobs.get(digest, options)
    return content && change(digest, content)
  },
})

const failing = (error: unknown) => async () => {
  throw error
}

describe("bytes that are missed and logged again at the same time", () => {
  test.each(["file", "manifest"])("a %s stays, and no mark does", async (kind) => {
    const { stores, registry, member, manifest, place } = await published()
    const text = kind === "file" ? files.a : manifest
    await stores.blobs.delete(md5Of(text))
    let marked = 0
    const restoring = gatedStores(stores, async (when, operation) => {
      if (when !== "before" || operation !== "records.put") return
      marked++
      await stores.blobs.put(md5Of(text), textContent(text))
    })
    const late = createEmbeddedRegistry(restoring)
    if (kind === "file") await expect(late.openFile(place, file)).rejects.toMatchObject({ code: "ENTRY_NOT_FOUND" })
    else await expect(late.getManifest(member.version.id)).rejects.toMatchObject({ code: "STORAGE" })
    expect(marked).toBe(1)
    expect(await readWhole(registry, member)).toEqual(files)
    expect(await marks(stores)).toEqual([])
  })

  test("while they are missing the mark stays", async () => {
    const { stores, registry, place } = await published()
    await stores.blobs.delete(file.digest)
    await expect(registry.openFile(place, file)).rejects.toMatchObject({ code: "ENTRY_NOT_FOUND" })
    expect(await marks(stores)).toHaveLength(1)
  })
})

describe("a report of rot that races with the repair", () => {
  test.each(["with versions", "without"])("leaves the repaired bytes alone: contents %s", async (how) => {
    const { stores, registry, member } = await published()
    let rotten = true
    const blobs = reading(stores.blobs, (digest, content) => {
      const { version, ...plain } = content
      const shown = how === "without" ? plain : content
      if (!rotten || digest !== file.digest) return shown
      const repair = async () => {
        rotten = false
        await stores.blobs.put(digest, textContent(files.a), { replace: true })
        return new TextEncoder().encode("rotten")
      }
      return { ...shown, bytes: repair }
    })
    await createEmbeddedRegistry({ ...stores, blobs }).reportCorrupt(file.digest)
    expect(rotten).toBe(false)
    expect(await readWhole(registry, member)).toEqual(files)
    expect(await marks(stores)).toEqual([])
  })

  test.each(["with versions", "without"])("takes effect when nobody repaired them: contents %s", async (how) => {
    const { stores } = await published()
    const blobs = reading(stores.blobs, (_, { version, ...plain }) => {
      const bytes = async () => new TextEncoder().encode("rotten")
      return how === "without" ? { ...plain, bytes } : { ...plain, version, bytes }
    })
    await createEmbeddedRegistry({ ...stores, blobs }).reportCorrupt(file.digest)
    expect(await stores.blobs.stat(file.digest)).toBeUndefined()
    expect(await marks(stores)).toHaveLength(1)
  })
})

describe("a manifest that reads wrong", () => {
  test("once only is not taken away", async () => {
    const { stores, registry, member, manifest } = await published()
    let reads = 0
    const blobs = reading(stores.blobs, (digest, content) =>
      digest === md5Of(manifest) && reads++ === 0 ? { ...content, bytes: async () => new Uint8Array(3) } : content,
    )
    const flaky = createEmbeddedRegistry({ ...stores, blobs })
    await expect(flaky.getManifest(member.version.id)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
    expect(reads).toBeGreaterThan(1)
    expect(await registry.getManifest(member.version.id)).toBe(manifest)
    expect(await marks(stores)).toEqual([])
  })

  const readOnly = (stores: Stores): Stores => {
    const refuse = failing(new StorageError("the file system is read-only"))
    return {
      records: { ...stores.records, put: refuse, delete: refuse },
      blobs: { ...stores.blobs, put: refuse, delete: refuse },
    }
  }

  test("in a store that takes no notes is still the error", async () => {
    const { stores, member } = await published()
    const blobs = reading(stores.blobs, (_, content) => ({ ...content, bytes: async () => new Uint8Array(3) }))
    const registry = createEmbeddedRegistry(readOnly({ ...stores, blobs }))
    await expect(registry.getManifest(member.version.id)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
  })

  test("and so is what is missing there", async () => {
    const { stores, member, manifest, place } = await published()
    const registry = createEmbeddedRegistry(readOnly(stores))
    await stores.blobs.delete(file.digest)
    await expect(registry.openFile(place, file)).rejects.toMatchObject({ code: "ENTRY_NOT_FOUND" })
    await stores.blobs.delete(md5Of(manifest))
    await expect(registry.getManifest(member.version.id)).rejects.toMatchObject({ code: "STORAGE" })
  })

  test("an abort meanwhile rejects with its reason", async () => {
    const { stores, place } = await published()
    await stores.blobs.delete(file.digest)
    const controller = new AbortController()
    const reason = new Error("not wanted any more")
    const aborting = gatedStores(stores, (_, operation) => {
      if (operation === "records.put") controller.abort(reason)
    })
    const opening = createEmbeddedRegistry(aborting).openFile(place, file, { signal: controller.signal })
    await expect(opening).rejects.toBe(reason)
  })
})

test("reading rot on a disk sets its bytes aside; fsck does so too", async () => {
  const directory = await temporaryDirectory()
  const blobs = createNodeBlobStore(directory, { transfer: newTransfer() })
  const stores = { ...memoryStores(), blobs }
  const registry = createEmbeddedRegistry({ ...stores, hasher: createJsHasher() })
  const member = await publish(registry, files)
  for (const find of [() => registry.reportCorrupt(file.digest), () => registry.fsck({ repair: true })]) {
    const path = (await blobs.get(file.digest))!.path!
    chmodSync(path, 0o644)
    writeFileSync(path, "appels")
    await find()
    const place = { ...field, index: 0, id: member.version.id }
    await expect(registry.openFile(place, file)).rejects.toThrow("found damaged and set aside")
    expect(readdirSync(join(directory, "damaged"))).toEqual([digestToHex(file.digest)])
    expect(readFileSync(join(directory, "damaged", digestToHex(file.digest)), "utf8")).toBe("appels")
    expect((await publish(registry, files)).version.id).toBe(member.version.id)
    expect(await readWhole(registry, member)).toEqual(files)
  }
})
