/**
 * Storing in a page of real Chromium with a profile on disk: `npm run bench:browser [rounds]`. First what the browser offers, bare; then
 * whole logs, with the longest time that the page could answer nobody, beside a rival that only hashes (hash-wasm) and writes (OPFS).
 */
import { openSite } from "../browser/site.ts"
import { median } from "./support.ts"

declare const isofact: typeof import("../browser/library.ts")

interface Measured {
  readonly [way: string]: { readonly seconds: number; readonly longestMs?: number }
}

const SMALL = { count: 2000, size: 8192 }
const LARGE_BYTES = 512 * 2 ** 20
const CHOICE = { count: 500, size: 8192, largeBytes: 256 * 2 ** 20 }
const rounds = Number(process.argv[2] ?? 3)

/** Runs in a page and in a worker, so it uses nothing but its argument. */
async function measureChoices({ count, size, largeBytes }: typeof CHOICE): Promise<Measured> {
  const piece = crypto.getRandomValues(new Uint8Array(65_536))
  const small = Array.from({ length: count }, (_, at) => {
    const bytes = piece.slice(at, at + size)
    return { bytes, blob: new Blob([bytes]) }
  })
  const large = new Blob(Array.from({ length: largeBytes / piece.length }, () => piece))
  const resultOf = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const opening = indexedDB.open(`bench-${crypto.randomUUID()}`)
  opening.onupgradeneeded = () => opening.result.createObjectStore("rows")
  const database = await resultOf(opening)
  const putRow = (key: string, value: Uint8Array | Blob) =>
    new Promise<void>((resolve, reject) => {
      const transaction = database.transaction("rows", "readwrite", { durability: "relaxed" })
      transaction.objectStore("rows").put(value, key)
      transaction.oncomplete = () => resolve()
      transaction.onerror = () => reject(transaction.error)
    })
  const root = await navigator.storage.getDirectory()
  const folderName = `bench-${crypto.randomUUID()}`
  const folder = await root.getDirectoryHandle(folderName, { create: true })
  type Handle = FileSystemFileHandle & {
    createSyncAccessHandle(): Promise<{ write(b: Uint8Array): void; flush(): void; close(): void }>
  }
  const fileOf = async (name: string) => (await folder.getFileHandle(name, { create: true })) as Handle

  const ways: Record<string, (name: string, bytes: Uint8Array<ArrayBuffer> | undefined, blob: Blob) => Promise<void>> = {
    async "IndexedDB, bytes"(name, bytes, blob) {
      if (bytes) return putRow(name, bytes)
      const step = 4 * 2 ** 20
      for (let at = 0; at < blob.size; at += step)
        await putRow(`${name}-${at}`, new Uint8Array(await blob.slice(at, at + step).arrayBuffer()))
    },
    "IndexedDB, Blob": (name, _, blob) => putRow(name, blob),
    async "OPFS, createWritable"(name, _, blob) {
      const stream = await (await fileOf(name)).createWritable()
      await stream.write(blob)
      await stream.close()
    },
    async "OPFS, sync access handle"(name, bytes, blob) {
      const access = await (await fileOf(name)).createSyncAccessHandle()
      if (bytes) access.write(bytes)
      else for await (const chunk of blob.stream()) access.write(chunk)
      access.flush()
      access.close()
    },
  }
  if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) delete ways["OPFS, sync access handle"]
  const found: Record<string, { seconds: number }> = {}
  for (const [way, write] of Object.entries(ways)) {
    const slug = way.replace(/\W/g, "")
    let begun = performance.now()
    let next = 0
    const writeNext = async () => {
      while (next < count) {
        const at = next++
        await write(`${slug}-${at}`, small[at]!.bytes, small[at]!.blob)
      }
    }
    await Promise.all(Array.from({ length: 16 }, writeNext))
    found[`${way}/small`] = { seconds: (performance.now() - begun) / 1000 }
    begun = performance.now()
    await write(`${slug}-large`, undefined, large)
    found[`${way}/large`] = { seconds: (performance.now() - begun) / 1000 }
  }
  database.close()
  indexedDB.deleteDatabase(database.name)
  await root.removeEntry(folderName, { recursive: true })
  return found
}

