/** The worker pool in real Chromium: its digests against `node:crypto`, the policies and places it must start under, and what breaks. */
import { createHash } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import type { HashPool, HashPoolOptions } from "../../src/digest/hash-pool.ts"
import { launchChromium, type ServedFile, servePages } from "../runtimes/chromium.ts"
import { bundleScript } from "./pages.ts"

/** In the page, by the script below. */
declare const createHashPool: (options?: HashPoolOptions) => HashPool
declare const pool: HashPool

/** The same bytes in the page and here. Runs in both, so it uses nothing but its arguments. */
function sample(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let state = (seed + 1) * 2654435761
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    bytes[at] = state >>> 24
  }
  return bytes
}

const md5 = (...pieces: Uint8Array[]) => {
  const hash = createHash("md5")
  for (const piece of pieces) hash.update(piece)
  return hash.digest("base64")
}

const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"

let browser: Browser
let library: ServedFile
let worker: ServedFile

beforeAll(async () => {
  browser = await launchChromium()
  library = await bundleScript(`
    import { createHashPool } from "./src/digest/hash-pool.ts"
    ${sample}
    Object.assign(globalThis, { createHashPool, sample, pool: createHashPool() })`)
  worker = await bundleWorker()
})
afterAll(() => browser.close())

/** As a file of its own: an import of it for its effects alone is left out, as package.json says that there are none. */
async function bundleWorker(): Promise<ServedFile> {
  const entryPoint = fileURLToPath(new URL("../../src/digest/hash-worker.ts", import.meta.url))
  const { outputFiles } = await build({ entryPoints: [entryPoint], bundle: true, write: false, format: "esm", logLevel: "error" })
  return { type: "text/javascript", body: outputFiles[0]!.text }
}

interface PageOptions {
  /** The header of every answer, the worker's included, as a server that is strict sends it. */
  readonly policy?: string | undefined
  /** Undefined: there is no such file. */
  readonly worker?: ServedFile | undefined
  /** Where the library is, when it is not at the page's origin. */
  readonly library?: string
}

async function openPage(options: PageOptions = {}): Promise<Page> {
  const headers = options.policy === undefined ? {} : { "content-security-policy": options.policy }
  const script = options.library ?? "/library.js"
  const body = `<!doctype html><title>pool</title><input type="file" multiple><script type="module" src="${script}"></script>`
  const found = "worker" in options ? options.worker : worker
  const server = await servePages({
    "/": { type: "text/html", body, headers },
    "/library.js": { ...library, headers },
    ...(found && { "/hash-worker.js": { ...found, headers } }),
  })
  const page = await browser.newPage()
  onTestFinished(async () => {
    await page.close()
    await server[Symbol.asyncDispose]()
  })
  await page.goto(server.origin)
  await page.waitForFunction(() => "pool" in globalThis)
  return page
}

/** A small Blob, several at once and a large one. */
const hashSome = (page: Page) =>
  page.evaluate(async () => {
    const blobs = [
      new Blob([sample(3 << 20, 1)]),
      ...Array.from({ length: 30 }, (_, seed) => new Blob([sample(1000 + seed, seed)])),
    ]
    const found = await Promise.all(blobs.map((blob) => pool.hashBlob(blob)))
    return found.map(({ digest }) => digest as string)
  })
const someDigests = [md5(sample(3 << 20, 1)), ...Array.from({ length: 30 }, (_, seed) => md5(sample(1000 + seed, seed)))]

