import type { CollectionRecord, ProjectRecord } from "../ports.ts"
import { collectionOf, type Job, targetOf } from "./job.ts"

/** A project is made if it is not there; what one that is there lacks is filled in. */
export async function copyProject(job: Job, project: ProjectRecord): Promise<void> {
  const ref = targetOf(job, project)
  const there = await job.to.getProject(ref, job.call)
  const description = newerText(project, there)
  const artifactTypes = there === undefined ? (project.artifactTypes ?? undefined) : undefined
  if (there !== undefined && description === undefined) return
  await job.to.upsertProject(ref, { description, artifactTypes }, job.call)
}

/** Description and tags, of one that is there by now. */
export async function copyCollectionText(job: Job, collection: CollectionRecord): Promise<void> {
  const ref = collectionOf(job, collection)
  const there = await job.to.getCollection(ref, job.call)
  if (there === undefined) return
  const description = newerText(collection, there)
  const addTags = collection.tags.filter((tag) => !there.tags.includes(tag))
  if (description === undefined && addTags.length === 0) return
  await job.to.updateCollection(ref, { description, addTags }, job.call)
}

interface Dated {
  readonly description: string | null
  readonly createdAt: string
  readonly updatedAt: string | null
}

/** The source's description where the target has none, or changed its own before; undefined: leave it. */
function newerText(source: Dated, there: Dated | undefined): string | null | undefined {
  const isOther = (source.description || null) !== (there?.description || null)
  return isOther && (!there?.description || isNewer(source, there)) ? source.description : undefined
}

/** Whether the source was changed after the target last was. */
export function isNewer({ updatedAt }: Pick<Dated, "updatedAt">, there: Omit<Dated, "description">): boolean {
  return updatedAt !== null && Date.parse(updatedAt) > Date.parse(there.updatedAt ?? there.createdAt)
}
