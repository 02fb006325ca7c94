import { forEachConcurrent } from "../artifact/map-concurrent.ts"
import type { CollectionRef, Membership, RunRef } from "../ports.ts"
import { ttlOf } from "./attributes.ts"
import { clientIdOf, collectionOf, type Job, nameOf } from "./job.ts"

const runsAtOnce = 8

/**
 * A run that logged what was a version already is noted among those that logged it. At the target it does the same again, which moves
 * `latest`; returns the collections where that happened.
 */
export async function copyRelogs(job: Job): Promise<CollectionRef[]> {
  const touched = new Map<string, CollectionRef>()
  const copyOf = async ([path, copying]: readonly [string, Promise<RunRef | undefined>], signal: AbortSignal) => {
    const run = await copying
    if (run === undefined) return
    for (const member of await missingAt(job, sourceRun(path), run, signal)) {
      await relog(job, member, run)
      touched.set(nameOf(member.version.source), member.version.source)
    }
  }
  await forEachConcurrent(job.runs, runsAtOnce, copyOf, job.call)
  return [...touched.values()]
}

/** No part of a path can hold a slash. */
function sourceRun(path: string): RunRef {
  const [entity, project, run] = path.split("/") as [string, string, string]
  return { entity, project, run }
}

async function missingAt(job: Job, source: RunRef, target: RunRef, signal: AbortSignal): Promise<Membership[]> {
  const missing: Membership[] = []
  for await (const member of job.from.runVersions(source, "logged", { signal })) {
    if (job.copies.has(member.version.id)) missing.push(member)
  }
  if (missing.length === 0) return []
  const logged = new Set<string>()
  for await (const { version } of job.to.runVersions(target, "logged", { signal })) logged.add(version.id)
  return missing.filter(({ version }) => !logged.has(job.copies.get(version.id)!.id))
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