describe("digests", () => {
  test("are those of node:crypto at every boundary, alone and together", async () => {
    const page = await openPage()
    const around = [64, 128, 1 << 14, 1 << 15, 1 << 16, 1 << 20, 2 << 20].flatMap((size) => [size - 1, size, size + 1])
    const sizes = [0, 1, 55, 56, 57, 5_000_000, ...around]
    const found = await page.evaluate(async (sizes) => {
      const blobs = sizes.map((size) => new Blob([sample(size, size)]))
      const together = await Promise.all(blobs.map((blob) => pool.hashBlob(blob)))
      const alone = []
      for (const blob of blobs) alone.push(await pool.hashBlob(blob))
      return { together, alone }
    }, sizes)
    const expected = sizes.map((size) => ({ digest: md5(sample(size, size)), size }))
    expect(found.together).toEqual(expected)
    expect(found.alone).toEqual(expected)
    expect(page.workers().length).toBeGreaterThan(0)
  })

  test("of 3,000 small files, and every byte is reported once", async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      let bytes = 0
      const onBytes = (count: number) => (bytes += count)
      const blobs = Array.from({ length: 3000 }, (_, seed) => new Blob([sample((seed * 7) % 4000, seed)]))
      const results = await Promise.all(blobs.map((blob) => pool.hashBlob(blob, { onBytes })))
      return { bytes, digests: results.map(({ digest }) => digest as string) }
    })
    const files = Array.from({ length: 3000 }, (_, seed) => sample((seed * 7) % 4000, seed))
    expect(found.digests).toEqual(files.map((bytes) => md5(bytes)))
    expect(found.bytes).toBe(files.reduce((sum, bytes) => sum + bytes.byteLength, 0))
  })

  test("of 300 MB, which small ones overtake although there is one worker", async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      const pool = createHashPool({ size: 1 })
      const piece = sample(1_000_000, 3)
      const large = new Blob(Array.from({ length: 300 }, () => piece))
      const counts: number[] = []
      let isDone = false
      const first = pool.hashBlob(large, { onBytes: (count) => counts.push(count) }).finally(() => (isDone = true))
      const early = await pool.hashBlob(new Blob(["abc"])).then(() => !isDone)
      return { ...(await first), early, counts }
    })
    const piece = sample(1_000_000, 3)
    expect(found).toMatchObject({ digest: md5(...Array.from({ length: 300 }, () => piece)), size: 300_000_000, early: true })
    expect(found.counts.reduce((sum, count) => sum + count, 0)).toBe(300_000_000)
    expect(found.counts.length).toBeLessThan(100)
    expect(page.workers()).toHaveLength(1)
  })

  test("as a hasher of bytes it needs no worker", async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      const state = await pool.create()
      await state.update(sample(100, 1))
      await state.update(sample(100, 2))
      return [await state.digest(), await pool.hash(sample(100, 3))] as string[]
    })
    expect(found).toEqual([md5(sample(100, 1), sample(100, 2)), md5(sample(100, 3))])
    expect(page.workers()).toHaveLength(0)
  })

  test("of a Blob whose class has its bytes elsewhere are of those bytes", async () => {
    const page = await openPage()
    const digest = await page.evaluate(async () => {
      class Elsewhere extends Blob {
        override get size() {
          return 100
        }
        override async arrayBuffer() {
          return sample(100, 9).buffer
        }
        override stream() {
          return new Response(sample(100, 9)).body!
        }
      }
      return (await pool.hashBlob(new Elsewhere())).digest as string
    })
    expect(digest).toBe(md5(sample(100, 9)))
  })
})

