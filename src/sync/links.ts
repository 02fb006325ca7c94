import { collect } from "../bytes/ahead.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { CollectionRecord, Membership } from "../ports.ts"
import { settleAliases } from "./aliases.ts"
import { findCopy } from "./find-copy.ts"
import { collectionOf, type Job, nameOf, noteFailure } from "./job.ts"
import { copyCollectionText } from "./places.ts"

/** A portfolio with its versions in their order. */
export async function copyLinks(job: Job, portfolio: CollectionRecord): Promise<void> {
  const { from, to, tally, call } = job
  const ref = collectionOf(job, portfolio)
  const isThere = (await to.getCollection(ref, call)) !== undefined
  const linked = new Set(isThere ? (await collect(to.versions(ref, call))).map(({ version }) => version.id) : [])
  const members = (await collect(from.versions(portfolio, call))).reverse()
  for (const member of members) {
    try {
      const copy = await requireCopy(job, member)
      if (linked.has(copy)) tally.links.present++
      else {
        await to.link(copy, ref, member.aliases, call)
        linked.add(copy)
        tally.links.sent++
      }
    } catch (error) {
      noteFailure(job, "links", member, error)
    }
  }
  await copyCollectionText(job, portfolio)
  await settleAliases(job, portfolio, members)
}

async function requireCopy(job: Job, { version }: Membership): Promise<string> {
  const copy = await findCopy(job, version)
  if (copy !== undefined) return copy.id
  const path = `${nameOf(version.source)}:v${version.source.index}`
  throw new EntryNotFoundError(`${path} is linked here but is not in ${job.to.name}: sync its collection too`, { path })
}
