import { collect } from "../bytes/ahead.ts"
import type { CollectionRef, Membership } from "../ports.ts"
import { collectionOf, type Job } from "./job.ts"

/**
 * Puts each alias at the target where the source has it. One that only the target has stays, and so does `latest` where it is on a newer
 * version that was logged or linked there by somebody else.
 */
export async function settleAliases(job: Job, collection: CollectionRef, members?: readonly Membership[]): Promise<void> {
  const { from, to, copies, call } = job
  const ref = collectionOf(job, collection)
  if ((await to.getCollection(ref, call)) === undefined) return
  const there = await collect(to.versions(ref, call))
  const own = new Set<string>()
  const wanted: (readonly [at: Membership, alias: string])[] = []
  for (const { version, aliases } of members ?? (await collect(from.versions(collection, call)))) {
    const copy = copies.get(version.id)
    const at = there.find((member) => member.version.id === copy?.id)
    if (at === undefined) continue
    own.add(at.version.id)
    for (const alias of aliases) wanted.push([at, alias])
  }
  const missing = new Map<number, string[]>()
  for (const [at, alias] of wanted) {
    const now = there.find((member) => member.aliases.includes(alias))
    if (now?.index === at.index) continue
    if (alias === "latest" && now !== undefined && now.index > at.index && !own.has(now.version.id)) continue
    missing.set(at.index, [...(missing.get(at.index) ?? []), alias])
  }
  for (const [index, aliases] of missing) await to.addAliases({ ...ref, index }, aliases, call)
}
