import { forEachConcurrent } from "../artifact/for-each-concurrent.ts"
import { collect } from "../bytes/ahead.ts"
import type { CollectionRecord, Membership } from "../ports.ts"
import { settleAliases } from "./aliases.ts"
import { copyAttributes } from "./attributes.ts"
import { copyVersion } from "./copy-version.ts"
import { collectionOf, type Job, nameOf, noteFailure, type Sequence } from "./job.ts"
import { copyCollectionText } from "./places.ts"
import { copyUses } from "./runs.ts"

/** Requests kept in flight for what is only looked up. */
const lookUpsAtOnce = 16

/** The versions of a collection, oldest first; one at a time, so that their numbers are in the order of the source. */
export async function openSequence(job: Job, collection: CollectionRecord): Promise<Sequence> {
  const name = nameOf(collection)
  const begun = job.open.get(name)
  if (begun !== undefined) return begun
  const members = (await collect(job.from.versions(collection, job.call))).reverse()
  const equal = await listTarget(job, collection)
  let next = 0
  let isBusy = false
  const sequence: Sequence = {
    async advance(index) {
      if (isBusy) return
      isBusy = true
      try {
        while (next < members.length && members[next]!.index <= index) await copyMember(job, members[next++]!, equal)
      } finally {
        isBusy = false
      }
    },
    async finish() {
      const copied = members.filter(({ version }) => job.copies.has(version.id))
      await forEachConcurrent(copied, lookUpsAtOnce, (member) => copyUses(job, member), job.call)
      await copyCollectionText(job, collection)
      await settleAliases(job, collection, members)
      job.open.delete(name)
    },
  }
  job.open.set(name, sequence)
  return sequence
}

/** What the target has, by the digest of its manifest; of equal ones the newest, as logging again would take it. */
async function listTarget(job: Job, collection: CollectionRecord): Promise<Map<string, Membership>> {
  const ref = collectionOf(job, collection)
  const equal = new Map<string, Membership>()
  if ((await job.to.getCollection(ref, job.call)) === undefined) return equal
  for await (const member of job.to.versions(ref, job.call)) {
    if (!equal.has(member.version.digest)) equal.set(member.version.digest, member)
  }
  return equal
}

async function copyMember(job: Job, member: Membership, equal: Map<string, Membership>): Promise<void> {
  const { version } = member
  const { versions } = job.tally
  const known = equal.get(version.digest)
  try {
    const { member: there, isNew } = known ? { member: known, isNew: false } : await copyVersion(job, member)
    job.copies.set(version.id, { id: there.version.id, index: there.index })
    equal.set(version.digest, there)
    versions[isNew ? "sent" : "present"]++
    await copyAttributes(job, version, there.version, isNew)
    job.progress.done("commit", `${member.collection.collection}:v${member.index}`)
  } catch (error) {
    if (await isGone(job, version.id)) return
    noteFailure(job, "versions", member, error)
  }
}

/** Deleted since it was listed: nothing to copy, and nothing wrong. */
async function isGone(job: Job, id: string): Promise<boolean> {
  job.call.signal?.throwIfAborted()
  const version = await job.from.getVersion(id, job.call).catch(() => null)
  return version === undefined || version?.state === "DELETED"
}
