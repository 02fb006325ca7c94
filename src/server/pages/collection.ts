import type { CollectionRecord, Membership } from "../../ports.ts"
import { count, name, size, time } from "./format.ts"
import { html, type Piece } from "./html.ts"
import { chips, collectionCrumbs, facts, pager, prose, sliceOf, table } from "./parts.ts"
import type { Answer, Page, Visit } from "./visit.ts"

const columns = [
  { label: "Version" },
  { label: "Aliases" },
  { label: "Tags", style: "minor" },
  { label: "Size", style: "number" },
  { label: "Files", style: "minor number" },
  { label: "Added", style: "minor" },
  { label: "Digest", style: "minor" },
] as const

/** A collection's versions, newest first. */
export async function collectionPage(
  visit: Visit,
  entity: string,
  project: string,
  type: string,
  collection: string,
): Promise<Answer> {
  const { call, links } = visit
  const found = await call.registry.getCollection({ entity, project, collection }, { signal: call.signal })
  if (found === undefined) return undefined
  // Types change, and addresses that are written down do not.
  return found.type === type ? showCollection(visit, found) : { redirect: links.collection(found) }
}

async function showCollection(visit: Visit, found: CollectionRecord): Promise<Page> {
  const { call, links } = visit
  const part = await sliceOf(visit, call.registry.versions(found, { signal: call.signal }))
  const rows = part.items.map((member) => versionRow(visit, member))
  const list = rows.length > 0 ? table("Versions", columns, rows) : html`<p class="none">There are no versions yet.</p>`
  const body = html`<div class="head"><p class="kind">${name(found.type)}${found.kind === "portfolio" && " · links"}</p>
<h1>${name(found.collection)}</h1>${chips("tag", found.tags)}</div>
${prose(found.description)}
${facts([
  ["Created", time(found.createdAt)],
  ["Changed", found.updatedAt === null ? undefined : time(found.updatedAt)],
  ["Holds", found.kind === "portfolio" ? "links to versions of other collections" : undefined],
])}
<section><h2>Versions</h2>${list}${pager(visit, part)}</section>`
  return { title: found.collection, crumbs: collectionCrumbs(links, found), body }
}

function versionRow({ links }: Visit, member: Membership): Piece[] {
  const { index, aliases, version } = member
  return [
    html`<a href="${links.version(member)}">v${index}</a>`,
    chips("alias", aliases),
    chips("tag", version.tags),
    size(version.size),
    count(version.fileCount),
    time(member.createdAt),
    html`<code>${version.digest.slice(0, 12)}</code>`,
  ]
}
