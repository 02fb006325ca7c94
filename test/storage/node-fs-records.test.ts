import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { StorageError } from "../../src/errors.ts"
import { escapeSegment, unescapeSegment } from "../../src/storage/node-fs-record-paths.ts"
import { createNodeRecordStore } from "../../src/storage/node-fs-record-store.ts"
import { updateRecord } from "../contracts/record-store.ts"
import { filesBelow, temporaryDirectory } from "./helpers.ts"

/** A store whose next writer stops just before its link until told to go on. */
function sleeper(root: string) {
  let wake: () => void = () => undefined
  let fellAsleep: () => void = () => undefined
  const asleep = new Promise<void>((resolve) => {
    fellAsleep = resolve
  })
  const before = () => {
    fellAsleep()
    return new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  return { store: createNodeRecordStore(root, { before }), asleep, wake: () => wake() }
}

describe("a writer that slept between reading and writing", () => {
  const others: [string, number, (root: string) => Promise<void>][] = [
    ["one other write", 1, (root) => updateRecord(createNodeRecordStore(root), "k", () => "other").then(() => undefined)],
    [
      "so many that its number is free again",
      1,
      async (root) => {
        const store = createNodeRecordStore(root)
        for (let turn = 0; turn < 10; turn++) await updateRecord(store, "k", () => "other")
      },
    ],
    [
      "more than a record remembers",
      1,
      async (root) => {
        const store = createNodeRecordStore(root)
        for (let turn = 0; turn < 80; turn++) await updateRecord(store, "k", () => "other")
      },
    ],
    [
      "a deletion and a record made anew",
      1,
      async (root) => {
        const store = createNodeRecordStore(root)
        await store.delete("k", (await store.get("k"))!.etag)
        await store.put("k", "other", null)
      },
    ],
  ]

  test.each(others)("loses to %s", async (_, __, meanwhile) => {
    const root = await temporaryDirectory()
    const { store, asleep, wake } = sleeper(root)
    const first = (await createNodeRecordStore(root).put("k", "first", null))!
    const writing = store.put("k", "stale", first)
    await asleep
    await meanwhile(root)
    const before = readdirSync(join(root, "k@")).sort()
    wake()
    expect(await writing).toBeUndefined()
    expect((await createNodeRecordStore(root).get("k"))?.value).toBe("other")
    expect(readdirSync(join(root, "k@")).sort()).toEqual(before)
    expect(filesBelow(join(root, "@tmp"))).toEqual([])
  })

  test("and one that was to create loses to who did", async () => {
    const root = await temporaryDirectory()
    const { store, asleep, wake } = sleeper(root)
    const writing = store.put("k", "stale", null)
    await asleep
    const other = createNodeRecordStore(root)
    const etag = (await other.put("k", "other", null))!
    await other.delete("k", etag)
    wake()
    expect(await writing).toBeUndefined()
    expect(await other.get("k")).toBeUndefined()
  })

  test("wins when nobody was faster", async () => {
    const root = await temporaryDirectory()
    const { store, asleep, wake } = sleeper(root)
    const writing = store.put("k", "mine", null)
    await asleep
    wake()
    expect(await writing).toBeDefined()
  })
})

test("what `before` rejects with reaches the writer, and nothing is written", async () => {
  const root = await temporaryDirectory()
  const error = new StorageError("cannot flush")
  const store = createNodeRecordStore(root, { before: () => Promise.reject(error) })
  await expect(store.put("k", 1, null)).rejects.toBe(error)
  expect(await store.get("k")).toBeUndefined()
  expect(filesBelow(root)).toEqual([])
})

test("a record keeps its last two states and no more", async () => {
  const root = await temporaryDirectory()
  const store = createNodeRecordStore(root)
  for (let turn = 0; turn < 20; turn++) await updateRecord(store, "k", () => turn)
  expect(readdirSync(join(root, "k@")).sort()).toEqual(["19", "20"])
})

test("damage is a StorageError that names the file, and not absence", async () => {
  const root = await temporaryDirectory()
  const store = createNodeRecordStore(root)
  await store.put("k", 1, null)
  for (const text of ["", "{", "null", "[]", '{"key":"k"}']) {
    writeFileSync(join(root, "k@", "1"), text)
    const error = await store.get("k").catch((reason) => reason)
    expect(error).toBeInstanceOf(StorageError)
    expect(error.message).toContain(join(root, "k@", "1"))
  }
})

describe("names of files", () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9._~%-]{1,300}$/).filter((text) => text !== "." && text !== "..")

  test("are unlike each other even where case is ignored, and fit everywhere", () => {
    fc.assert(
      fc.property(segment, segment, (a, b) => {
        const name = escapeSegment(a)
        expect(name.length).toBeLessThanOrEqual(200)
        expect(name).toBe(name.toLowerCase())
        expect(name).not.toMatch(/[.@ ]$|^(con|nul|aux|prn|com\d|lpt\d)(\.|$)|[<>:"|?*\\/]/)
        if (a !== b) expect(escapeSegment(b)).not.toBe(name)
      }),
    )
  })

  test("say the key, unless it was cut", () => {
    fc.assert(
      fc.property(segment, (text) => {
        const back = unescapeSegment(escapeSegment(text))
        if (back !== undefined) expect(back).toBe(text)
        else expect(text.length).toBeGreaterThan(80)
      }),
    )
    for (const text of ["CON", "con.txt", "a.", "A", "+", "~"].filter((text) => text !== "+"))
      expect(unescapeSegment(escapeSegment(text))).toBe(text)
  })
})
