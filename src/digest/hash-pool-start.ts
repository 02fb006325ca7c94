import type { Started } from "./hash-pool-member.ts"
import type { Hello } from "./hash-worker.ts"

/** A worker that has not said hello by then never will. */
const HELLO_MS = 5000

/**
 * Returns what starts a worker, in the first way that works: as the file beside this module, then by a Blob that imports that file, as
 * pages must whose libraries come from another origin. A way that failed is not tried again; with none left, undefined.
 */
export function createStarter(given: URL | (() => Worker) | undefined): () => Promise<Started | undefined> {
  const ways = typeof Worker === "undefined" ? [] : waysToStart(given)
  return async () => {
    for (; ways.length > 0; ways.shift()) {
      const started = await greet(ways[0]!)
      if (started !== undefined) return started
    }
    return undefined
  }
}

function waysToStart(given: URL | (() => Worker) | undefined): (() => Worker)[] {
  if (typeof given === "function") return [given]
  const type = "module"
  // Written as bundlers know it; the second time as they do not, or they would carry the file twice.
  const file = () =>
    given === undefined ? new Worker(new URL("./hash-worker.js", import.meta.url), { type: "module" }) : new Worker(given, { type })
  let blob: string | undefined
  const imported = () => {
    const url = JSON.stringify(given ?? beside(import.meta.url))
    // One for all workers, so that it need not be known when the last has read it.
    blob ??= URL.createObjectURL(new Blob([`import ${url}`], { type: "text/javascript" }))
    return new Worker(blob, { type })
  }
  return [file, imported]
}

const beside = (base: string) => new URL("./hash-worker.js", base)

/** Undefined: refused, not found, or silent. */
function greet(way: () => Worker): Promise<Started | undefined> {
  return new Promise((resolve) => {
    let worker: Worker | undefined
    const fail = () => {
      worker?.terminate()
      resolve(undefined)
    }
    const timer = setTimeout(fail, HELLO_MS)
    try {
      const fresh = way()
      worker = fresh
      fresh.onerror = fail
      fresh.onmessage = ({ data }: MessageEvent<Hello>) => {
        clearTimeout(timer)
        resolve({ worker: fresh, ...data })
      }
    } catch {
      fail()
    }
  })
}
