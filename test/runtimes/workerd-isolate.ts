/** A Worker whose bucket is a folder on disk, so that what one isolate wrote is there for the next. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { bundleTests } from "./bundle.ts"
import { COMPATIBILITY_DATE } from "./workerd.ts"

const entry = `
import { Api, Artifact, init } from "isofact"
import { env } from "cloudflare:workers"
import { platform } from "../../src/doors/workerd.ts"

const fill = (bytes, seed) => {
  for (let at = 0, state = seed * 2654435761; at < bytes.length; at++) bytes[at] = (state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 24
  return bytes
}
const countedStream = (size) => {
  const chunk = fill(new Uint8Array(64 * 1024), 7)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= size) return controller.close()
      const piece = chunk.slice(0, Math.min(chunk.length, size - at))
      new DataView(piece.buffer).setFloat64(0, at)
      at += piece.length
      controller.enqueue(piece)
    },
  }, { highWaterMark: 0 })
}
async function count(stream) {
  let bytes = 0
  for await (const chunk of stream) bytes += chunk.byteLength
  return bytes
}
async function log(name, add) {
  const run = await init()
  const draft = new Artifact(name, "dataset")
  await add(draft)
  const moved = { stored: 0, skipped: 0 }
  await run.logArtifact(draft, { onProgress({ type, fileDone }) {
    if (type === "store" && fileDone) moved.stored++
    if (type === "skip") moved.skipped++
  } })
  await run.finish()
  return { version: draft.version, ...moved }
}
const actions = {
  idle: () => ({}),
  log: ({ seed }) => log("tree", async (draft) => {
    for (let at = 0; at < 43; at++) {
      const bytes = fill(new Uint8Array(at % 20 === 19 ? 6 * 2 ** 20 : 500 + at * 10), Number(seed) * 100 + at)
      await draft.addFile(at % 2 ? new Blob([bytes]) : new Response(bytes).body, { name: at + ".bin" })
    }
  }),
  async check({ newest }) {
    const api = new Api()
    const versions = []
    if (await api.artifactCollectionExists("tree", "dataset")) {
      for await (const artifact of api.artifacts("dataset", "tree")) {
        const files = versions.length < Number(newest) ? (await artifact.verify(undefined, { stored: true })).verified : undefined
        versions.unshift({ version: artifact.version, files })
      }
    }
    const blobs = []
    for (let cursor; ; ) {
      const page = await env.ISOFACT.list({ prefix: "blobs/", cursor })
      blobs.push(...page.objects.map(({ key }) => key))
      if (!page.truncated) break
      cursor = page.cursor
    }
    return { versions, blobs }
  },
  write: ({ size }) => log("large", (draft) => draft.addFile(countedStream(Number(size)), { name: "large.bin" })),
  read: async () => ({ bytes: await count(await (await new Api().artifact("large:latest")).getEntry("large.bin").stream()) }),
  async fsck() {
    const { corrupt, damaged } = await platform.registry().fsck()
    return { corrupt, damaged }
  },
  async rawWrite({ size }) {
    const { readable, writable } = new FixedLengthStream(Number(size))
    countedStream(Number(size)).pipeTo(writable)
    await env.ISOFACT.put("raw", readable)
    return {}
  },
  rawRead: async () => ({ bytes: await count((await env.ISOFACT.get("raw")).body) }),
}
export default {
  async fetch(request) {
    const url = new URL(request.url)
    return Response.json(await actions[url.pathname.slice(1)](Object.fromEntries(url.searchParams)))
  },
}
`

let script: Promise<string> | undefined

export interface Isolate extends AsyncDisposable {
  // biome-ignore lint/suspicious/noExplicitAny: what an action answers is for the test to say
  ask(action: string, values?: Readonly<Record<string, number>>): Promise<any>
  inspect(): Promise<Heap>
}

interface Heap extends Disposable {
  /** Objects and buffers, garbage that has not been noticed yet included. */
  bytes(): Promise<number>
}

interface Peak {
  readonly idleMiB: number
  readonly peakMiB: number
  readonly seconds: number
}

/** Ends with its disposal, whatever it is doing. One at a time in this process. */
export async function openIsolate(folder: string): Promise<Isolate> {
  script ??= bundleTests({ door: "workerd", tests: [], entry, external: ["cloudflare:*"] })
  const modules = [{ type: "ESModule" as const, path: "worker.mjs", contents: await script }]
  const options = convertV4MiniflareOptions({
    modules,
    compatibilityDate: COMPATIBILITY_DATE,
    r2Buckets: ["ISOFACT"],
    inspectorPort: 0,
  })
  const worker = new Miniflare({ ...options, resourcePersistencePath: folder })
  await worker.ready
  return {
    async ask(action, values = {}) {
      const query = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]))
      const response = await worker.dispatchFetch(`http://worker.test/${action}?${query}`)
      if (!response.ok) throw new Error(`${action}: ${await response.text()}`)
      return response.json()
    },
    inspect: async () => inspectHeap(await worker.getInspectorURL()),
    [Symbol.asyncDispose]: () => worker.dispose(),
  }
}

/** Asks for the heap of the Worker's isolate alone: workerd as a whole holds the simulated bucket and its copies too. */
async function inspectHeap(url: URL): Promise<Heap> {
  const socket = new WebSocket(new URL("/core:user:", url))
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`there is no inspector at ${url}`))
  })
  const answers = new Map<number, (result: Record<string, number>) => void>()
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data))
    answers.get(id)?.(result)
    answers.delete(id)
  }
  let asked = 0
  const ask = (method: string) =>
    new Promise<Record<string, number>>((resolve) => {
      answers.set(++asked, resolve)
      socket.send(JSON.stringify({ id: asked, method }))
    })
  return {
    async bytes() {
      const { totalSize = 0, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await ask("Runtime.getHeapUsage")
      return totalSize + embedderHeapUsedSize + backingStorageSize
    },
    [Symbol.dispose]: () => socket.close(),
  }
}

/** Runs `work` and tells how much memory the isolate had at most, objects and buffers, in MiB. */
export async function measurePeak(isolate: Isolate, work: () => Promise<unknown>): Promise<Peak> {
  using heap = await isolate.inspect()
  const idle = await heap.bytes()
  let peak = idle
  let isDone = false
  const watch = async () => {
    while (!isDone) {
      peak = Math.max(peak, await heap.bytes())
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const watching = watch()
  const begun = performance.now()
  await work().finally(() => (isDone = true))
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  await watching
  return { idleMiB: Math.round(idle / 2 ** 20), peakMiB: Math.round(peak / 2 ** 20), seconds }
}
