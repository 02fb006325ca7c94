/** What browsers do to a store: they close connections, run out of room, evict, kill tabs, and refuse in private mode. */
import { afterEach, describe, expect, test } from "vitest"
import { digestToHex } from "../../../src/core/digest-text.ts"
import { createBrowserPlatform } from "../../../src/doors/browser.ts"
import { isArtifactError } from "../../../src/errors.ts"
import { createBrowserBlobStore } from "../../../src/storage/browser.ts"
import { createBrowserStage } from "../../../src/storage/browser-stage.ts"
import { createIndexedDbBlobStore, createIndexedDbRecordStore } from "../../../src/storage/indexeddb.ts"
import { createOpfsBlobStore } from "../../../src/storage/opfs.ts"
import { bytesOf, digestOf, expectBytes, readBytes, sampleBytes, streamOf, toArray } from "../../contracts/content.ts"
import { updateRecord } from "../../contracts/record-store.ts"
import { filesBelow, hasher, newFolder, newName, onRows, removeDatabase, removePlaces, writeFile } from "./places.ts"

const SMALL = sampleBytes(3000, 21)
const LARGE = sampleBytes(2 * 1024 * 1024 + 5, 22)
const DAY_MS = 24 * 60 * 60 * 1000

const undo: (() => void)[] = []
/** The platform as it was. */
const restore = () => {
  for (const back of undo.splice(0).reverse()) back()
}
afterEach(async () => {
  restore()
  await removePlaces()
})

/** Puts `replacement` in the place of a method until the test ends. */
function replace<T extends object, K extends keyof T>(owner: T, key: K, replacement: T[K]): void {
  const before = Object.getOwnPropertyDescriptor(owner, key)
  Object.defineProperty(owner, key, { value: replacement, configurable: true, writable: true })
  undo.push(() => (before === undefined ? Reflect.deleteProperty(owner, key) : Object.defineProperty(owner, key, before)))
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error) => error,
  )

/** Every database that is opened from now on. */
function watchDatabases(): IDBDatabase[] {
  const opened: IDBDatabase[] = []
  const { open } = IDBFactory.prototype
  replace(IDBFactory.prototype, "open", function (this: IDBFactory, ...args) {
    const request = open.apply(this, args)
    request.addEventListener("success", () => opened.push(request.result))
    return request
  })
  return opened
}

describe("a lost connection", () => {
  test("is opened again, and what was asked for is done", async () => {
    const opened = watchDatabases()
    const name = newName()
    const records = createIndexedDbRecordStore({ name })
    const blobs = createIndexedDbBlobStore({ name, hasher })
    let etag = (await records.put("a/b", 1, null))!
    await blobs.put(digestOf(SMALL), bytesOf(SMALL))
    for (let value = 2; value < 6; value++) {
      for (const database of opened) database.close()
      etag = (await records.put("a/b", value, etag))!
      expect(etag).toBeDefined()
      expectBytes(await readBytes((await blobs.get(digestOf(SMALL)))!.stream()), SMALL)
    }
    expect((await records.get("a/b"))?.value).toBe(5)
    expect(await toArray(records.list("a"))).toHaveLength(1)
  })

  test("an open that failed is not remembered", async () => {
    const records = createIndexedDbRecordStore({ name: newName() })
    replace(IDBFactory.prototype, "open", () => {
      throw new DOMException("the disk is slow today", "TimeoutError")
    })
    expect(await failure(records.get("a"))).toMatchObject({ code: "STORAGE" })
    restore()
    expect(await records.get("a")).toBeUndefined()
  })

  test("another tab may delete the database; the store goes on, empty", async () => {
    const name = newName()
    const records = createIndexedDbRecordStore({ name })
    await records.put("a", 1, null)
    await removeDatabase(name)
    expect(await records.get("a")).toBeUndefined()
    expect(await records.put("a", 2, null)).toBeDefined()
  })

  test("a write whose transaction was aborted beneath it happens all the same, once", async () => {
    const name = newName()
    const records = createIndexedDbRecordStore({ name })
    const etag = (await records.put("n", 1, null))!
    const { put } = IDBObjectStore.prototype
    let aborted = 0
    replace(IDBObjectStore.prototype, "put", function (this: IDBObjectStore, ...args) {
      const request = put.apply(this, args)
      if (aborted++ === 0) this.transaction.abort()
      return request
    })
    const next = await records.put("n", 2, etag)
    expect(next).toBeDefined()
    expect(await records.get("n")).toMatchObject({ value: 2, etag: next })
  })
})

