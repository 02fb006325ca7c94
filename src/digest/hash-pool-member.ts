import type { Job } from "./hash-pool-job.ts"
import type { Answer } from "./hash-worker.ts"

/** A worker that said hello, and the lock it holds for as long as it lives, where there are locks. */
export interface Started {
  readonly worker: Worker
  readonly lock: string | undefined
}

/** Somebody who hashes, and what it was given. */
export interface Member {
  readonly batches: ReadonlyMap<unknown, readonly Job[]>
  /** One Blob to be read piece by piece, or several to be read at once. */
  send(jobs: readonly Job[]): void
  /** Ends it, with whatever it still had. */
  stop(): void
}

interface MemberOptions {
  /** Does jobs on this thread, whatever became of them elsewhere; its errors are the ones to report. Never rejects. */
  runInline(jobs: readonly Job[]): Promise<void>
  /** A batch was finished. */
  onAnswer(): void
  onStop(member: Member): void
}

/** A worker. What it could not do, or had when it died, is done on this thread. */
export function createMember({ worker, lock }: Started, { runInline, onAnswer, onStop }: MemberOptions): Member {
  const batches = new Map<number, readonly Job[]>()
  let lastId = 0
  const stop = () => {
    worker.terminate()
    for (const jobs of batches.values()) runInline(jobs)
    batches.clear()
    onStop(member)
  }
  worker.onerror = stop
  // A worker that is killed sends no event, but it lets go of its lock.
  if (lock !== undefined) navigator.locks.request(lock, stop).catch(stop)
  worker.onmessage = ({ data: [id, news] }: MessageEvent<Answer>) => {
    const jobs = batches.get(id)!
    if (typeof news === "number") return jobs[0]!.report(news)
    batches.delete(id)
    for (const [at, job] of jobs.entries()) if (news[at]) job.resolve(news[at])
    runInline(jobs)
    onAnswer()
  }
  const member: Member = {
    batches,
    send(jobs) {
      const id = ++lastId
      batches.set(id, jobs)
      for (const job of jobs) job.stop = () => worker.postMessage([id])
      worker.postMessage([id, jobs.map(({ blob }) => blob)])
    },
    stop,
  }
  return member
}

/** This thread, where there are no workers. */
export function createInlineMember({ runInline, onAnswer }: MemberOptions): Member {
  const batches = new Map<unknown, readonly Job[]>()
  return {
    batches,
    send(jobs) {
      batches.set(jobs, jobs)
      runInline(jobs).then(() => {
        batches.delete(jobs)
        onAnswer()
      })
    },
    stop() {},
  }
}
