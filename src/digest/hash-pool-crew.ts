import { MAX_TIMER_MS } from "../bytes/pause.ts"
import type { Job } from "./hash-pool-job.ts"
import { createInlineMember, createMember, type Member, type Started } from "./hash-pool-member.ts"

/** A larger Blob is read piece by piece, alone; smaller ones travel together. */
const SMALL_BYTES = 1024 * 1024
const MOST_BYTES = 8 * SMALL_BYTES
/** Twice the SIMD lanes, and as many as are answered at once. */
const LEAST_JOBS = 24
const MOST_JOBS = 240

interface CrewOptions {
  readonly size: number | undefined
  readonly idleMs: number
  /** Undefined: no worker can be had. */
  start(): Promise<Started | undefined>
  runInline(jobs: readonly Job[]): Promise<void>
}

/**
 * Returns what gives a job to the workers. It starts them one at a time, and only while more waits than those at work can take. A
 * worker has at most one large Blob, which small ones overtake, and two batches of small ones: while one is hashed, the next is read.
 */
export function createCrew({ size: limit, idleMs, start, runInline }: CrewOptions): (job: Job) => void {
  const small = new Set<Job>()
  const large = new Set<Job>()
  const members = new Set<Member>()
  let planned = false
  let starting = false
  let idle: ReturnType<typeof setTimeout> | undefined

  const plan = () => {
    if (!planned) queueMicrotask(assign)
    planned = true
  }
  const options = {
    runInline,
    onAnswer: plan,
    onStop(member: Member) {
      members.delete(member)
      plan()
    },
  }
  const assign = () => {
    planned = false
    clearTimeout(idle)
    limit ??= Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1))
    if (limit === 0 && members.size === 0) members.add(createInlineMember(options))
    const share = Math.max(LEAST_JOBS, Math.min(MOST_JOBS, Math.ceil(small.size / limit)))
    deal(large, 0, 1)
    deal(small, 0, share)
    if (small.size + large.size > 0 && members.size < limit && !starting) grow()
    deal(small, 1, share)
    idle = setTimeout(rest, Math.min(idleMs, MAX_TIMER_MS))
  }
  const deal = (queue: Set<Job>, load: number, share: number) => {
    for (const member of members) if (queue.size > 0 && loadOf(member, queue === large) === load) member.send(take(queue, share))
  }
  const grow = async () => {
    starting = true
    const started = await start()
    starting = false
    if (started === undefined) limit = members.size
    else members.add(createMember(started, options))
    plan()
  }
  const rest = () => {
    for (const member of members) if (member.batches.size === 0) member.stop()
  }
  return (job) => {
    const queue = isLarge(job) ? large : small
    queue.add(job)
    job.stop = () => queue.delete(job)
    plan()
  }
}

const isLarge = ({ blob }: Job) => blob.size > SMALL_BYTES

const loadOf = ({ batches }: Member, ofLarge: boolean) => [...batches.values()].filter(([job]) => isLarge(job!) === ofLarge).length

/** The oldest jobs, at most `count` and `MOST_BYTES`. */
function take(queue: Set<Job>, count: number): Job[] {
  const jobs: Job[] = []
  let bytes = 0
  for (const job of queue) {
    bytes += job.blob.size
    if (jobs.length === count || (jobs.length > 0 && bytes > MOST_BYTES)) break
    queue.delete(job)
    jobs.push(job)
  }
  return jobs
}
