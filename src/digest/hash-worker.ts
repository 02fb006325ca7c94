import type { Digest } from "../core/digest-text.ts"
import type { Hasher } from "../ports.ts"
import { createPause, openHasher, readChunks, readTogether } from "./hash-pool-engine.ts"
import { createSimdHasher } from "./md5-simd.ts"

/** From the pool: a batch to hash, or, without Blobs, one to give up. */
export type Order = readonly [id: number, blobs?: readonly Blob[]]
/** To the pool: the digests of a batch, undefined for what failed; or the bytes done so far of its only Blob. */
export type Answer = readonly [id: number, news: number | readonly (Digest | undefined)[]]
/** The first message: the name of a lock that is held for as long as the worker lives, where there are locks. */
export interface Hello {
  readonly lock: string | undefined
}

const REPORT_MS = 100

const pause = createPause()
const scope = globalThis as unknown as Pick<Worker, "onmessage" | "postMessage">
const wanted = new Set<number>()
let opening: Promise<Hasher> | undefined

scope.onmessage = async ({ data: [id, blobs] }: MessageEvent<Order>) => {
  if (blobs === undefined) return wanted.delete(id)
  wanted.add(id)
  opening ??= openHasher().then((fallback) => createSimdHasher({ fallback }))
  // An answer comes whatever happens: a rejection in here is an error event for nobody.
  const digests = await opening.then((hasher) => hashBatch(id, blobs, hasher)).catch(ignore)
  wanted.delete(id)
  scope.postMessage([id, digests ?? []] satisfies Answer)
}

/** Why it failed is found out by the pool, which tries again itself. */
const ignore = () => undefined

const hashBatch = async (id: number, blobs: readonly Blob[], hasher: Hasher) =>
  blobs.length === 1 ? [await hashOne(id, blobs[0]!, hasher)] : hashTogether(id, blobs, hasher)

async function hashTogether(id: number, blobs: readonly Blob[], hasher: Hasher): Promise<(Digest | undefined)[]> {
  const pieces = await readTogether(blobs).catch(ignore)
  if (pieces !== undefined) return hasher.hashMany!(pieces)
  return Promise.all(blobs.map((blob) => hashOne(id, blob, hasher).catch(ignore)))
}

/** Given up, it answers undefined. */
async function hashOne(id: number, blob: Blob, hasher: Hasher): Promise<Digest | undefined> {
  const state = await hasher.create()
  let done = 0
  let reported = performance.now()
  for await (const chunk of readChunks(blob)) {
    if (!wanted.has(id)) return undefined
    await state.update(chunk)
    done += chunk.byteLength
    await pause()
    if (performance.now() - reported < REPORT_MS) continue
    reported = performance.now()
    scope.postMessage([id, done] satisfies Answer)
  }
  return state.digest()
}

const hello = (lock?: string) => scope.postMessage({ lock } satisfies Hello)
const lock = `isofact-hash-worker-${Math.random()}`
if (navigator.locks === undefined) hello()
else {
  const forever = () => {
    hello(lock)
    return new Promise<never>(() => {})
  }
  navigator.locks.request(lock, forever).catch(() => hello())
}
