import type { Entry } from "../../core/entry.ts"
import type { Json } from "../../core/json.ts"
import { diffManifests } from "../../core/manifest.ts"
import type { CallOptions, Membership } from "../../ports.ts"
import { entriesOf } from "../view-files.ts"
import { count, flatten, name, showJson, size } from "./format.ts"
import { type Html, html, type Piece } from "./html.ts"
import { memberLink, memberName, pager, slice, table } from "./parts.ts"
import { versionPage } from "./version.ts"
import type { Page, Visit } from "./visit.ts"

interface Change {
  readonly path: string
  readonly from: Entry | undefined
  readonly to: Entry | undefined
}

const maxChoices = 500
const maxMetadataRows = 1000

/** What changed from the version that `?compare=` names to this one: files, and metadata. Nothing named means the one before. */
export async function comparePage(visit: Visit, member: Membership, asked: string): Promise<Page> {
  const choices = await listOthers(visit, member)
  const other =
    asked === "" ? (choices.find(({ index }) => index < member.index) ?? choices.at(-1)) : await find(visit, member, asked)
  const form = choices.length > 0 ? choiceForm(visit, member, choices, other) : html`<p class="none">This is the only version.</p>`
  const missing = asked !== "" && other === undefined && html`<p class="error" role="alert">There is no version ${name(asked)}.</p>`
  const body = html`<section><h2>Compare with another version</h2>${form}${missing}</section>
${other && (await showDifference(visit, other, member))}`
  const title = other === undefined ? `Compare ${memberName(member)}` : `v${other.index} → ${memberName(member)}`
  return versionPage(visit, member, "compare", title, body)
}

function find({ call }: Visit, { collection }: Membership, alias: string): Promise<Membership | undefined> {
  const { entity, project, collection: name } = collection
  return call.registry.findVersion({ entity, project, collection: name, alias }, { signal: call.signal })
}

async function listOthers({ call }: Visit, member: Membership): Promise<Membership[]> {
  const others: Membership[] = []
  const options: CallOptions = { signal: call.signal }
  for await (const each of call.registry.versions(member.collection, options)) {
    if (each.index !== member.index) others.push(each)
    if (others.length === maxChoices) break
  }
  return others
}

function choiceForm({ links }: Visit, member: Membership, choices: readonly Membership[], chosen: Membership | undefined): Html {
  const option = ({ index, aliases }: Membership) => {
    const selected = index === chosen?.index && html` selected`
    return html`<option value="v${index}"${selected}>v${index}${aliases.length > 0 && ` (${aliases.join(", ")})`}</option>`
  }
  return html`<form class="choice" method="get" action="${links.version(member)}">
<label for="compare">Changes from</label> <select id="compare" name="compare">${choices.map(option)}</select>
<span>to <b>v${member.index}</b></span> <button type="submit">Compare</button></form>`
}

async function showDifference(visit: Visit, from: Membership, to: Membership): Promise<Html> {
  const [old, now] = await Promise.all([from, to].map(async ({ version }) => toManifest(await entriesOf(visit.call, version.id))))
  const { added, removed, changed } = diffManifests(old!, now!)
  const changes: Change[] = [
    ...changed,
    ...added.map((entry) => ({ path: entry.path, from: undefined, to: entry })),
    ...removed.map((entry) => ({ path: entry.path, from: entry, to: undefined })),
  ]
  const same = now!.entries.size - added.length - changed.length
  const summary = html`<p class="summary"><span class="added">${count(added.length)} added</span>
<span class="removed">${count(removed.length)} removed</span> <span class="changed">${count(changed.length)} changed</span>
<span class="note">${count(same)} the same; ${size(from.version.size)} → ${size(to.version.size)}</span></p>`
  return html`<section><h2>Files, ${memberLink(visit.links, from)} → ${name(`v${to.index}`)}</h2>${summary}
${changes.length > 0 && fileTable(visit, from, to, changes)}</section>
<section><h2>Metadata</h2>${metadataTable(from, to)}</section>`
}

function toManifest(entries: readonly Entry[]): { readonly entries: ReadonlyMap<string, Entry> } {
  return { entries: new Map(entries.map((entry) => [entry.path, entry])) }
}

function fileTable(visit: Visit, from: Membership, to: Membership, changes: readonly Change[]): Html {
  const part = slice(visit, changes)
  const rows = part.items.map(({ path, from: old, to: now }): Piece[] => [
    html`<a class="file" href="${visit.links.files(now ? to : from, path)}">${name(path)}</a>`,
    word(old, now),
    old ? size(old.size) : "–",
    now ? size(now.size) : "–",
  ])
  const columns = [
    { label: "File" },
    { label: "Change" },
    { label: `v${from.index}`, style: "minor number" as const },
    { label: `v${to.index}`, style: "number" as const },
  ]
  return html`${table("Changed files", columns, rows)}${pager(visit, part)}`
}

function metadataTable(from: Membership, to: Membership): Html {
  const [old, now] = [from, to].map(
    ({ version }) => new Map(flatten(version.metadata, maxMetadataRows).map(({ key, value }) => [key, value])),
  )
  const isChanged = (key: string) => JSON.stringify(old!.get(key)) !== JSON.stringify(now!.get(key))
  const keys = [...new Set([...old!.keys(), ...now!.keys()])].filter(isChanged)
  if (keys.length === 0) return html`<p class="none">It is the same.</p>`
  const cell = (value: Json | undefined) => (value === undefined ? "–" : html`<code>${showJson(value)}</code>`)
  const rows = keys.map((key): Piece[] => [name(key), word(old!.get(key), now!.get(key)), cell(old!.get(key)), cell(now!.get(key))])
  const columns = [{ label: "Name" }, { label: "Change" }, { label: `v${from.index}` }, { label: `v${to.index}` }]
  return table("Changed metadata", columns, rows)
}

function word(old: unknown, now: unknown): Html {
  if (old === undefined) return html`<span class="added">added</span>`
  return now === undefined ? html`<span class="removed">removed</span>` : html`<span class="changed">changed</span>`
}
