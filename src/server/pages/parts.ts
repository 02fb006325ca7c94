import { registryNameOf } from "../../core/names.ts"
import type { CollectionRecord, Membership, ProjectRef, RunRecord } from "../../ports.ts"
import { count, name } from "./format.ts"
import { type Html, html, type Piece } from "./html.ts"
import { type Links, withQuery } from "./links.ts"
import type { Crumb, Visit } from "./visit.ts"

export function projectCrumbs(links: Links, { entity, project }: ProjectRef): Crumb[] {
  return [
    { label: entity, href: links.entity(entity) },
    { label: registryNameOf(project) ?? project, href: links.project({ entity, project }) },
  ]
}

export function collectionCrumbs(links: Links, collection: CollectionRecord): Crumb[] {
  return [...projectCrumbs(links, collection), { label: collection.type, href: links.type(collection, collection.type) }]
}

export function memberCrumbs(links: Links, { collection }: Membership): Crumb[] {
  return [...collectionCrumbs(links, collection), { label: collection.collection, href: links.collection(collection) }]
}

export function memberName({ collection, index }: Membership): string {
  return `${collection.collection}:v${index}`
}

export function memberLink(links: Links, member: Membership): Html {
  return html`<a href="${links.version(member)}">${name(memberName(member))}</a>`
}

export function runLink(links: Links, run: RunRecord): Html {
  return html`<a href="${links.run(run)}">${name(run.displayName || run.run)}</a>`
}

/** Each part of a path with its folder's address, from the root on. */
export function pathLinks({ links }: Visit, member: Membership, path: string): Html {
  const parts = path === "" ? [] : path.split("/")
  const root = parts.length === 0 ? html`Files` : html`<a href="${links.files(member)}">Files</a>`
  const rest = parts.map((part, at) => {
    const isLast = at === parts.length - 1
    const label = isLast ? name(part) : html`<a href="${links.files(member, parts.slice(0, at + 1).join("/"))}">${name(part)}</a>`
    return html` <span class="slash">/</span> ${label}`
  })
  return html`<span class="path">${root}${rest}</span>`
}

export function chips(kind: "alias" | "tag", words: readonly string[]): Html | undefined {
  if (words.length === 0) return undefined
  const label = kind === "alias" ? "Aliases" : "Tags"
  return html`<ul class="chips" aria-label="${label}">${words.map((word) => html`<li class="${kind}">${name(word)}</li>`)}</ul>`
}

/** A paragraph that somebody wrote: text, whatever it looks like, with its lines kept. */
export function prose(text: string | null): Html | undefined {
  return text ? html`<p class="prose" dir="auto">${text}</p>` : undefined
}

export interface Column {
  readonly label: string
  /** `number` stands right; `minor` gives way on narrow screens. */
  readonly style?: "number" | "minor" | "minor number" | undefined
}

/** `even` columns stand below each other in all tables of a page; `data` is what others made of their rows, close together. */
type Layout = "plain" | "even" | "data"

/** A table that scrolls by itself where the page is too narrow. The first cell of a row names it. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Piece[])[],
  layout: Layout = "plain",
): Html {
  const cell = (piece: Piece, at: number) => {
    const style = columns[at]!.style ?? "text"
    return at === 0 ? html`<th scope="row">${piece}</th>` : html`<td class="${style}">${piece}</td>`
  }
  return html`<div class="scroll ${layout}" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ label, style = "text" }) => html`<th scope="col" class="${style}">${label}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${row.map(cell)}</tr>
`,
  )}</tbody>
</table></div>`
}

export function facts(rows: readonly (readonly [label: string, value: Piece])[]): Html {
  const shown = rows.filter(([, value]) => value !== undefined)
  return html`<dl class="facts">${shown.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`
}

export const pageLength = 200

export interface Slice<T> {
  readonly items: readonly T[]
  readonly first: number
  /** Undefined where the end was not looked for. */
  readonly total: number | undefined
  readonly hasMore: boolean
}

/** The page's number in the address, from 1 on. */
export function pageNumber({ query }: Visit): number {
  const page = Number(query.get("page") ?? 1)
  return Number.isSafeInteger(page) && page >= 1 && page <= 1e9 ? page : 1
}

/** The part of a list that this visit asks for. */
export function slice<T>(visit: Visit, list: readonly T[]): Slice<T> {
  const first = (pageNumber(visit) - 1) * pageLength
  return { items: list.slice(first, first + pageLength), first, total: list.length, hasMore: first + pageLength < list.length }
}

/** The same of a list whose end may be far: no more of it is read than is shown. */
export async function sliceOf<T>(visit: Visit, list: AsyncIterable<T>, length = pageLength): Promise<Slice<T>> {
  const first = (pageNumber(visit) - 1) * length
  const items: T[] = []
  let at = 0
  for await (const item of list) {
    if (at++ < first) continue
    if (items.length === length) return { items, first, total: undefined, hasMore: true }
    items.push(item)
  }
  return { items, first, total: at, hasMore: false }
}

/** Links to the pages before and after; nothing for a list that fits on one. */
export function pager(visit: Visit, { items, first, total, hasMore }: Slice<unknown>): Html | undefined {
  if (first === 0 && !hasMore) return undefined
  const page = pageNumber(visit)
  const to = (number: number, label: string, rel: string) => {
    const parameters = { ...Object.fromEntries(visit.query), page: number === 1 ? undefined : number }
    return html`<a href="${withQuery(new URL(visit.request.url).pathname, parameters)}" rel="${rel}">${label}</a>`
  }
  const range = items.length === 0 ? "None" : `${count(first + 1)}–${count(first + items.length)}`
  return html`<nav class="pager" aria-label="Pages">${page > 1 && to(page - 1, "← Previous", "prev")}
<span>${range}${total !== undefined && ` of ${count(total)}`}</span>
${hasMore && to(page + 1, "Next →", "next")}</nav>`
}
