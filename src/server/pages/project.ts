import { collect, mapAhead } from "../../bytes/ahead.ts"
import { registryNameOf } from "../../core/names.ts"
import type { CollectionRecord, Membership, ProjectRef } from "../../ports.ts"
import { count, name, size, time } from "./format.ts"
import { type Html, html, type Piece } from "./html.ts"
import { chips, facts, pager, prose, sliceOf, table } from "./parts.ts"
import type { Page, Visit } from "./visit.ts"

const columns = [
  { label: "Collection" },
  { label: "Latest" },
  { label: "Tags", style: "minor" },
  { label: "Size", style: "number" },
  { label: "Files", style: "minor number" },
  { label: "Logged", style: "minor" },
] as const

/** Each costs a look at its latest version. */
const collectionsAtOnce = 50

/** A project's collections by type, or those of one type. */
export async function projectPage(visit: Visit, entity: string, project: string, type?: string): Promise<Page | undefined> {
  const { call, links } = visit
  const options = { signal: call.signal }
  const found = await call.registry.getProject({ entity, project }, options)
  if (found === undefined) return undefined
  const types = await collect(call.registry.types(found, options))
  const part = await sliceOf(visit, call.registry.collections(found, type, options), collectionsAtOnce)
  const rows = await collect(mapAhead(part.items, (each) => collectionRow(visit, each)))
  const shown = [...new Set(rows.map(({ collection }) => collection.type))].sort()
  const registry = registryNameOf(found.project)
  const body = html`<div class="head"><p class="kind">${registry === undefined ? "Project" : "Registry"}</p><h1>${name(registry ?? project)}</h1></div>
${prose(found.description)}
${facts([
  ["Created", time(found.createdAt)],
  ["Takes", found.artifactTypes?.join(", ")],
])}
${filter(
  visit,
  found,
  types.map((each) => each.name),
  type,
)}
${shown.length === 0 && html`<p class="none">There are no collections ${type === undefined ? "yet" : "of this type"}.</p>`}
${shown.map((label) =>
  group(
    label,
    rows.filter(({ collection }) => collection.type === label).map(({ row }) => row),
  ),
)}
${pager(visit, part)}`
  const crumbs = [{ label: entity, href: links.entity(entity) }]
  const own = { label: registry ?? project, href: links.project(found) }
  return { title: registry ?? project, crumbs: type === undefined ? crumbs : [...crumbs, own], body }
}

function filter({ links }: Visit, ref: ProjectRef, types: readonly string[], current: string | undefined): Html | undefined {
  if (types.length < 2 && current === undefined) return undefined
  const item = (label: string | Html, href: string, isCurrent: boolean) =>
    html`<li><a href="${href}"${isCurrent && html` aria-current="page"`}>${label}</a></li>`
  return html`<nav class="tabs" aria-label="Types"><ul>${item("All types", links.project(ref), current === undefined)}
${types.map((type) => item(name(type), links.type(ref, type), type === current))}</ul></nav>`
}

function group(type: string, rows: readonly (readonly Piece[])[]): Html {
  return html`<section><h2>${name(type)}</h2>${table(`Collections of type ${type}`, columns, rows, "even")}</section>`
}

async function collectionRow({ call, links }: Visit, collection: CollectionRecord) {
  const latest = await latestOf(call, collection)
  const { version } = latest ?? {}
  const row: Piece[] = [
    html`<a href="${links.collection(collection)}">${name(collection.collection)}</a>`,
    latest &&
      html`<a href="${links.version(latest)}">v${latest.index}</a>${chips(
        "alias",
        latest.aliases.filter((alias) => alias !== "latest"),
      )}`,
    chips("tag", collection.tags),
    version && size(version.size),
    version && count(version.fileCount),
    version && time(version.createdAt),
  ]
  return { collection, row }
}

/** The version that `latest` names, or the newest where nothing is called that, as in a portfolio. */
export async function latestOf(call: Visit["call"], collection: CollectionRecord): Promise<Membership | undefined> {
  const options = { signal: call.signal }
  const { entity, project, collection: name } = collection
  const found = await call.registry.findVersion({ entity, project, collection: name }, options)
  if (found !== undefined) return found
  for await (const newest of call.registry.versions(collection, options)) return newest
  return undefined
}