describe("it starts", () => {
  test("as a file, under a strict policy", async () => {
    const page = await openPage({ policy: STRICT })
    expect(await hashSome(page)).toEqual(someDigests)
    expect(page.workers()[0]?.url()).toBe(`${new URL(page.url()).origin}/hash-worker.js`)
  })

  test("as a Blob, when the library comes from another origin", async () => {
    const headers = { "access-control-allow-origin": "*" }
    await using network = await servePages({ "/library.js": { ...library, headers }, "/hash-worker.js": { ...worker, headers } })
    const page = await openPage({ library: `${network.origin}/library.js`, worker: undefined })
    expect(await hashSome(page)).toEqual(someDigests)
    expect(page.workers()[0]?.url()).toMatch(/^blob:/)
  })

  test.each<[string, PageOptions]>([
    ["when a bundler left the worker out", { worker: undefined }],
    ["when a policy refuses workers", { policy: "script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'" }],
    ["when the file is not the worker", { worker: { type: "text/html", body: "<!doctype html>" } }],
    ["when a policy refuses workers and WebAssembly", { policy: "script-src 'self'; worker-src 'none'" }],
  ])("on the page's own thread %s", async (_, options) => {
    const page = await openPage(options)
    expect(await hashSome(page)).toEqual(someDigests)
    expect(page.workers()).toHaveLength(0)
  })

  test("with plain JavaScript in the workers, when a policy refuses WebAssembly", async () => {
    const page = await openPage({ policy: "default-src 'none'; script-src 'self'; worker-src 'self'" })
    expect(await hashSome(page)).toEqual(someDigests)
    expect(page.workers().length).toBeGreaterThan(0)
    expect(await page.workers()[0]!.evaluate(() => WebAssembly.compile(new Uint8Array()).catch((error) => error.message))).toMatch(
      /Content Security Policy/,
    )
  })

  test("on the page's own thread when a worker never says hello", async () => {
    const page = await openPage({ worker: { type: "text/javascript", body: "" } })
    await page.clock.install()
    const digests = hashSome(page)
    // Two ways to start it, and five seconds for each.
    for (let turn = 0; turn < 2; turn++) {
      await expect.poll(() => page.workers().length).toBe(1)
      await page.clock.runFor(5000)
      await expect.poll(() => page.workers().filter((started) => turn === 1 || !started.url().startsWith("blob:")).length).toBe(0)
    }
    expect(await digests).toEqual(someDigests)
  })

  test("not before it is asked to, and its workers end when there is nothing to do", async () => {
    const page = await openPage()
    expect(page.workers()).toHaveLength(0)
    await page.evaluate(async () => {
      Object.assign(globalThis, { pool: createHashPool({ idleMs: 50 }) })
    })
    expect(await hashSome(page)).toEqual(someDigests)
    await expect.poll(() => page.workers().length).toBe(0)
    expect(await hashSome(page)).toEqual(someDigests)
  })

  test("and its workers stay where they may be idle for longer than a timer can count", async () => {
    const page = await openPage()
    await page.evaluate(async () => {
      Object.assign(globalThis, { pool: createHashPool({ idleMs: Number.POSITIVE_INFINITY }) })
    })
    await hashSome(page)
    await page.waitForTimeout(200)
    expect(page.workers().length).toBeGreaterThan(0)
  })
})

describe("abort", () => {
  // How soon is a matter of time, which a busy machine may take elsewhere.
  test("drops what waits, stops what runs, and leaves no listener", { retry: 2 }, async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      const pool = createHashPool({ size: 1 })
      let listeners = 0
      const control = new AbortController()
      const { signal } = control
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
      signal.addEventListener = (...rest: Parameters<typeof add>) => {
        listeners++
        add(...rest)
      }
      signal.removeEventListener = (...rest: Parameters<typeof remove>) => {
        listeners--
        remove(...rest)
      }
      const piece = sample(1_000_000, 1)
      const large = new Blob(Array.from({ length: 200 }, () => piece))
      await pool.hashBlob(new Blob(["done before"]), { signal })
      const begun = performance.now()
      await pool.hashBlob(large)
      const whole = performance.now() - begun
      let reported = 0
      let late = 0
      const onBytes = (count: number) => {
        reported += count
        if (signal.aborted) late++
        control.abort(reason)
      }
      const reason = new Error("enough")
      const running = pool.hashBlob(large, { signal, onBytes }).catch((error) => error === reason)
      const waiting = Array.from({ length: 3 }, () => pool.hashBlob(large, { signal }).catch((error) => error === reason))
      const stopped = await Promise.all([running, ...waiting])
      const before = performance.now()
      const next = await pool.hashBlob(large.slice(0, 2_000_000))
      return {
        stopped,
        late,
        reported,
        listeners,
        isSoon: performance.now() - before < whole / 2,
        next: next.digest as string,
        refused: await pool.hashBlob(large, { signal }).catch((error) => error === reason),
      }
    })
    expect(found).toMatchObject({ stopped: [true, true, true, true], late: 0, listeners: 0, isSoon: true, refused: true })
    expect(found.reported).toBeLessThan(200_000_000)
    expect(found.next).toBe(md5(sample(1_000_000, 1), sample(1_000_000, 1)))
  })

  test("of one in a batch leaves the others alone", async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      const control = new AbortController()
      const blobs = Array.from({ length: 40 }, (_, seed) => new Blob([sample(500, seed)]))
      const results = blobs.map((blob, at) =>
        pool.hashBlob(blob, at === 7 ? { signal: control.signal } : {}).then(({ digest }) => digest as string),
      )
      queueMicrotask(() => control.abort("not you"))
      return Promise.all(results.map((result) => result.catch(String)))
    })
    expect(found).toEqual(Array.from({ length: 40 }, (_, seed) => (seed === 7 ? "not you" : md5(sample(500, seed)))))
  })
})

