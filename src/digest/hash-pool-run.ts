import type { StoredFile } from "../ports.ts"
import { createCrew } from "./hash-pool-crew.ts"
import { type Inline, openInline } from "./hash-pool-inline.ts"
import { type HashBlobOptions, type Job, runJob } from "./hash-pool-job.ts"
import type { Started } from "./hash-pool-member.ts"

interface RunOptions {
  readonly size?: number | undefined
  readonly idleMs?: number | undefined
  start(): Promise<Started | undefined>
}

interface Pool {
  inline(): Promise<Inline>
  hashBlob(blob: Blob, options?: HashBlobOptions): Promise<StoredFile>
}

/** What `createHashPool` loads when it is first asked for something. */
export function openPool({ size, idleMs = 10_000, start }: RunOptions): Pool {
  let opening: Promise<Inline> | undefined
  const inline = () => (opening ??= openInline())
  const runInline = async (jobs: readonly Job[]) => {
    const wanted = jobs.filter((job) => !job.ended)
    if (wanted.length > 0) await (await inline()).run(wanted)
  }
  const addJob = createCrew({ size, idleMs, start, runInline })
  return {
    inline,
    hashBlob: (blob, options = {}) => runJob(blob, options, isPlain(blob) ? addJob : (job) => runInline([job])),
  }
}

/** A subclass that has its bytes elsewhere would arrive at a worker without them. */
function isPlain(blob: Blob): boolean {
  const { arrayBuffer, stream } = Blob.prototype
  return blob.arrayBuffer === arrayBuffer && blob.stream === stream
}
