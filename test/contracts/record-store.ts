import { describe, expect, test } from "vitest"
import type { Json } from "../../src/core/json.ts"
import { InvalidArgumentError } from "../../src/errors.ts"
import type { RecordStore } from "../../src/ports.ts"
import { fired, toArray } from "./content.ts"

const KEYS = ["a", "A", "a/b", "a/b/c", "con", "x.", "x", "A%20b/~-_.9", "..a", "L".repeat(300), `deep/${"long-".repeat(80)}/leaf`]
const BAD_KEYS = ["", "/", "a/", "/a", "a//b", ".", "a/..", "a b", "ä", "a\\b", "a\0", "a:b", "@tmp"]

/** Reads, changes and writes until nobody was faster. */
export async function updateRecord(store: RecordStore, key: string, change: (value: Json | undefined) => Json): Promise<string> {
  for (;;) {
    const entry = await store.get(key)
    const etag = await store.put(key, change(entry?.value), entry?.etag ?? null)
    if (etag !== undefined) return etag
  }
}

/** What every `RecordStore` must do. `create` makes an empty one; calling `reopen` gives another view of the same records. */
export function testRecordStore(create: () => Promise<{ readonly store: RecordStore; readonly reopen?: () => RecordStore }>): void {
  describe("compare and swap", () => {
    test("create, read, replace, delete, create again", async () => {
      const { store } = await create()
      expect(await store.get("a/b")).toBeUndefined()
      const first = await store.put("a/b", { n: 1 }, null)
      expect(first).toEqual(expect.any(String))
      expect(await store.get("a/b")).toEqual({ key: "a/b", value: { n: 1 }, etag: first })
      const second = await store.put("a/b", { n: 2 }, first!)
      expect(second).not.toBe(first)
      expect(await store.delete("a/b", second!)).toBe(true)
      expect(await store.get("a/b")).toBeUndefined()
      const third = await store.put("a/b", { n: 3 }, null)
      expect(await store.get("a/b")).toEqual({ key: "a/b", value: { n: 3 }, etag: third })
    })

    test("the loser learns that it lost, and changes nothing", async () => {
      const { store } = await create()
      const first = (await store.put("k", 1, null))!
      expect(await store.put("k", 2, null)).toBeUndefined()
      const second = (await store.put("k", 3, first))!
      expect(await store.put("k", 4, first)).toBeUndefined()
      expect(await store.delete("k", first)).toBe(false)
      expect(await store.put("k", 4, "no such etag")).toBeUndefined()
      expect(await store.put("other", 4, second)).toBeUndefined()
      expect(await store.delete("other", second)).toBe(false)
      expect((await store.get("k"))?.value).toBe(3)
    })

    test("etags of a former life do not fit a record made anew", async () => {
      const { store } = await create()
      const old = (await store.put("k", 1, null))!
      await store.delete("k", old)
      await store.put("k", 1, null)
      expect(await store.put("k", 2, old)).toBeUndefined()
      expect(await store.delete("k", old)).toBe(false)
      expect((await store.get("k"))?.value).toBe(1)
    })

    test("the same value again is a new etag", async () => {
      const { store } = await create()
      const first = (await store.put("k", "same", null))!
      expect(await store.put("k", "same", first)).not.toBe(first)
    })
  })

  test("200 increments at once lose nothing", async () => {
    const { store, reopen } = await create()
    const views = [store, reopen?.() ?? store, reopen?.() ?? store]
    await Promise.all(
      Array.from({ length: 200 }, (_, at) => updateRecord(views[at % 3]!, "counter", (value) => ((value as number) ?? 0) + 1)),
    )
    expect((await store.get("counter"))?.value).toBe(200)
  }, 120_000)

  test("many at once create: one wins", async () => {
    const { store } = await create()
    const etags = await Promise.all(Array.from({ length: 30 }, (_, at) => store.put("fresh/key", at, null)))
    const winners = etags.flatMap((etag, at) => (etag === undefined ? [] : [at]))
    expect(winners).toHaveLength(1)
    expect(await store.get("fresh/key")).toMatchObject({ value: winners[0], etag: etags[winners[0]!] })
  })

  test("every JSON value comes back as it was", async () => {
    const { store } = await create()
    const values: Json[] = [
      null,
      true,
      0,
      -1.5e300,
      "",
      "ü \u0000 😀",
      [],
      {},
      { __proto__: null, a: [1, { b: null }] },
      "x".repeat(200_000),
    ]
    for (const [at, value] of values.entries()) await store.put(`v/${at}`, value, null)
    for (const [at, value] of values.entries()) expect((await store.get(`v/${at}`))?.value).toEqual(value)
  })

  test("values are copies", async () => {
    const { store } = await create()
    const mine = { list: [1] }
    await store.put("k", mine, null)
    mine.list.push(2)
    const entry = await store.get("k")
    ;(entry!.value as { list: number[] }).list.push(3)
    expect((await store.get("k"))?.value).toEqual({ list: [1] })
  })

  describe("keys", () => {
    test("all that the port allows, each a record of its own", async () => {
      const { store, reopen } = await create()
      for (const key of KEYS) expect(await store.put(key, key, null)).toBeDefined()
      for (const key of KEYS) expect((await (reopen?.() ?? store).get(key))?.value).toBe(key)
    })

    test.each(BAD_KEYS)("%j is refused", async (key) => {
      const { store } = await create()
      await expect(store.get(key)).rejects.toThrow(InvalidArgumentError)
      await expect(store.put(key, 1, null)).rejects.toThrow(InvalidArgumentError)
      await expect(store.delete(key, "1")).rejects.toThrow(InvalidArgumentError)
      await expect(toArray(store.list(key))).rejects.toThrow(InvalidArgumentError)
    })
  })

  describe("list", () => {
    test("everything below the prefix and nothing else, ascending by code unit", async () => {
      const { store } = await create()
      const below = [
        "p/b",
        "p/a-b",
        "p/a/x",
        "p/a",
        "p/B",
        "p/a.b",
        "p/a/x/y",
        `p/${"q".repeat(250)}`,
        `p/${"Q".repeat(250)}/z`,
        "p/10",
        "p/9",
      ]
      for (const key of [...below, "p", "pq/x", "P/a", "other/p/a"]) await store.put(key, key, null)
      const gone = (await store.put("p/gone", 1, null))!
      await store.delete("p/gone", gone)
      const listed = await toArray(store.list("p"))
      expect(listed.map(({ key }) => key)).toEqual([...below].sort())
      expect(listed.map(({ value }) => value)).toEqual([...below].sort())
      expect(await store.put("p/a", "next", listed.find(({ key }) => key === "p/a")!.etag)).toBeDefined()
      expect(await toArray(store.list("nothing/here"))).toEqual([])
    })

    test("records may change while they are listed", async () => {
      const { store } = await create()
      for (let at = 0; at < 20; at++) await store.put(`p/${String(at).padStart(2, "0")}`, at, null)
      const seen: string[] = []
      for await (const { key } of store.list("p")) {
        seen.push(key)
        await updateRecord(store, "p/19", () => "changed")
        const next = await store.get("p/10")
        if (next !== undefined) await store.delete("p/10", next.etag)
      }
      expect(seen).toEqual([...seen].sort())
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.length).toBeGreaterThanOrEqual(19)
    })
  })

  test("every call rejects with the reason of a signal that has fired, and changes nothing", async () => {
    const { store } = await create()
    const etag = (await store.put("p/k", 1, null))!
    const { signal, reason } = fired()
    await expect(store.get("p/k", { signal })).rejects.toBe(reason)
    await expect(store.put("p/k", 2, etag, { signal })).rejects.toBe(reason)
    await expect(store.delete("p/k", etag, { signal })).rejects.toBe(reason)
    await expect(toArray(store.list("p", { signal }))).rejects.toBe(reason)
    expect(await store.get("p/k")).toEqual({ key: "p/k", value: 1, etag })
  })
}
