import type { Membership, RunRecord } from "../../ports.ts"
import { count, flatten, name, showJson, size, time } from "./format.ts"
import { type Html, html, type Piece } from "./html.ts"
import { drawRun } from "./lineage.ts"
import { chips, facts, memberLink, projectCrumbs, prose, table } from "./parts.ts"
import type { Page, Visit } from "./visit.ts"

const maxVersions = 1000
const maxConfigRows = 500

/** A run as far as artifacts know it: what it used and what it logged. */
export async function runPage(visit: Visit, entity: string, project: string, id: string): Promise<Page | undefined> {
  const { call, links } = visit
  const run = await call.registry.getRun({ entity, project, run: id }, { signal: call.signal })
  if (run === undefined) return undefined
  const [used, logged] = await Promise.all([listVersions(visit, run, "used"), listVersions(visit, run, "logged")])
  const title = run.displayName || run.run
  const body = html`<div class="head"><p class="kind">Run</p><h1>${name(title)}</h1>${chips("tag", run.tags)}</div>
<div class="columns"><div>
${run.notes && html`<section><h2>Notes</h2>${prose(run.notes)}</section>`}
${used.length + logged.length > 0 && html`<section><h2>Lineage</h2>${drawRun(visit, run, used, logged)}</section>`}
${versionList(visit, "Logged", logged)}
${versionList(visit, "Used", used)}
${configTable(run)}
</div><aside aria-label="Facts">${facts([
    ["State", html`<span class="state ${run.state}">${run.state}</span>`],
    ["Started", time(run.createdAt)],
    ["Id", html`<code>${run.run}</code>`],
    ["Job type", run.jobType ? name(run.jobType) : undefined],
    ["Group", run.group ? name(run.group) : undefined],
  ])}</aside></div>`
  return { title, crumbs: projectCrumbs(links, run), body }
}

async function listVersions({ call }: Visit, run: RunRecord, direction: "logged" | "used"): Promise<Membership[]> {
  const members: Membership[] = []
  for await (const member of call.registry.runVersions(run, direction, { signal: call.signal })) {
    members.push(member)
    if (members.length === maxVersions) break
  }
  return members
}

function versionList({ links }: Visit, title: string, members: readonly Membership[]): Html {
  const rows = members.map((member): Piece[] => [
    memberLink(links, member),
    name(member.version.type),
    size(member.version.size),
    count(member.version.fileCount),
  ])
  const columns = [
    { label: "Version" },
    { label: "Type", style: "minor" as const },
    { label: "Size", style: "number" as const },
    { label: "Files", style: "number" as const },
  ]
  const list = rows.length > 0 ? table(`Versions ${title.toLowerCase()}`, columns, rows) : html`<p class="none">Nothing.</p>`
  const cut = rows.length === maxVersions && html`<p class="note">Only the first ${count(maxVersions)} are shown.</p>`
  return html`<section><h2>${title}</h2>${list}${cut}</section>`
}

function configTable({ config }: RunRecord): Html | undefined {
  const rows = flatten(config, maxConfigRows).map(({ key, value }) => [name(key), html`<code>${showJson(value)}</code>`])
  if (rows.length === 0) return undefined
  return html`<section><h2>Config</h2>${table("Config", [{ label: "Name" }, { label: "Value" }], rows)}</section>`
}
