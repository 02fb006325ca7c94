import { parseArtifactPath } from "../../core/path-string.ts"
import type { ProjectRef } from "../../ports.ts"
import { collectionPage } from "./collection.ts"
import { comparePage } from "./compare.ts"
import { filesPage } from "./files.ts"
import { homePage } from "./home.ts"
import { lineagePage } from "./lineage.ts"
import { withQuery } from "./links.ts"
import { projectPage } from "./project.ts"
import { runPage } from "./run.ts"
import { overviewPage } from "./version.ts"
import type { Answer, Visit } from "./visit.ts"

/** What is at an address. The scheme is W&B's, with what its clients and its own pages write. */
export async function findAnswer(visit: Visit, parts: readonly string[]): Promise<Answer> {
  if (parts.length <= 1) return homePage(visit, parts[0])
  const registry = await registryMember(visit, parts)
  if (registry !== undefined) return registry
  const [entity, project, section, ...rest] = parts as [string, string, ...string[]]
  if (section === undefined) return projectPage(visit, entity, project)
  // What clients call a project's own page.
  if (section === "workspace" && rest.length === 0) return { redirect: visit.links.project({ entity, project }) }
  if (section === "runs") return rest[0] === undefined ? undefined : runPage(visit, entity, project, rest[0])
  if (section !== "artifacts") return undefined
  const [type, collection, version, ...tab] = rest
  if (type === undefined || collection === undefined) return projectPage(visit, entity, project, type)
  if (version === undefined) return collectionPage(visit, entity, project, type, collection)
  const slashed = tab.length === 0 ? undefined : await slashedType(visit, { entity, project }, rest)
  return slashed ?? versionAnswer(visit, { entity, project, collection, alias: version }, type, tab)
}

/** Clients write a type as it is, so that one with slashes takes several parts; the name and the version are the last two. */
async function slashedType({ call, links }: Visit, ref: ProjectRef, parts: readonly string[]): Promise<Answer> {
  const [collection, alias] = parts.slice(-2) as [string, string]
  const member = await call.registry.findVersion({ ...ref, collection, alias }, { signal: call.signal })
  return member?.collection.type === parts.slice(0, -2).join("/") ? { redirect: links.version(member) } : undefined
}

interface Place {
  readonly entity: string
  readonly project: string
  readonly collection: string
  readonly alias: string
}

async function versionAnswer(visit: Visit, place: Place, type: string, tab: readonly string[]): Promise<Answer> {
  const { call, links, query } = visit
  const member = await call.registry.findVersion(place, { signal: call.signal })
  if (member === undefined) return undefined
  if (place.alias !== `v${member.index}` || member.collection.type !== type) {
    // One address for one version, so that what is kept of it stays true when the alias moves on.
    const address = [links.version(member), ...tab.map(encodeURIComponent)].join("/")
    return { redirect: withQuery(address, Object.fromEntries(query)) }
  }
  const [section, ...path] = tab
  if (section === "files") return filesPage(visit, member, path.join("/"))
  if (path.length > 0) return undefined
  if (section === "lineage") return lineagePage(visit, member)
  if (section !== undefined && !["overview", "metadata", "usage"].includes(section)) return undefined
  const other = query.get("compare")
  return other === null ? overviewPage(visit, member) : comparePage(visit, member, other)
}

/** The addresses that W&B's clients give for versions in registries: the collection and the version are in the query. */
async function registryMember(visit: Visit, parts: readonly string[]): Promise<Answer> {
  const isRegistry =
    (parts.length === 4 && parts[0] === "orgs" && parts[2] === "registry") || (parts.length === 3 && parts[1] === "registry")
  const selection = visit.query.get("selectionPath")
  if (!isRegistry || selection === null) return undefined
  const { call, links } = visit
  const { entity, project, collection } = parseArtifactPath(selection, "selectionPath")
  if (entity === undefined || project === undefined) return undefined
  const place = { entity, project, collection, alias: visit.query.get("version") ?? "latest" }
  const member = await call.registry.findVersion(place, { signal: call.signal })
  return member && { redirect: links.version(member) }
}
