import type { VersionChanges, VersionRecord } from "../ports.ts"
import { isEqualJson } from "./equal-json.ts"
import { clientIdOf, type Job } from "./job.ts"
import { isNewer } from "./places.ts"

/**
 * What was changed at the source since the version was copied: description, metadata and ttl, unless the target changed them later, and
 * tags. A version that somebody else logged at the target with the same content is left as it is.
 */
export async function copyAttributes(job: Job, source: VersionRecord, there: VersionRecord, isNew: boolean): Promise<void> {
  const changes = changesOf(source, there, isNew || isNewer(source, there))
  if (Object.keys(changes).length === 0) return
  if (!isNew && (await job.to.resolveClientId(await clientIdOf(job, source), job.call)) !== there.id) return
  await job.to.updateVersion(there.id, changes, job.call)
}

function changesOf(source: VersionRecord, there: VersionRecord, isNewer: boolean): VersionChanges {
  const changes: { -readonly [K in keyof VersionChanges]: VersionChanges[K] } = {}
  const addTags = source.tags.filter((tag) => !there.tags.includes(tag))
  if (addTags.length > 0) changes.addTags = addTags
  if (!isNewer) return changes
  if ((source.description || null) !== (there.description || null)) changes.description = source.description
  if (!isEqualJson(source.metadata, there.metadata)) changes.metadata = source.metadataText ?? source.metadata
  if (ttlOf(source) !== ttlOf(there)) changes.ttl = ttlOf(source)
  return changes
}

export function ttlOf({ ttl, ttlIsInherited }: VersionRecord): number | "inherit" | null {
  return ttlIsInherited ? "inherit" : ttl
}
