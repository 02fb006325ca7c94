import type { VersionRecord } from "../ports.ts"
import { type Copy, clientIdOf, collectionOf, isChosen, isSelected, type Job } from "./job.ts"
import { openSequence } from "./sequence.ts"

/** What a version of the source is at the target; copied now when its turn has not come yet. Undefined: it is not there. */
export async function findCopy(job: Job, version: VersionRecord): Promise<Copy | undefined> {
  const { id, source } = version
  if (!job.copies.has(id) && source.index !== undefined && isSelected(job, source) && isChosen(job, source)) {
    const collection = await job.from.getCollection(source, job.call)
    if (collection !== undefined) await (await openSequence(job, collection)).advance(source.index)
  }
  const copy = job.copies.get(id) ?? (await lookUp(job, version))
  if (copy !== undefined) job.copies.set(id, copy)
  return copy
}

/** One that another sync brought, or that has this content anyway. */
async function lookUp(job: Job, version: VersionRecord): Promise<Copy | undefined> {
  const { to, call } = job
  const id = await to.resolveClientId(await clientIdOf(job, version), call)
  const [member] = id === undefined ? [] : await to.memberships(id, call)
  if (member !== undefined) return { id: member.version.id, index: member.index }
  const ref = collectionOf(job, version.source)
  if ((await to.getCollection(ref, call)) === undefined) return undefined
  for await (const { version: other, index } of to.versions(ref, call)) {
    if (other.digest === version.digest) return { id: other.id, index }
  }
  return undefined
}
