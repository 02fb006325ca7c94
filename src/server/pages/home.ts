import { collect, mapAhead } from "../../bytes/ahead.ts"
import { registryNameOf } from "../../core/names.ts"
import type { CollectionRecord, Membership, ProjectRecord } from "../../ports.ts"
import { name, size, time } from "./format.ts"
import { type Html, html, type Piece } from "./html.ts"
import { memberLink, pager, slice, table } from "./parts.ts"
import { latestOf } from "./project.ts"
import type { Page, Visit } from "./visit.ts"

/** How far the newest versions are looked for: nothing keeps a list of them. */
const maxProjects = 20
const maxCollections = 60
const maxRecent = 8

/** All projects that may be seen, or those of one entity. */
export async function homePage(visit: Visit, entity?: string): Promise<Page | undefined> {
  const { call } = visit
  const projects = await collect(call.registry.projects(entity, { signal: call.signal }))
  if (projects.length === 0 && entity !== undefined && entity !== call.principal.entity) return undefined
  const part = slice(visit, projects)
  const registries = part.items.filter((each) => registryNameOf(each.project) !== undefined)
  const others = part.items.filter((each) => registryNameOf(each.project) === undefined)
  const body = html`<div class="head">${entity !== undefined && html`<p class="kind">Entity</p>`}
<h1>${entity === undefined ? "Artifacts" : name(entity)}</h1></div>
${projects.length === 0 && html`<p class="none">There are no projects yet. The first artifact that is logged makes one.</p>`}
${part.first === 0 && (await showRecent(visit, projects))}
${projectTable(visit, "Projects", others, entity === undefined)}
${projectTable(visit, "Registries", registries, entity === undefined)}
${pager(visit, part)}`
  return { title: entity ?? "Artifacts", crumbs: [], body }
}

function projectTable({ links }: Visit, title: string, projects: readonly ProjectRecord[], hasEntity: boolean): Html | undefined {
  if (projects.length === 0) return undefined
  const rows = projects.map((each): Piece[] => {
    const link = html`<a href="${links.project(each)}">${name(registryNameOf(each.project) ?? each.project)}</a>`
    const entity = html`<a href="${links.entity(each.entity)}">${name(each.entity)}</a>`
    return [
      link,
      ...(hasEntity ? [entity] : []),
      each.description && html`<span class="clip" dir="auto">${each.description}</span>`,
      time(each.createdAt),
    ]
  })
  const columns = [
    { label: "Name" },
    ...(hasEntity ? [{ label: "Entity" }] : []),
    { label: "Description", style: "minor" as const },
    { label: "Created", style: "minor" as const },
  ]
  return html`<section><h2>${title}</h2>${table(title, columns, rows, "even")}</section>`
}

async function showRecent(visit: Visit, projects: readonly ProjectRecord[]): Promise<Html | undefined> {
  const recent = await findRecent(visit, projects)
  if (recent.length === 0) return undefined
  const rows = recent.map((member): Piece[] => [
    memberLink(visit.links, member),
    html`<a href="${visit.links.project(member.collection)}">${name(member.collection.project)}</a>`,
    name(member.version.type),
    size(member.version.size),
    time(member.version.createdAt),
  ])
  const columns = [
    { label: "Version" },
    { label: "Project" },
    { label: "Type", style: "minor" as const },
    { label: "Size", style: "number" as const },
    { label: "Logged", style: "minor" as const },
  ]
  return html`<section><h2>Recent</h2>${table("Recent versions", columns, rows, "even")}</section>`
}

async function findRecent({ call }: Visit, projects: readonly ProjectRecord[]): Promise<Membership[]> {
  const collections: CollectionRecord[] = []
  for (const project of projects.slice(0, maxProjects)) {
    for await (const collection of call.registry.collections(project, undefined, { signal: call.signal })) {
      // A link is no newer than what it links.
      if (collection.kind === "sequence") collections.push(collection)
      if (collections.length === maxCollections) break
    }
    if (collections.length === maxCollections) break
  }
  const latest = await collect(mapAhead(collections, (collection) => latestOf(call, collection)))
  const found = latest.filter((member) => member !== undefined)
  return found.sort((a, b) => (a.version.createdAt < b.version.createdAt ? 1 : -1)).slice(0, maxRecent)
}
