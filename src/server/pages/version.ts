import type { Membership } from "../../ports.ts"
import { count, counted, duration, flatten, name, showJson, size, time } from "./format.ts"
import { type Html, html } from "./html.ts"
import { chips, facts, memberCrumbs, memberLink, memberName, prose, runLink, table } from "./parts.ts"
import { usageOf } from "./usage.ts"
import type { Page, Visit } from "./visit.ts"

type Tab = "overview" | "files" | "lineage" | "compare"

const maxMetadataRows = 500

/** A page about one version: its name and nicknames, the way to its other pages, and `body`. */
export function versionPage(visit: Visit, member: Membership, tab: Tab, title: string, body: Html): Page {
  const { links } = visit
  const { collection, index, version } = member
  const tabs: readonly (readonly [Tab, string, string])[] = [
    ["overview", "Overview", links.version(member)],
    ["files", `Files ${count(version.fileCount)}`, links.files(member)],
    ["lineage", "Lineage", links.lineage(member)],
    ["compare", "Compare", links.compare(member, "")],
  ]
  return {
    title,
    crumbs: memberCrumbs(links, member),
    body: html`<div class="head"><p class="kind">${name(version.type)}</p>
<h1>${name(collection.collection)}<span class="version">:v${index}</span></h1>
${chips("alias", member.aliases)}${chips("tag", version.tags)}</div>
<nav class="tabs" aria-label="Version"><ul>${tabs.map(
      ([key, label, href]) => html`<li><a href="${href}"${key === tab && html` aria-current="page"`}>${label}</a></li>`,
    )}</ul></nav>
${body}`,
  }
}

export async function overviewPage(visit: Visit, member: Membership): Promise<Page> {
  const body = html`<div class="columns"><div>
${describe(member)}
${showMetadata(member)}
${usageOf(visit, member)}
</div><aside aria-label="Facts">${await listFacts(visit, member)}</aside></div>`
  return versionPage(visit, member, "overview", memberName(member), body)
}

function describe({ version }: Membership): Html | undefined {
  const text = prose(version.description)
  return text && html`<section><h2>Description</h2>${text}</section>`
}

function showMetadata({ version }: Membership): Html | undefined {
  const rows = flatten(version.metadata, maxMetadataRows).map(({ key, value }) => [
    name(key),
    html`<code>${showJson(value)}</code>`,
  ])
  if (rows.length === 0) return undefined
  const shown = table("Metadata", [{ label: "Name" }, { label: "Value" }], rows)
  const cut =
    rows.length === maxMetadataRows && html`<p class="note">Only the first ${count(maxMetadataRows)} values are shown.</p>`
  return html`<section><h2>Metadata</h2>${shown}${cut}</section>`
}

async function listFacts({ call, links }: Visit, member: Membership): Promise<Html> {
  const { version } = member
  const options = { signal: call.signal }
  const [run, members] = await Promise.all([
    call.registry.loggedBy(version.id, options),
    call.registry.memberships(version.id, options),
  ])
  const others = members.filter(({ collection, index }) => collection.id !== member.collection.id || index !== member.index)
  const source = others.filter(({ collection }) => collection.kind === "sequence")
  const linked = others.filter(({ collection }) => collection.kind === "portfolio")
  const list = (items: readonly Membership[]) =>
    items.length > 0 ? html`<ul class="plain">${items.map((item) => html`<li>${memberLink(links, item)}</li>`)}</ul>` : undefined
  return facts([
    ["Size", size(version.size)],
    ["Files", counted(version.fileCount, "file")],
    ["Logged", time(version.createdAt)],
    ["Logged by", run && runLink(links, run)],
    ["Changed", version.updatedAt === null ? undefined : time(version.updatedAt)],
    ["Logged as", list(source)],
    ["Linked to", list(linked)],
    ["Expires", expiry(version.ttl, version.createdAt)],
    ["Digest", html`<code>${version.digest}</code>`],
    ["Commit", version.commitHash === null ? undefined : html`<code>${version.commitHash}</code>`],
    ["Id", html`<code>${version.id}</code>`],
  ])
}

function expiry(ttl: number | null, createdAt: string): Html | string {
  if (ttl === null) return "never"
  const end = new Date(Date.parse(createdAt) + ttl * 1000)
  return Number.isNaN(end.getTime()) ? duration(ttl) : html`${time(end.toISOString())} (${duration(ttl)})`
}
