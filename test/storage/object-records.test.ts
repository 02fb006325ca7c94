/** What a bucket's records do when requests fail, answers are lost and deletions cross creations. */
import { describe, expect, test } from "vitest"
import { StorageError } from "../../src/errors.ts"
import { createR2RecordStore } from "../../src/storage/r2.ts"
import { toArray } from "../contracts/content.ts"
import { createFaultyBucket, type FaultyBucket, r2Error } from "./faulty-bucket.ts"

const HOUR_MS = 60 * 60 * 1000

function open() {
  const faults = createFaultyBucket()
  return { faults, store: createR2RecordStore({ bucket: faults.bucket }) }
}

const textOf = (faults: FaultyBucket, key: string) => new TextDecoder().decode(faults.objects.get(key)?.bytes)

/** Fails `times` times, then no more. */
function failing(times: number, error: Error): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw error
  }
}

describe("repeating", () => {
  test.each([
    r2Error(10058, "Reduce your concurrent request rate"),
    r2Error(10043, "Unavailable"),
    r2Error(10001, "We encountered an internal error"),
  ])("%s passes by", async (error) => {
    const { faults, store } = open()
    faults.before = failing(2, error)
    expect(await store.put("a", 1, null)).toBeDefined()
    faults.before = failing(2, error)
    expect((await store.get("a"))?.value).toBe(1)
  })

  test("what cannot pass by fails at once, and names operation and key", async () => {
    const { faults, store } = open()
    let asked = 0
    faults.before = () => {
      asked++
      throw r2Error(10003, "Access denied")
    }
    const error = await store.put("a/b", 1, null).catch((reason) => reason)
    expect(error).toBeInstanceOf(StorageError)
    expect(error.message).toMatch(/Cannot put "records\/a\/b" in the R2 bucket: .*Access denied/)
    expect(error.details).toMatchObject({ operation: "put", path: "records/a/b" })
    expect(asked).toBe(1)
  })

  test("ends with the signal's reason", async () => {
    const { faults, store } = open()
    const controller = new AbortController()
    faults.before = () => {
      setTimeout(() => controller.abort("enough"), 5)
      throw r2Error(10058, "Reduce your concurrent request rate")
    }
    await expect(store.get("a", { signal: controller.signal })).rejects.toBe("enough")
  })
})

describe("an answer that is lost", () => {
  test("a write that was carried out counts as won, once", async () => {
    const { faults, store } = open()
    faults.after = failing(1, new Error("Network connection lost."))
    const first = await store.put("a", 1, null)
    expect(first).toBe((await store.get("a"))?.etag)
    faults.after = failing(1, new Error("Network connection lost."))
    const second = await store.put("a", 2, first!)
    expect(await store.get("a")).toEqual({ key: "a", value: 2, etag: second })
    faults.after = failing(1, new Error("Network connection lost."))
    expect(await store.delete("a", second!)).toBe(true)
    expect(await store.get("a")).toBeUndefined()
  })

  test("when others have written since, nobody can say who won: an error, not a guess", async () => {
    const { faults, store } = open()
    const other = createR2RecordStore({ bucket: faults.bucket })
    const first = (await store.put("a", 1, null))!
    let isFirst = true
    faults.after = async () => {
      if (!isFirst) return
      isFirst = false
      const mine = await other.get("a")
      await other.put("a", 3, mine!.etag)
      throw new Error("Network connection lost.")
    }
    await expect(store.put("a", 2, first)).rejects.toThrow(StorageError)
    expect((await store.get("a"))?.value).toBe(3)
  })

  test("a request that was turned away and then lost is a race lost like any other", async () => {
    const { faults, store } = open()
    const other = createR2RecordStore({ bucket: faults.bucket })
    const first = (await store.put("a", 1, null))!
    let isFirst = true
    faults.before = async (operation) => {
      if (operation !== "put" || !isFirst) return
      isFirst = false
      await other.put("a", 3, first)
      throw r2Error(10058, "Reduce your concurrent request rate")
    }
    expect(await store.put("a", 2, first)).toBeUndefined()
  })

  test("a deletion that was not carried out does not take that of others for its own", async () => {
    const { faults, store } = open()
    const other = createR2RecordStore({ bucket: faults.bucket })
    const first = (await store.put("a", 1, null))!
    let isFirst = true
    faults.before = async (operation) => {
      if (operation !== "put" || !isFirst) return
      isFirst = false
      expect(await other.delete("a", first)).toBe(true)
      throw new Error("Network connection lost.")
    }
    await expect(store.delete("a", first)).rejects.toThrow(StorageError)
  })

  test("a creation that comes late does not revive what was created and deleted since", async () => {
    const { faults, store } = open()
    const etags = new Set<string>()
    for (let at = 0; at < 3; at++) {
      await store.delete("a", (await store.put("a", at, null))!)
      etags.add(faults.objects.get("records/a")!.etag)
    }
    expect(etags.size).toBe(3)
    const [old] = etags
    expect(await faults.bucket.put("records/a", "late", { onlyIf: { etagMatches: old! } })).toBeNull()
    expect(await store.get("a")).toBeUndefined()
  })
})

