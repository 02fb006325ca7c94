import { forEachConcurrent } from "../artifact/for-each-concurrent.ts"
import type { CollectionRef, Membership, ProjectRef, RunRecord, RunRef } from "../ports.ts"
import { ttlOf } from "./attributes.ts"
import { clientIdOf, collectionOf, type Job, nameOf } from "./job.ts"
import { copyRun } from "./runs.ts"

const runsAtOnce = 8

/**
 * A run that logged what was a version already is noted among those that logged it; when that is all it did, no version leads to it. At
 * the target it does the same again, which moves `latest`, but for a newer version of the target's own; returns the collections where that
 * happened.
 */
export async function copyRelogs(job: Job, projects: readonly ProjectRef[]): Promise<CollectionRef[]> {
  const touched = new Map<string, CollectionRef>()
  const keepLatest = createLatestKeeper(job)
  const copyOf = async (source: RunRecord, signal: AbortSignal) => {
    const copied = await copiedOf(job, source, signal)
    const run = copied.length > 0 ? await copyRun(job, source) : undefined
    if (run === undefined) return
    for (const member of await missingAt(job, copied, run, signal)) {
      await keepLatest(collectionOf(job, member.version.source), () => relog(job, member, run))
      touched.set(nameOf(member.version.source), member.version.source)
    }
  }
  for (const project of projects) await forEachConcurrent(job.from.runs(project, job.call), runsAtOnce, copyOf, job.call)
  return [...touched.values()]
}

/** What a run logged of all that was copied. */
async function copiedOf(job: Job, run: RunRef, signal: AbortSignal): Promise<Membership[]> {
  const copied: Membership[] = []
  for await (const member of job.from.runVersions(run, "logged", { signal })) {
    if (job.copies.has(member.version.id)) copied.push(member)
  }
  return copied
}

async function missingAt(job: Job, copied: readonly Membership[], target: RunRef, signal: AbortSignal): Promise<Membership[]> {
  const logged = new Set<string>()
  for await (const { version } of job.to.runVersions(target, "logged", { signal })) logged.add(version.id)
  return copied.filter(({ version }) => !logged.has(job.copies.get(version.id)!.id))
}

async function relog(job: Job, { version }: Membership, run: RunRef): Promise<void> {
  const { id } = job.copies.get(version.id)!
  const there = await job.to.getVersion(id, job.call)
  if (there?.state !== "COMMITTED") return
  const { type, source } = version
  const clientId = await clientIdOf(job, version, run)
  await job.to.createVersion(
    {
      ...collectionOf(job, source),
      type,
      digest: there.digest,
      ttl: there.ttlIsInherited ? undefined : ttlOf(there),
      run,
      clientId,
    },
    job.call,
  )
}

type LatestKeeper = (ref: CollectionRef, work: () => Promise<void>) => Promise<void>

/** Does what moves `latest` to a copy, and puts it back where it was when that is newer and no copy. */
function createLatestKeeper({ to, copies, call }: Job): LatestKeeper {
  const copied = new Set(Array.from(copies.values(), ({ id }) => id))
  // By collection: others may have moved it just now, and be about to put it back.
  const owned = new Map<string, number>()
  return async (ref, work) => {
    const name = nameOf(ref)
    const before = await to.findVersion(ref, call)
    if (before !== undefined && !copied.has(before.version.id)) owned.set(name, before.index)
    await work()
    const index = owned.get(name)
    const now = index === undefined ? undefined : await to.findVersion(ref, call)
    if (index !== undefined && now !== undefined && now.index < index) await to.addAliases({ ...ref, index }, ["latest"], call)
  }
}