/** Runs in the page. `seed` makes the bytes new. */
async function measureLogs([{ count, size }, largeBytes, seed]: readonly [typeof SMALL, number, number]): Promise<Measured> {
  const { Artifact, createBrowserPlatform, createHashPool, createWasmHasher, init, sample } = isofact
  const smallFiles = (salt: number) =>
    new Map(Array.from({ length: count }, (_, at) => [`${at}.bin`, new Blob([sample(size, seed * 1e6 + salt * 1e5 + at)])]))
  const largeFile = (salt: number) => {
    const piece = sample(2 ** 20, seed * 10 + salt)
    return new Map([["large.bin", new Blob(Array.from({ length: largeBytes / piece.length }, () => piece))]])
  }
  let tasks: number[] = []
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" })
  const rest = () => new Promise((resolve) => setTimeout(resolve, 300))
  const found: Record<string, { seconds: number; longestMs: number }> = {}
  const measure = async (name: string, work: () => Promise<unknown>) => {
    await rest()
    tasks = []
    const begun = performance.now()
    await work()
    const seconds = (performance.now() - begun) / 1000
    await rest()
    found[name] = { seconds, longestMs: Math.max(0, ...tasks) }
  }
  const logWith = (platform: ReturnType<typeof createBrowserPlatform>) => async (files: Map<string, Blob>) => {
    const run = await init({ platform })
    const draft = new Artifact("bench", "dataset", { platform })
    await draft.addDir(files)
    await run.logArtifact(draft)
    await run.finish()
  }
  const ways: [string, (files: Map<string, Blob>) => Promise<unknown>][] = [
    ["isofact, pool", logWith(createBrowserPlatform())],
    ["isofact, no workers", logWith(createBrowserPlatform({ pool: createHashPool({ size: 0 }) }))],
    [
      "hash-wasm, then OPFS",
      async (files) => {
        const hasher = createWasmHasher()
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("rival", { create: true })
        for (const [name, blob] of files) {
          const state = await hasher.create()
          for await (const chunk of blob.stream()) await state.update(chunk)
          await state.digest()
          const stream = await (await folder.getFileHandle(name, { create: true })).createWritable()
          await stream.write(blob)
          await stream.close()
        }
      },
    ],
  ]
  for (const [salt, [, work]] of ways.entries()) await work(new Map([["warm", new Blob([sample(100_000, seed * 100 + salt)])]]))
  for (const [salt, [way, work]] of ways.entries()) {
    const [small, large] = [smallFiles(salt), largeFile(salt)]
    await measure(`${way}/small`, () => work(small))
    await measure(`${way}/large`, () => work(large))
  }
  const root = await navigator.storage.getDirectory()
  for (const name of ["rival", "isofact"]) await root.removeEntry(name, { recursive: true })
  return found
}

/** By way: medians of all rounds. */
function summarize(all: readonly Measured[], work: string) {
  const ways = new Set(all.flatMap((round) => Object.keys(round).filter((name) => name.endsWith(`/${work}`))))
  return [...ways].map((name) => {
    const rows = all.flatMap((round) => round[name] ?? [])
    const longest = rows.map(({ longestMs }) => longestMs ?? 0)
    return { way: name.replace(/\/\w+$/, ""), seconds: median(rows.map(({ seconds }) => seconds)), longestMs: median(longest) }
  })
}

const choicesInWorker = `
const work = ${measureChoices}
onmessage = async ({ data }) => postMessage(await work(data))`

await using site = await openSite({ "/choices.js": { type: "text/javascript", body: choicesInWorker } })
const inPage: Measured[] = []
const inWorker: Measured[] = []
const logs: Measured[] = []
for (let round = 1; round <= rounds; round++) {
  const page = await site.open()
  inPage.push(await page.evaluate(measureChoices, CHOICE))
  inWorker.push(
    await page.evaluate(
      (choice) =>
        new Promise<Measured>((resolve, reject) => {
          const worker = new Worker("/choices.js")
          worker.onmessage = ({ data }) => resolve(data)
          worker.onerror = ({ message }) => reject(new Error(message))
          worker.postMessage(choice)
        }),
      CHOICE,
    ),
  )
  await page.close()
  const fresh = await site.open()
  logs.push(await fresh.evaluate(measureLogs, [SMALL, LARGE_BYTES, round] as const))
  await fresh.close()
}

const round = (value: number | undefined) => (value === undefined ? "-" : Math.round(value))
const choices = (work: string, amount: number) => {
  const [page, worker] = [summarize(inPage, work), summarize(inWorker, work)]
  return new Map(
    worker.map(({ way, seconds }) => {
      const there = page.find((row) => row.way === way)
      return [way, `${round(there && amount / there.seconds)} / ${round(amount / seconds)}`]
    }),
  )
}
const [smallChoices, largeChoices] = [choices("small", CHOICE.count), choices("large", CHOICE.largeBytes / 1e6)]
console.log(`\nBare storage, page / worker, medians of ${rounds}`)
console.table([...smallChoices].map(([way, small]) => ({ way, "8 KiB, files/s": small, "256 MiB, MB/s": largeChoices.get(way) })))
for (const [title, work, amount, unit] of [
  [`${SMALL.count} x 8 KiB`, "small", SMALL.count, "files/s"],
  ["1 x 512 MiB", "large", LARGE_BYTES / 1e6, "MB/s"],
] as const) {
  const rows = summarize(logs, work)
  const rival = rows.at(-1)!
  console.log(`\nWhole logs, ${title}`)
  console.table(
    rows.map(({ way, seconds, longestMs }) => ({
      way,
      [unit]: round(amount / seconds),
      "of the rival": `${(rival.seconds / seconds).toFixed(2)}x`,
      "longest task, ms": round(longestMs),
    })),
  )
}
