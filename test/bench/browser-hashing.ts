/**
 * Hashing in a page of real Chromium: `node test/bench/browser-hashing.ts`. Prints MB/s, and how long the page could answer nobody: the
 * sum and the longest of its tasks over 50 ms.
 */
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import type { HashPool, HashPoolOptions } from "../../src/digest/hash-pool.ts"
import type { Hasher } from "../../src/ports.ts"
import { launchChromium, servePages } from "../runtimes/chromium.ts"

/** In the page. */
declare const library: {
  createHashPool(options?: HashPoolOptions): HashPool
  createWasmHasher(): Hasher
  createJsHasher(): Hasher
}

interface Row {
  readonly work: string
  readonly engine: string
  readonly "MB/s": number
  readonly "blocked ms": number
  readonly "longest ms": number
}

const root = fileURLToPath(new URL("../..", import.meta.url))
const script = `
  export { createHashPool } from "./src/digest/hash-pool.ts"
  export { createWasmHasher } from "./src/digest/hash-wasm.ts"
  export { createJsHasher } from "./src/bytes/js-hasher.ts"`
const page = '<!doctype html><script type="module">globalThis.library = await import("/library.js")</script>'

const bundle = async (entry: Parameters<typeof build>[0]) => {
  const { outputFiles } = await build({ ...entry, bundle: true, write: false, format: "esm", minify: true, logLevel: "error" })
  return { type: "text/javascript", body: outputFiles![0]!.text }
}

/** Runs in the page. */
async function measure(): Promise<Row[]> {
  const MIB = 1024 * 1024
  const chunk = crypto.getRandomValues(new Uint8Array(65536))
  const blobOf = (bytes: number) => new Blob(Array.from({ length: Math.ceil(bytes / 65536) }, () => chunk.subarray(0, bytes)))
  const sets: [string, Blob[]][] = [
    ["10,000 x 8 KiB", Array.from({ length: 10_000 }, () => blobOf(8192))],
    ["2,000 x 64 KiB", Array.from({ length: 2000 }, () => blobOf(65536))],
    ["4 x 256 MiB", Array.from({ length: 4 }, () => blobOf(256 * MIB))],
    ["1 x 512 MiB", [blobOf(512 * MIB)]],
  ]
  const onPage = (hasher: Hasher) => async (blob: Blob) => {
    if (blob.size <= MIB) return hasher.hash(new Uint8Array(await blob.arrayBuffer()))
    const state = await hasher.create()
    for await (const bytes of blob.stream()) await state.update(bytes)
    return state.digest()
  }
  const pools = [library.createHashPool(), library.createHashPool({ size: 2 }), library.createHashPool({ size: 0 })] as const
  const engines: [string, (blob: Blob) => unknown][] = [
    ["pool", (blob) => pools[0].hashBlob(blob)],
    ["pool of two", (blob) => pools[1].hashBlob(blob)],
    ["pool without workers", (blob) => pools[2].hashBlob(blob)],
    ["hash-wasm in the page", onPage(library.createWasmHasher())],
    ["JavaScript in the page", onPage(library.createJsHasher())],
  ]
  const rest = () => new Promise((resolve) => setTimeout(resolve, 300))
  let tasks: number[] = []
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" })
  const rows: Row[] = []
  for (const [work, blobs] of sets) {
    for (const [engine, hash] of engines) {
      await hash(blobs[0]!.slice(0, 10))
      await rest()
      tasks = []
      const begun = performance.now()
      let next = 0
      const hashNext = async () => {
        while (next < blobs.length) await hash(blobs[next++]!)
      }
      await Promise.all(Array.from({ length: 64 }, hashNext))
      const seconds = (performance.now() - begun) / 1000
      await rest()
      const bytes = blobs.reduce((sum, { size }) => sum + size, 0)
      rows.push({
        work,
        engine,
        "MB/s": Math.round(bytes / seconds / 1e6),
        "blocked ms": Math.round(tasks.reduce((sum, duration) => sum + duration, 0)),
        "longest ms": Math.round(Math.max(0, ...tasks)),
      })
    }
  }
  return rows
}

const browser = await launchChromium()
await using server = await servePages({
  "/": { type: "text/html", body: page },
  "/library.js": await bundle({ stdin: { contents: script, resolveDir: root, loader: "ts" } }),
  "/hash-worker.js": await bundle({ entryPoints: [`${root}src/digest/hash-worker.ts`] }),
})
try {
  const tab = await browser.newPage()
  await tab.goto(server.origin)
  await tab.waitForFunction(() => "library" in globalThis)
  console.table(await tab.evaluate(measure))
} finally {
  await browser.close()
}