describe("when things break", () => {
  test.each([
    ["is killed", () => close()],
    ["fails", () => void setTimeout(() => Promise.reject(new Error("boom")).catch((error) => reportError(error)))],
  ])("what a worker had when it %s is done all the same", async (_, harm) => {
    const page = await openPage()
    await page.evaluate(() => {
      const piece = sample(1_000_000, 2)
      const blobs = [
        new Blob(Array.from({ length: 150 }, () => piece)),
        ...Array.from({ length: 20 }, (_, seed) => new Blob([sample(100, seed)])),
      ]
      let bytes = 0
      let begin: () => void
      const begun = new Promise<void>((resolve) => (begin = resolve))
      const onBytes = (count: number) => {
        // The second attempt begins with what the first had told.
        bytes += Math.max(count, 0)
        if (count > 1000) begin()
      }
      const results = Promise.all(blobs.map((blob) => pool.hashBlob(blob, { onBytes })))
      Object.assign(globalThis, {
        begun,
        results: results.then((all) => [bytes, ...all.map(({ digest }) => digest)]),
      })
    })
    await page.evaluate(() => (globalThis as unknown as { begun: Promise<void> }).begun)
    await page.workers()[0]!.evaluate(harm)
    const [bytes, ...digests] = await page.evaluate(() => (globalThis as unknown as { results: Promise<unknown[]> }).results)
    const piece = sample(1_000_000, 2)
    expect(digests).toEqual([
      md5(...Array.from({ length: 150 }, () => piece)),
      ...Array.from({ length: 20 }, (_, seed) => md5(sample(100, seed))),
    ])
    expect(bytes).toBe(150_002_000)
    expect(await hashSome(page)).toEqual(someDigests)
    expect(page.workers().length).toBeGreaterThan(0)
  })

  test("a file that changed after it was picked is named, and the others of its batch are hashed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "isofact-pool-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    const paths = Array.from({ length: 10 }, (_, at) => join(folder, `${at}.bin`))
    for (const [at, path] of paths.entries()) await writeFile(path, sample(1000, at))
    const page = await openPage()
    await page.setInputFiles("input", paths)
    await writeFile(paths[4]!, "something else altogether")
    const found = await page.evaluate(async () => {
      const files = [...document.querySelector("input")!.files!]
      const hash = (file: File, name?: string) =>
        pool.hashBlob(file, { name }).then(
          ({ digest }) => digest as string,
          ({ code, message, details }) => ({ code, message, path: details.path }),
        )
      return [...(await Promise.all(files.map((file) => hash(file)))), await hash(files[4]!, "birds/4.bin")]
    })
    const failure = (name: string) => ({
      code: "STORAGE",
      message: expect.stringContaining(`"${name}" cannot be read any more`),
      path: name,
    })
    expect(found).toEqual([...paths.map((_, at) => (at === 4 ? failure("4.bin") : md5(sample(1000, at)))), failure("birds/4.bin")])
  })

  test("an onBytes that throws rejects its own hash and no other", async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      const onBytes = () => {
        throw new Error("mine")
      }
      const hash = (options: { onBytes?: () => void }) =>
        pool.hashBlob(new Blob(["abc"]), options).then(({ digest }) => digest as string)
      return Promise.all([hash({ onBytes }), hash({}), hash({ onBytes })].map((result) => result.catch(({ message }) => message)))
    })
    expect(found).toEqual(["mine", md5(new TextEncoder().encode("abc")), "mine"])
  })
})

// A machine that is busy with other things makes any task long once in a while.
test("the page stays responsive: no task over 50 ms for 500 files of 100 KiB and one of 200 MB", { retry: 3 }, async () => {
  const page = await openPage()
  const long = await page.evaluate(async () => {
    const piece = sample(100 * 1024, 1)
    const blobs = Array.from({ length: 500 }, () => new Blob([piece]))
    blobs.push(new Blob(Array.from({ length: 2000 }, () => piece)))
    const tasks: number[] = []
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
    await new Promise((resolve) => setTimeout(resolve, 200))
    observer.observe({ type: "longtask" })
    let next = 0
    const hashNext = async () => {
      while (next < blobs.length) await pool.hashBlob(blobs[next++]!)
    }
    await Promise.all(Array.from({ length: 64 }, hashNext))
    await new Promise((resolve) => setTimeout(resolve, 100))
    return tasks
  })
  expect(long).toEqual([])
})