describe("deleting", () => {
  test("leaves a tombstone that counts as absent, is created over, and goes with sweep", async () => {
    const { faults, store } = open()
    faults.ageMs = 2 * HOUR_MS
    for (const key of ["p/a", "p/b"]) await store.delete(key, (await store.put(key, 1, null))!)
    expect(await toArray(store.list("p"))).toEqual([])
    expect(faults.objects.get("records/p/a")?.size).toBe(16)
    expect(await store.put("p/b", 2, null)).toBeDefined()
    await store.sweep!()
    expect([...faults.objects.keys()]).toEqual(["records/p/b"])
    expect((await store.get("p/b"))?.value).toBe(2)
  })

  test("sweep leaves what was deleted a moment ago", async () => {
    const { faults, store } = open()
    await store.delete("a", (await store.put("a", 1, null))!)
    await store.sweep!()
    expect(faults.objects.has("records/a")).toBe(true)
  })

  test("whoever creates while it is being removed for good waits, and loses nothing", async () => {
    const { faults, store } = open()
    faults.ageMs = 2 * HOUR_MS
    await store.delete("a", (await store.put("a", 1, null))!)
    faults.ageMs = 0
    let created: Promise<unknown> | undefined
    faults.before = async (operation) => {
      if (operation !== "delete") return
      // The deletion is on its way and takes its time.
      created = store.put("a", "new", null)
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    await store.sweep!()
    expect(await created).toBeDefined()
    expect((await store.get("a"))?.value).toBe("new")
  })

  test("removing for good is asked once: what is lost may still come, and meets no record", async () => {
    const { faults, store } = open()
    faults.ageMs = 2 * HOUR_MS
    for (const key of ["a", "b"]) await store.delete(key, (await store.put(key, 1, null))!)
    faults.ageMs = 0
    const asked: string[] = []
    faults.before = (operation, key) => {
      if (operation !== "delete") return
      asked.push(key)
      if (key === "records/a") throw new Error("Network connection lost.")
    }
    expect(await store.sweep!()).toBe(16)
    expect(asked.sort()).toEqual(["records/a", "records/b"])
    expect([...faults.objects.keys()]).toEqual(["records/a"])
    expect(textOf(faults, "records/a")).toMatch(/^away:/)
    const controller = new AbortController()
    const created = store.put("a", 2, null, { signal: controller.signal })
    setTimeout(() => controller.abort("waited"), 250)
    await expect(created).rejects.toBe("waited")
    expect(textOf(faults, "records/a")).toMatch(/^away:/)
  })

  test("a sweep that is aborted ends what it began, and begins no more", async () => {
    const { faults, store } = open()
    faults.ageMs = 2 * HOUR_MS
    for (let at = 0; at < 20; at++) await store.delete(`k${at}`, (await store.put(`k${at}`, 1, null))!)
    const controller = new AbortController()
    faults.after = async (operation) => {
      if (operation !== "put") return
      controller.abort("enough")
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await expect(store.sweep!({ signal: controller.signal })).rejects.toBe("enough")
    const left = [...faults.objects.keys()].map((key) => textOf(faults, key))
    expect(left.length).toBeGreaterThan(0)
    expect(left.length).toBeLessThan(20)
    expect(left.filter((text) => !text.startsWith("gone:"))).toEqual([])
  })

  test("what others keep in the bucket is not swept, and not written over", async () => {
    const { faults, store } = open()
    faults.ageMs = 2 * HOUR_MS
    const foreign = {
      "records/": "",
      "records/a": "",
      "records/b": "0123456789abcdef",
      "records/c d": "gone:0123456789a",
      recordings: "",
    }
    for (const [key, text] of Object.entries(foreign)) await faults.bucket.put(key, text)
    expect(await store.sweep!()).toBe(0)
    for (const key of ["a", "b"]) {
      expect(await store.put(key, 1, null)).toBeUndefined()
      await expect(store.get(key)).rejects.toThrow(/is not a record/)
    }
    for (const [key, text] of Object.entries(foreign)) expect(textOf(faults, key)).toBe(text)
  })

  test("a sweep that died half-way is taken over, by creation or by the next sweep", async () => {
    for (const next of ["create", "sweep"]) {
      const { faults, store } = open()
      faults.ageMs = 2 * HOUR_MS
      await store.delete("a", (await store.put("a", 1, null))!)
      faults.before = (operation) => {
        if (operation === "delete") throw r2Error(10003, "Access denied")
      }
      await expect(store.sweep!()).rejects.toThrow(StorageError)
      faults.before = () => undefined
      expect(textOf(faults, "records/a")).toMatch(/^away:/)
      expect(await store.get("a")).toBeUndefined()
      expect(await toArray(store.list("a"))).toEqual([])
      if (next === "create") expect(await store.put("a", 2, null)).toBeDefined()
      else await store.sweep!()
      expect(faults.objects.has("records/a")).toBe(next === "create")
    }
  })
})

test("keys longer than a store takes are kept apart, listed and read", async () => {
  const { faults, store } = open()
  const keys = [`p/${"x".repeat(2000)}`, `p/${"x".repeat(2001)}`, `p/${"y/".repeat(900)}z`]
  for (const key of keys) await store.put(key, key, null)
  expect([...faults.objects.keys()].every((key) => key.length < 800)).toBe(true)
  for (const key of keys) expect((await store.get(key))?.value).toBe(key)
  expect((await toArray(store.list("p"))).map(({ key }) => key).sort()).toEqual([...keys].sort())
  expect((await toArray(store.list(`p/${"y/".repeat(800)}y`))).map(({ key }) => key)).toEqual([keys[2]])
})

test("a listing that does not get on is an error, not an endless loop", async () => {
  const { faults } = open()
  const bucket = { ...faults.bucket, list: async () => ({ objects: [], truncated: true, cursor: "same" }) }
  await expect(toArray(createR2RecordStore({ bucket }).list("p"))).rejects.toThrow(/does not get on/)
})

test("what is no record is told apart from no record", async () => {
  const { faults, store } = open()
  await faults.bucket.put("records/a", new TextEncoder().encode("something else entirely"))
  await expect(store.get("a")).rejects.toThrow(StorageError)
})
