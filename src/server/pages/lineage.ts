import type { Membership, RunRecord } from "../../ports.ts"
import { count, visible } from "./format.ts"
import { type Html, html } from "./html.ts"
import { type Column, drawLineage, type Node } from "./lineage-picture.ts"
import { memberLink, memberName, runLink } from "./parts.ts"
import { versionPage } from "./version.ts"
import type { Page, Visit } from "./visit.ts"

/** Nodes of a column that are drawn; a picture of more says nothing. */
const maxNodes = 12
const maxListed = 200

/** The first few of a list, and whether there are more. */
interface Few<T> {
  readonly items: readonly T[]
  readonly hasMore: boolean
}

/** Where a version comes from and what became of it: the run that logged it and what that used, the runs that used it and what they logged. */
export async function lineagePage(visit: Visit, member: Membership): Promise<Page> {
  const { call } = visit
  const { id } = member.version
  const options = { signal: call.signal }
  const [maker, users] = await Promise.all([call.registry.loggedBy(id, options), call.registry.usedBy(id, options)])
  const inputs = maker ? await runVersions(visit, maker, "used") : none
  const drawn = users.slice(0, maxNodes)
  const outputs = await Promise.all(drawn.map((run) => runVersions(visit, run, "logged")))
  const columns = [
    versionColumn(visit, inputs, (node) => (maker ? [[node, runKey(maker)]] : [])),
    { nodes: maker ? [runNode(visit, maker)] : [], edges: maker ? [[runKey(maker), id] as const] : [], hasMore: false },
    { nodes: [versionNode(visit, member, true)], edges: drawn.map((run) => [id, runKey(run)] as const), hasMore: false },
    { nodes: drawn.map((run) => runNode(visit, run)), edges: [], hasMore: users.length > drawn.length },
    outputColumn(visit, drawn, outputs, id),
  ]
  const body = html`<section><h2>Lineage</h2>${drawLineage(`Lineage of ${visible(memberName(member))}`, columns)}
${lists(visit, inputs, maker, users, outputs)}</section>`
  return versionPage(visit, member, "lineage", `Lineage of ${memberName(member)}`, body)
}

/** The picture of one run: what it used, and what it logged. */
export function drawRun(visit: Visit, run: RunRecord, used: readonly Membership[], logged: readonly Membership[]): Html {
  const few = (list: readonly Membership[]) => ({ items: list.slice(0, maxNodes), hasMore: list.length > maxNodes })
  return drawLineage(`What ${visible(run.displayName || run.run)} used and logged`, [
    versionColumn(visit, few(used), (node) => [[node, runKey(run)]]),
    { nodes: [{ ...runNode(visit, run), isCurrent: true }], edges: [], hasMore: false },
    // A version that it both used and logged stands on both sides.
    mapKeys(
      versionColumn(visit, few(logged), (node) => [[runKey(run), node]]),
      "logged ",
    ),
  ])
}

function mapKeys({ nodes, edges, hasMore }: Column, prefix: string): Column {
  const own = new Set(nodes.map(({ key }) => key))
  const rename = (key: string) => (own.has(key) ? prefix + key : key)
  return {
    nodes: nodes.map((node) => ({ ...node, key: prefix + node.key })),
    edges: edges.map(([from, to]) => [rename(from), rename(to)] as const),
    hasMore,
  }
}

const none: Few<Membership> = { items: [], hasMore: false }

async function runVersions({ call }: Visit, run: RunRecord, direction: "logged" | "used"): Promise<Few<Membership>> {
  const items: Membership[] = []
  for await (const member of call.registry.runVersions(run, direction, { signal: call.signal })) {
    if (items.length === maxNodes) return { items, hasMore: true }
    items.push(member)
  }
  return { items, hasMore: false }
}

const runKey = ({ entity, project, run }: RunRecord) => `run ${entity}/${project}/${run}`

function runNode({ links }: Visit, run: RunRecord): Node {
  const label = run.displayName || run.run
  return { key: runKey(run), kind: "run", label, detail: run.jobType ?? run.state, href: links.run(run), isCurrent: false }
}

function versionNode({ links }: Visit, member: Membership, isCurrent = false): Node {
  const { id, type } = member.version
  return { key: id, kind: "version", label: memberName(member), detail: type, href: links.version(member), isCurrent }
}

function versionColumn(
  visit: Visit,
  { items, hasMore }: Few<Membership>,
  connect: (key: string) => (readonly [from: string, to: string])[],
): Column {
  const nodes = items.map((item) => versionNode(visit, item))
  return { nodes, edges: nodes.flatMap(({ key }) => connect(key)), hasMore }
}

/** What the runs that used the version logged, each version once. */
function outputColumn(visit: Visit, runs: readonly RunRecord[], outputs: readonly Few<Membership>[], id: string): Column {
  const nodes = new Map<string, Node>()
  const edges: (readonly [string, string])[] = []
  let hasMore = outputs.some((few) => few.hasMore)
  for (const [at, { items }] of outputs.entries()) {
    for (const item of items) {
      // A run that logged what it used, unchanged, leads nowhere new.
      if (item.version.id === id) continue
      if (nodes.size >= maxNodes && !nodes.has(item.version.id)) hasMore = true
      else nodes.set(item.version.id, versionNode(visit, item))
      if (nodes.has(item.version.id)) edges.push([runKey(runs[at]!), item.version.id])
    }
  }
  return { nodes: [...nodes.values()], edges, hasMore }
}

/** What the picture shows, for those who cannot see it, and the runs that it has no room for. */
function lists(
  { links }: Visit,
  inputs: Few<Membership>,
  maker: RunRecord | undefined,
  users: readonly RunRecord[],
  outputs: readonly Few<Membership>[],
): Html {
  const list = (all: readonly Html[]) => {
    const items = all.slice(0, maxListed)
    const more = all.length > maxListed && html`<p class="note">and ${count(all.length - maxListed)} more</p>`
    if (items.length === 0) return html`<p class="none">Nothing that is known.</p>`
    return html`<ul class="plain">${items.map((item) => html`<li>${item}</li>`)}</ul>${more}`
  }
  const led = new Map(outputs.flatMap(({ items }) => items).map((item) => [item.version.id, item]))
  return html`<div class="quarters">
<div><h3>Logged by</h3>${list(maker ? [runLink(links, maker)] : [])}</div>
<div><h3>Made from</h3>${list(inputs.items.map((item) => memberLink(links, item)))}</div>
<div><h3>Used by</h3>${list(users.map((run) => runLink(links, run)))}</div>
<div><h3>Led to</h3>${list([...led.values()].map((item) => memberLink(links, item)))}</div>
</div>`
}
