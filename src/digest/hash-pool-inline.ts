import { readHashed } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import type { Hasher } from "../ports.ts"
import { toContent } from "./content.ts"
import { createPause, openHasher, readChunks, readTogether } from "./hash-pool-engine.ts"
import type { Job } from "./hash-pool-job.ts"

const AT_ONCE = 4

export interface Inline {
  readonly hasher: Hasher
  /** Settles the jobs, and fulfils when all are. */
  run(jobs: readonly Job[]): Promise<void>
}

/** Hashes on this thread, and lets it see to other things every few milliseconds. */
export async function openInline(): Promise<Inline> {
  const hasher = await openHasher()
  const pause = createPause()
  const hashOne = async (job: Job) => {
    const state = await hasher.create()
    let done = 0
    for await (const chunk of readChunks(job.blob)) {
      if (job.ended) return
      await state.update(chunk)
      done += chunk.byteLength
      job.report(done)
      await pause()
    }
    job.resolve(await state.digest())
  }
  const hashTogether = async (jobs: readonly Job[]) => {
    const digests: Digest[] = []
    for (const bytes of await readTogether(jobs.map(({ blob }) => blob))) {
      digests.push(await hasher.hash(bytes))
      await pause()
    }
    for (const [at, job] of jobs.entries()) job.resolve(digests[at]!)
  }
  const hashEach = async (jobs: readonly Job[]) => {
    for (const job of jobs) if (!job.ended) await hashOne(job).catch(() => explain(job, hasher))
  }
  const limit = createLimit(AT_ONCE)
  return {
    hasher,
    run: (jobs) => limit(() => (jobs.length > 1 ? hashTogether(jobs).catch(() => hashEach(jobs)) : hashEach(jobs))),
  }
}

/** Tries once more, in the way of all content: it knows what to say to whoever picked the file. */
async function explain(job: Job, hasher: Hasher): Promise<void> {
  try {
    const { digest } = await readHashed(toContent(job.blob, { name: job.name }), hasher, { signal: job.signal })
    job.resolve(digest)
  } catch (error) {
    job.reject(error)
  }
}

function createLimit(count: number) {
  const waiting: (() => void)[] = []
  let free = count
  return async (work: () => Promise<void>): Promise<void> => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    await work()
    const next = waiting.shift()
    if (next !== undefined) next()
    else free++
  }
}
