import type { Connection } from "./indexeddb-connection.ts"

const LARGE_BYTES = 64_000

interface Job {
  readonly write: (rows: IDBObjectStore) => void
  readonly path: string
  readonly needed: number | undefined
  resolve(): void
  reject(reason: unknown): void
}

/** Queues writes; resolves when they are stored. */
export type WriteRows = (path: string, write: (rows: IDBObjectStore) => void, needed?: number) => Promise<void>

/**
 * Writes of many callers share a transaction: those that come while one is under way go together in the next, which for small rows is
 * two to three times as fast. When a shared one fails each is tried alone, so that one that does not fit fails by itself.
 */
export function createGroupedWrites({ transact }: Connection): WriteRows {
  let waiting: Job[] = []
  let busy = false

  const commit = (jobs: readonly Job[]) => {
    const [{ path, needed } = {}] = jobs
    // Rows are on disk when the next record is; large values, which browsers keep in files of their own, need to be asked for.
    const durability = jobs.some((job) => (job.needed ?? 0) >= LARGE_BYTES) ? "strict" : "relaxed"
    const work = async (rows: IDBObjectStore) => {
      for (const { write } of jobs) write(rows)
    }
    return transact("readwrite", work, { durability, path, needed })
  }
  const commitAlone = async (job: Job) => commit([job]).then(job.resolve, job.reject)
  const flush = async () => {
    busy = true
    while (waiting.length > 0) {
      const jobs = waiting
      waiting = []
      const isStored =
        jobs.length > 1 &&
        (await commit(jobs).then(
          () => true,
          () => false,
        ))
      for (const job of jobs) await (isStored ? job.resolve() : commitAlone(job))
    }
    busy = false
  }

  return (path, write, needed) =>
    new Promise((resolve, reject) => {
      waiting.push({ path, write, needed, resolve, reject })
      if (!busy) void flush()
    })
}