describe("writers in many workers", () => {
  test("8 of them increment one record by compare and swap: nothing is lost", async () => {
    const name = newName()
    const records = createIndexedDbRecordStore({ name })
    await records.put("n", 0, null)
    // Each has its own connections, and speaks the rows of the store; what they race with is the store itself.
    const writer = `onmessage = async ({ data: name }) => {
      const wait = (request) => new Promise((resolve, reject) => {
        request.onsuccess = request.oncomplete = () => resolve(request.result)
        request.onerror = request.onabort = () => reject(request.error)
      })
      const database = await wait(indexedDB.open(name))
      for (let times = 0; times < 10; times++) {
        const transaction = database.transaction("rows", "readwrite")
        const rows = transaction.objectStore("rows")
        const row = await wait(rows.get("r/n"))
        rows.put({ ...row, text: String(Number(row.text) + 1), etag: Math.random().toString() }, "r/n")
        await wait(transaction)
      }
      database.close()
      postMessage("done")
    }`
    const url = URL.createObjectURL(new Blob([writer], { type: "text/javascript" }))
    undo.push(() => URL.revokeObjectURL(url))
    const workers = Array.from({ length: 4 }, () => new Worker(url))
    undo.push(() => workers.forEach((worker) => void worker.terminate()))
    const theirs = workers.map((worker) => {
      const done = new Promise((resolve, reject) => {
        worker.onmessage = resolve
        worker.onerror = reject
      })
      worker.postMessage(name)
      return done
    })
    const ours = Array.from({ length: 4 }, async () => {
      const store = createIndexedDbRecordStore({ name })
      for (let times = 0; times < 10; times++) await updateRecord(store, "n", (value) => (value as number) + 1)
    })
    await Promise.all([...theirs, ...ours])
    expect((await records.get("n"))?.value).toBe(80)
  })
})

describe("no more room", () => {
  const full = () => new DOMException("Encountered full disk", "QuotaExceededError")
  const estimate = (quota: number, usage: number) =>
    replace(Object.getPrototypeOf(navigator.storage), "estimate", async () => ({ quota, usage }))

  test("a large blob that cannot fit is refused before it is read", async () => {
    estimate(5_000_000, 4_000_000)
    const root = await newFolder()
    const blobs = createBrowserBlobStore({ name: newName(), root, hasher })
    const content = streamOf([LARGE], { size: LARGE.byteLength })
    const error = await failure(blobs.put(digestOf(LARGE), content))
    expect(error).toMatchObject({ code: "STORAGE" })
    expect(error!.message).toContain(`${LARGE.byteLength} bytes are needed, 1000000 are left`)
    expect(content.state.reads).toBe(0)
    expect(await filesBelow(root)).toEqual([])
    await blobs.put(digestOf(SMALL), bytesOf(SMALL))
    expectBytes(await readBytes((await blobs.get(digestOf(SMALL)))!.stream()), SMALL)
  })

  test.each(["throws", "aborts"])("IndexedDB %s: a StorageError, and nothing of it is left", async (how) => {
    const name = newName()
    const records = createIndexedDbRecordStore({ name })
    const blobs = createIndexedDbBlobStore({ name, hasher })
    const etag = (await records.put("a", "before", null))!
    const { put } = IDBObjectStore.prototype
    replace(IDBObjectStore.prototype, "put", function (this: IDBObjectStore, ...args) {
      if (how === "throws") throw full()
      const request = put.apply(this, args)
      // As Chromium does when the commit fails: the transaction tells why, its requests do not.
      Object.defineProperty(this.transaction, "error", { value: full() })
      this.transaction.abort()
      return request
    })
    estimate(100, 90)
    for (const error of [
      await failure(blobs.put(digestOf(SMALL), bytesOf(SMALL))),
      await failure(blobs.put(digestOf(LARGE), bytesOf(LARGE))),
      await failure(records.put("a", "after", etag)),
    ]) {
      expect(error).toMatchObject({ code: "STORAGE" })
      expect(error!.message).toContain("no more room")
      expect(error!.message).toContain("10 are left")
    }
    restore()
    expect(await onRows(name, (rows) => rows.getAllKeys())).toEqual(["r/a"])
    expect((await records.get("a"))?.value).toBe("before")
    expect(await blobs.put(digestOf(SMALL), bytesOf(SMALL))).toBe("stored")
  })

  test("of many small blobs at once only the one that does not fit fails", async () => {
    const name = newName()
    const blobs = createIndexedDbBlobStore({ name, hasher })
    const all = Array.from({ length: 20 }, (_, seed) => sampleBytes(100 + seed, seed))
    const { put } = IDBObjectStore.prototype
    replace(IDBObjectStore.prototype, "put", function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
      if (value instanceof Uint8Array && value.byteLength === 110) throw full()
      return put.call(this, value, key)
    })
    const results = await Promise.all(all.map((bytes) => failure(blobs.put(digestOf(bytes), bytesOf(bytes)))))
    expect(results.map((error) => isArtifactError(error))).toEqual(all.map((bytes) => bytes.byteLength === 110))
    expect(await toArray(blobs.list())).toHaveLength(19)
  })

  test("OPFS: a StorageError, and nothing of it is left", async () => {
    const root = await newFolder()
    const blobs = createOpfsBlobStore({ root, hasher })
    await blobs.put(digestOf(SMALL), bytesOf(SMALL))
    const access = (globalThis as { FileSystemSyncAccessHandle?: { prototype: { write(): number } } }).FileSystemSyncAccessHandle
    if (access) replace(access.prototype, "write", () => 17)
    replace(FileSystemWritableFileStream.prototype, "write", () => Promise.reject(full()))
    const error = await failure(blobs.put(digestOf(LARGE), bytesOf(LARGE)))
    expect(error).toMatchObject({ code: "STORAGE" })
    expect(error!.message).toContain("no more room")
    restore()
    expect(await filesBelow(root)).toEqual([`blobs/${digestToHex(digestOf(SMALL))}`])
    expect(await blobs.put(digestOf(LARGE), bytesOf(LARGE))).toBe("stored")
  })
})

