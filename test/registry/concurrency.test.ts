/** Many registries over one pair of stores, every operation giving way to the others. */
import { expect, test } from "vitest"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { collect, field, newVersion, project, publish, readWhole } from "./publish.ts"
import { gatedStores, memoryStores } from "./stores.ts"

const pause = () => new Promise<void>((resolve) => (Math.random() < 0.2 ? setTimeout(resolve, 1) : setImmediate(resolve)))

function crowd(count: number) {
  const stores = memoryStores()
  const open = () => createEmbeddedRegistry(gatedStores(stores, pause))
  return { stores, registries: Array.from({ length: count }, open), check: createEmbeddedRegistry(stores) }
}

test("16 writers × 20 versions give 320 contiguous numbers, latest is the last, and no alias is lost", async () => {
  const { registries, check } = crowd(16)
  const write = async (registry: (typeof registries)[number], writer: number) => {
    const indexes: number[] = []
    for (let round = 0; round < 20; round++) {
      const files = { writer: `${writer}`, round: `${round}`, shared: "same in all" }
      const member = await publish(registry, files, { aliases: [`w${writer}`, "current"] })
      await registry.addAliases({ ...field, index: member.index }, [`w${writer}-r${round}`])
      indexes.push(member.index)
    }
    return indexes
  }
  const indexes = await Promise.all(registries.map(write))
  expect(indexes.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 320 }, (_, at) => at))
  const versions = await collect(check.versions(field))
  expect(versions).toHaveLength(320)
  expect((await check.findVersion(field))?.index).toBe(319)
  expect((await check.findVersion({ ...field, alias: "current" }))?.index).toBe(319)
  for (const [writer, own] of indexes.entries()) {
    expect((await check.findVersion({ ...field, alias: `w${writer}` }))?.index).toBe(own.at(-1))
    for (const [round, index] of own.entries()) {
      expect((await check.findVersion({ ...field, alias: `w${writer}-r${round}` }))?.index).toBe(index)
    }
  }
  for (const member of versions.filter(({ index }) => index % 40 === 0)) await readWhole(check, member)
}, 120_000)

test("a name taken by many at once becomes one collection", async () => {
  const { registries, check } = crowd(12)
  const results = await Promise.allSettled(
    registries.map((registry, at) => publish(registry, { a: `${at}` }, { type: at % 2 === 0 ? "dataset" : "model" })),
  )
  const made = results.filter((result) => result.status === "fulfilled")
  expect(made.length).toBe(6)
  const others = results.filter((result) => result.status === "rejected")
  for (const { reason } of others) expect(reason).toMatchObject({ code: "INVALID_ARGUMENT" })
  expect(await collect(check.versions(field))).toHaveLength(6)
})

test("renaming and creating under the same name never make two of it, nor lose one", async () => {
  for (let round = 0; round < 30; round++) {
    const { registries, check } = crowd(3)
    await publish(registries[0]!, { a: "1" })
    const meadow = { ...project, collection: "meadow" }
    await Promise.allSettled([
      registries[0]!.updateCollection(field, { name: "meadow" }),
      publish(registries[1]!, { b: "2" }, { collection: "meadow" }),
      publish(registries[2]!, { c: "3" }, { collection: "meadow" }),
    ])
    const all = await collect(check.collections(project, undefined))
    const contents: string[] = []
    for (const row of all)
      for (const member of await collect(check.versions(row))) contents.push(...Object.keys(await readWhole(check, member)))
    expect(contents.sort()).toEqual(["a", "b", "c"])
    expect(all.length).toBe((await check.getCollection(field)) === undefined ? 1 : 2)
    expect(await check.getCollection(meadow)).toBeDefined()
  }
})

test("a part is in the version or its writer is told", async () => {
  for (let round = 0; round < 30; round++) {
    const { registries, check } = crowd(5)
    const results = await Promise.allSettled(
      registries.map((registry, at) => publish(registry, { [`part${at}`]: `${at}` }, { distributedId: "d", kind: "PATCH" })),
    )
    const stored: string[] = []
    for (const member of await collect(check.versions(field))) stored.push(...Object.keys(await readWhole(check, member)))
    const promised = results.flatMap((result, at) => (result.status === "fulfilled" ? [`part${at}`] : []))
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "CONFLICT" })
    expect(stored).toEqual(expect.arrayContaining(promised))
  }
})

test("committing and deleting a pending version at once: one of them wins, for good", async () => {
  for (let round = 0; round < 30; round++) {
    const { registries, check } = crowd(2)
    const [one, two] = registries
    const pending = await one!.createVersion({
      ...field,
      type: "dataset",
      digest: "64e7c61456b10382e2f3b571ac24b659",
      clientId: `c${round}`,
    })
    const json = '{"version":1,"storagePolicy":"wandb-storage-policy-v1","storagePolicyConfig":{},"contents":{}}'
    await one!.storeManifest(pending.id, { kind: "FULL", json, size: 0, fileCount: 0 })
    const [committed, deleted] = await Promise.allSettled([one!.commitVersion(pending.id), two!.deleteVersion(pending.id)])
    const state = (await check.getVersion(pending.id))?.state
    expect(deleted.status === "fulfilled" ? "DELETED" : "COMMITTED").toBe(state)
    if (committed.status === "rejected") expect(committed.reason).toMatchObject({ code: "ENTRY_NOT_FOUND" })
  }
})

test("logging into a collection that is being deleted succeeds in a new one, or says that it is gone", async () => {
  for (let round = 0; round < 30; round++) {
    const { registries, check } = crowd(3)
    await publish(registries[0]!, { a: "0" })
    const logs = await Promise.allSettled([
      publish(registries[0]!, { a: "1" }),
      publish(registries[1]!, { a: "0" }),
      registries[2]!.deleteCollection(field),
    ])
    for (const result of logs) if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "ENTRY_NOT_FOUND" })
    if ((await check.getCollection(field)) === undefined) continue
    for (const member of await collect(check.versions(field))) await readWhole(check, member)
  }
})

test("one client that asks many times at once gets one version", async () => {
  const { registries, check } = crowd(8)
  // With the collection there, nothing makes them wait for each other.
  await publish(check, { a: "0" })
  const input = newVersion({ a: "1" })
  const answers = await Promise.all(registries.map((registry) => registry.createVersion(input)))
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
  expect(await check.resolveClientId(input.clientId)).toBe(answers[0]!.id)
})

test("of two that use one client id at once for different things, one is refused", async () => {
  const others = [{ collection: "meadow" }, { entity: "ben" }, { digest: newVersion({ b: "b" }).digest }]
  for (let round = 0; round < 30; round++) {
    const { registries, check } = crowd(2)
    const input = newVersion({ a: "a" })
    const wanted = [input, { ...input, ...others[round % others.length] }]
    const results = await Promise.allSettled(registries.map((registry, at) => registry.createVersion(wanted[at]!)))
    const made = results.flatMap((result, at) => (result.status === "fulfilled" ? { id: result.value.id, at } : []))
    expect(made).toHaveLength(1)
    const { entity, collection, digest } = wanted[made[0]!.at]!
    expect(await check.getVersion(made[0]!.id)).toMatchObject({ digest, source: { entity, collection } })
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "INVALID_ARGUMENT" })
  }
})
