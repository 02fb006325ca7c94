import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import type { Digest } from "../core/digest-text.ts"
import { StorageError } from "../errors.ts"
import type { HashThreads, ThreadHash } from "../ports.ts"

/** A string, since a file beside this one would be lost in a bundle. One hash at a time; null ends it. */
const program = `
const { parentPort } = require("node:worker_threads")
const { createHash } = require("node:crypto")
let hash
parentPort.on("message", (bytes) => {
  hash ??= createHash("md5")
  if (bytes !== null) hash.update(bytes)
  parentPort.postMessage(bytes === null ? hash.digest("base64") : undefined)
  if (bytes === null) hash = undefined
})`

const IDLE_MS = 2_000

/**
 * MD5 by `node:crypto` on threads that are started by the first large files, and end when
 * nothing has come for a while; none keeps the process alive.
 */
export function createHashThreads(limit: number = Math.max(1, Math.min(4, availableParallelism() - 1))): HashThreads {
  const idle: Thread[] = []
  let count = 0
  let canStart = true
  const takeIdle = () => {
    for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) if (!thread.hasEnded()) return thread
    return undefined
  }
  const start = async () => {
    if (!canStart || count >= limit) return undefined
    count++
    const thread = await startThread(() => count--)
    canStart = thread !== undefined
    return thread
  }
  return {
    allocate: (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
    async open() {
      const thread = takeIdle() ?? (await start())
      return thread && hashOn(thread, () => idle.push(thread))
    },
  }
}

function hashOn(thread: Thread, release: () => void): ThreadHash {
  const end = async () => {
    const digest = await thread.ask(null)
    thread.rest()
    release()
    return digest as Digest
  }
  thread.wake()
  return {
    update: async (bytes) => void (await thread.ask(bytes)),
    digest: end,
    abandon: async () => void (await end().catch(() => undefined)),
  }
}

interface Thread {
  ask(bytes: Uint8Array | null): Promise<unknown>
  hasEnded(): boolean
  wake(): void
  rest(): void
}

/** Undefined where threads are not allowed, or MD5 is not. */
async function startThread(onEnd: () => void): Promise<Thread | undefined> {
  const waiting: { resolve(answer: unknown): void; reject(reason: unknown): void }[] = []
  let hasEnded = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = () => {
    if (!hasEnded) onEnd()
    hasEnded = true
    for (const { reject } of waiting.splice(0))
      reject(new StorageError("the thread that hashed a file has ended", { operation: "hash" }))
  }
  try {
    const worker = new Worker(program, { eval: true, name: "isofact-md5" })
    worker.on("message", (answer) => waiting.shift()?.resolve(answer))
    worker.on("error", end)
    worker.on("exit", end)
    const thread: Thread = {
      ask: (bytes) =>
        new Promise((resolve, reject) => {
          waiting.push({ resolve, reject })
          if (hasEnded) end()
          else worker.postMessage(bytes)
        }),
      hasEnded: () => hasEnded,
      wake() {
        clearTimeout(timer)
        worker.ref()
      },
      rest() {
        worker.unref()
        timer = setTimeout(() => {
          end()
          void worker.terminate()
        }, IDLE_MS).unref()
      },
    }
    await thread.ask(null)
    return thread
  } catch {
    end()
    return undefined
  }
}