describe("what was evicted", () => {
  test("the files but not the database: large blobs are absent, and can be stored again", async () => {
    const name = newName()
    const root = await newFolder()
    const blobs = createBrowserBlobStore({ name, root, hasher })
    for (const bytes of [SMALL, LARGE]) await blobs.put(digestOf(bytes), bytesOf(bytes))
    await root.removeEntry("blobs", { recursive: true })
    expect(await blobs.stat(digestOf(SMALL))).toBeDefined()
    expect(await blobs.stat(digestOf(LARGE))).toBeUndefined()
    expect(await blobs.get(digestOf(LARGE))).toBeUndefined()
    expect(await blobs.put(digestOf(LARGE), bytesOf(LARGE))).toBe("stored")
    expectBytes(await readBytes((await blobs.get(digestOf(LARGE)))!.stream()), LARGE)
  })

  test("the bytes of a row: absent, whatever the other row says", async () => {
    const name = newName()
    const blobs = createIndexedDbBlobStore({ name, hasher })
    const digest = digestOf(SMALL)
    await blobs.put(digest, bytesOf(SMALL))
    await onRows(name, (rows) => rows.delete(`b/${digest}`))
    expect(await blobs.stat(digest)).toBeUndefined()
    expect(await blobs.get(digest)).toBeUndefined()
    expect(await blobs.put(digest, bytesOf(SMALL))).toBe("stored")
    expectBytes(await readBytes((await blobs.get(digest))!.stream()), SMALL)
  })

  test("the bytes of a file, not its name: absent", async () => {
    const root = await newFolder()
    const blobs = createOpfsBlobStore({ root, hasher })
    const digest = digestOf(LARGE)
    await blobs.put(digest, bytesOf(LARGE))
    await writeFile(root, `blobs/${digestToHex(digest)}`, "")
    expect(await blobs.stat(digest)).toBeUndefined()
    expect(await toArray(blobs.list())).toEqual([])
    expect(await blobs.put(digest, bytesOf(LARGE))).toBe("stored")
  })
})

