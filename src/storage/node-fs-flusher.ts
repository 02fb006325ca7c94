import { rmSync } from "node:fs"
import { dirname } from "node:path"
import { syncDirectory, syncFile } from "./node-fs-durable.ts"
import { isMissing } from "./node-fs-errors.ts"

/** Enough that their flushes share the work of the file system's journal. */
const BATCH = 256
/** As many as Node's thread pool runs at once. */
const CONCURRENCY = 4

/**
 * Makes files durable in batches. A flush of its own for each new small file, and one for its name, takes over half a millisecond;
 * a batch whose writes all came first takes a quarter of that, and goes on in the background while more files come.
 */
export interface Flusher {
  /** A file that is in place; its name is made durable too. */
  add(path: string): void
  addDirectory(path: string): void
  /** Resolves once everything added before this call would survive a power failure. Rejects when something could not be flushed. */
  flush(): Promise<void>
}

export function createFlusher(): Flusher {
  let files = new Set<string>()
  let directories = new Set<string>()
  let running: Promise<void> | undefined
  let waiting = 0
  // Told to everybody who waits while it is news: whose file it was is not known.
  let failure: { error: unknown } | undefined

  const runBatch = async () => {
    const batch = { files, directories }
    files = new Set()
    directories = new Set()
    try {
      await syncAll(batch.files, syncOrRemove)
      // Names last: a name that survives while its bytes do not would be a damaged blob.
      await syncAll(batch.directories, syncDirectory)
    } catch (error) {
      failure ??= { error }
    }
  }
  const start = (): Promise<void> => {
    running = runBatch().finally(() => {
      running = undefined
      if (files.size >= BATCH) start()
    })
    return running
  }

  return {
    add(path) {
      files.add(path)
      directories.add(dirname(path))
      if (files.size >= BATCH && running === undefined) start()
    },
    addDirectory(path) {
      directories.add(path)
    },
    async flush() {
      waiting++
      try {
        // What is running may have begun before the last file was added; the one after it has them all.
        await running
        await (running ?? (files.size + directories.size > 0 ? start() : undefined))
        if (failure !== undefined) throw failure.error
      } finally {
        waiting--
        if (waiting === 0) failure = undefined
      }
    },
  }
}

async function syncAll(paths: Iterable<string>, sync: (path: string) => Promise<void>): Promise<void> {
  const rest = paths[Symbol.iterator]()
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await sync(next.value).catch(ignoreMissing)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

/** After a failed flush the system may have dropped the bytes and will not say so again: such a file must not be taken for stored. */
async function syncOrRemove(path: string): Promise<void> {
  try {
    await syncFile(path)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

/** Removed in the meantime, so there is nothing left to lose. */
function ignoreMissing(error: unknown): void {
  if (!isMissing((error as Error).cause)) throw error
}