describe("what tabs leave behind", () => {
  test("files nobody holds go, those of a writer that lives stay", async () => {
    const root = await newFolder()
    const blobs = createOpfsBlobStore({ root, hasher })
    const stage = createBrowserStage({ root, hasher })
    const owner = {}
    const { content } = await stage.take(streamOf([LARGE]), { owner, keep: true })
    await writeFile(root, "tmp/of-a-dead-tab", LARGE)
    expect(await blobs.sweep!()).toBe(LARGE.byteLength)
    expectBytes(await readBytes(content.stream()), LARGE)
    expect(await filesBelow(root)).toHaveLength(1)
    await stage.release(owner)
    expect(await filesBelow(root)).toEqual([])
  })

  test("a sweep in the middle of a write takes nothing from it", async () => {
    const root = await newFolder()
    const blobs = createOpfsBlobStore({ root, hasher })
    let goOn = () => {}
    const wait = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const half = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(LARGE.slice(0, 1000))
        await wait
        controller.enqueue(LARGE.slice(1000))
        controller.close()
      },
    })
    const put = blobs.put(digestOf(LARGE), { stability: "once", stream: () => half })
    await expect.poll(async () => (await filesBelow(root)).length > 0).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await blobs.sweep!()).toBe(0)
    goOn()
    expect(await put).toBe("stored")
    expectBytes(await readBytes((await blobs.get(digestOf(LARGE)))!.stream()), LARGE)
  })

  test("a tab that was closed holds nothing any more", async () => {
    const root = await newFolder()
    const source = `onmessage = () => navigator.locks.request("isofact:left", () => {
      postMessage("held")
      return new Promise(() => {})
    })`
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }))
    undo.push(() => URL.revokeObjectURL(url))
    const worker = new Worker(url)
    await new Promise((resolve) => {
      worker.onmessage = resolve
      worker.postMessage("")
    })
    await writeFile(root, "tmp/left", SMALL)
    const stage = createBrowserStage({ root, hasher })
    expect(await stage.sweep()).toBe(0)
    worker.terminate()
    await expect
      .poll(async () => {
        await stage.sweep()
        return (await filesBelow(root)).length
      })
      .toBe(0)
  })

  test("without Web Locks a file is left alone for a day", async () => {
    replace(Object.getPrototypeOf(navigator), "locks", undefined as never)
    const root = await newFolder()
    const stage = createBrowserStage({ root, hasher })
    await writeFile(root, "tmp/somebody's", SMALL)
    expect(await stage.sweep()).toBe(0)
    const now = Date.now()
    replace(Date, "now", () => now + DAY_MS + 60_000)
    expect(await stage.sweep()).toBe(SMALL.byteLength)
  })

  test("damaged blobs that were set aside are kept for 30 days", async () => {
    const name = newName()
    const root = await newFolder()
    const blobs = createBrowserBlobStore({ name, root, hasher })
    for (const bytes of [SMALL, LARGE]) {
      await blobs.put(digestOf(bytes), bytesOf(bytes))
      await blobs.setAside!(digestOf(bytes))
      await blobs.setAside!(digestOf(bytes))
      expect(await blobs.stat(digestOf(bytes))).toBeUndefined()
    }
    expect(await toArray(blobs.list())).toEqual([])
    const now = Date.now()
    replace(Date, "now", () => now + 29 * DAY_MS)
    expect(await blobs.sweep!()).toBe(0)
    replace(Date, "now", () => now + 31 * DAY_MS)
    expect(await blobs.sweep!()).toBe(SMALL.byteLength + LARGE.byteLength)
    expect(await filesBelow(root)).toEqual([])
    expect(await onRows(name, (rows) => rows.getAllKeys())).toEqual([])
  })
})

describe("private mode", () => {
  const refuse = () =>
    replace(Object.getPrototypeOf(navigator.storage), "getDirectory", () =>
      Promise.reject(new DOMException("not in private mode", "SecurityError")),
    )

  test("without OPFS large blobs and long streams find another place", async () => {
    refuse()
    const name = newName()
    const blobs = createBrowserBlobStore({ name, hasher })
    const stage = createBrowserStage({ hasher })
    const { content } = await stage.take(streamOf([LARGE.slice(0, 9), LARGE.slice(9)]), { owner: {}, keep: true })
    expect(await blobs.put(digestOf(LARGE), content)).toBe("stored")
    expectBytes(await readBytes((await blobs.get(digestOf(LARGE)))!.stream()), LARGE)
    expect(await onRows(name, (rows) => rows.count())).toBe(2)
    restore()
  })

  test("what went to IndexedDB while OPFS refused is found when it does not", async () => {
    const name = newName()
    const root = await newFolder()
    let refuses = true
    const open = async () => {
      if (refuses) throw new DOMException("not now", "InvalidStateError")
      return root
    }
    const blobs = createBrowserBlobStore({ name, root: open, hasher })
    await blobs.put(digestOf(LARGE), bytesOf(LARGE))
    refuses = false
    expect(await blobs.put(digestOf(LARGE), bytesOf(LARGE))).toBe("present")
    expect(await toArray(blobs.list())).toHaveLength(1)
    expect(await blobs.put(digestOf(LARGE), bytesOf(LARGE), { replace: true })).toBe("stored")
    expect(await toArray(blobs.list())).toHaveLength(1)
    expect(await filesBelow(root)).toEqual([`blobs/${digestToHex(digestOf(LARGE))}`])
  })

  test.each([
    ["missing", () => undefined],
    [
      "forbidden",
      () => {
        throw new DOMException("cookies are blocked", "SecurityError")
      },
    ],
  ])("no IndexedDB (%s): an UnsupportedError that says what to pass instead", async (_, get) => {
    replace(globalThis, "indexedDB", undefined as never)
    Object.defineProperty(globalThis, "indexedDB", { get, configurable: true })
    const error = await failure(createIndexedDbRecordStore({ name: "never" }).get("a"))
    restore()
    expect(error).toMatchObject({ code: "UNSUPPORTED" })
    expect(error!.message).toContain("init({ registry })")
  })
})

test("nothing is opened before it is used", async () => {
  const opened = watchDatabases()
  replace(Object.getPrototypeOf(navigator.storage), "getDirectory", () => Promise.reject(new Error("too early")))
  createIndexedDbRecordStore()
  createIndexedDbBlobStore({ hasher })
  createOpfsBlobStore({ hasher })
  createBrowserBlobStore({ hasher })
  createBrowserStage({ hasher })
  createBrowserPlatform().registry()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(opened).toEqual([])
})
