import { base64Encode, digestToHex, hexDecode, isDigest } from "../../core/digest-text.ts"
import { type Entry, hasMd5 } from "../../core/entry.ts"
import type { Membership } from "../../ports.ts"
import { contentTypeOf } from "../content-type.ts"
import { storedEntry } from "../view-files.ts"
import { name, size, visible } from "./format.ts"
import { type Html, html, webAddress } from "./html.ts"
import { facts, memberLink, memberName, pathLinks } from "./parts.ts"
import { type Preview, readPreview } from "./preview-text.ts"
import { versionPage } from "./version.ts"
import type { Page, Visit } from "./visit.ts"

/** One file: what is known of it, a way to save it, and as much of it as a page can show. */
export async function filePage(visit: Visit, member: Membership, entry: Entry, entries: readonly Entry[]): Promise<Page> {
  const body = html`<section><h2>${pathLinks(visit, member, entry.path)}</h2>
${entry.ref === undefined ? await showStored(visit, member, entry, entries) : await showReference(visit, entry, entry.ref)}</section>`
  return versionPage(visit, member, "files", `${entry.path} in ${memberName(member)}`, body)
}

async function showStored(visit: Visit, member: Membership, entry: Entry, entries: readonly Entry[]): Promise<Html> {
  const raw = `${visit.links.files(member, entry.path)}?raw`
  const file = entry.path.slice(entry.path.lastIndexOf("/") + 1)
  const save = html`<a class="button" href="${raw}" download="${file}">Download</a>`
  if (storedEntry(entry) === undefined) return html`${listFacts(entry)}<p class="note">Its bytes cannot be shown here.</p>`
  return html`<div class="bar">${listFacts(entry)}${save}</div>${await showContent(visit, member, entry, entries, raw)}`
}

function listFacts(entry: Entry): Html {
  const { digest } = entry
  const algorithm = hasMd5(entry) ? "MD5" : "XXH128"
  return facts([
    ["Size", size(entry.size)],
    [algorithm, html`<code>${isDigest(digest) ? digestToHex(digest) : digest}</code>`],
  ])
}

async function showContent(visit: Visit, member: Membership, entry: Entry, entries: readonly Entry[], raw: string): Promise<Html> {
  const [kind] = contentTypeOf(entry.path).split("/")
  const label = visible(entry.path)
  if (entry.size === 0) return html`<p class="none">The file is empty.</p>`
  if (kind === "image") return html`<p class="media"><img src="${raw}" alt="${label}"></p>`
  if (kind === "audio")
    return html`<p class="media"><audio controls preload="metadata" src="${raw}" aria-label="${label}"></audio></p>`
  if (kind === "video")
    return html`<p class="media"><video controls preload="metadata" src="${raw}" aria-label="${label}"></video></p>`
  return showPreview(await readPreview(visit, member, entry, entries))
}

function showPreview(preview: Preview | undefined): Html {
  if (preview === undefined) return html`<p class="none">There is no preview for this kind of file.</p>`
  const { content, shown, isWhole } = preview
  const note = !isWhole && html`<p class="note">Only ${shown} shown; download the file for the rest.</p>`
  return html`${note}${content}`
}

async function showReference(visit: Visit, entry: Entry, ref: string): Promise<Html> {
  const address = webAddress(ref)
  const version = await referencedVersion(visit, ref)
  const target = address === undefined ? name(ref) : html`<a href="${address}" rel="noreferrer noopener external">${name(ref)}</a>`
  return html`<p class="note">A reference: its bytes are kept elsewhere.</p>${facts([
    ["Points to", target],
    ["Version", version && memberLink(visit.links, version)],
    ["Size", size(entry.size)],
    ["Known by", entry.digest === ref ? undefined : html`<code>${entry.digest}</code>`],
  ])}`
}

/** The version that a reference to another artifact's file means, where it is in this registry and may be seen. */
async function referencedVersion({ call }: Visit, ref: string): Promise<Membership | undefined> {
  const hex = /^wandb-artifact:\/\/((?:[0-9a-f]{2}){1,200})\//.exec(ref)?.[1]
  if (hex === undefined) return undefined
  const id = base64Encode(hexDecode(hex))
  const found = await call.registry.getVersion(id, { signal: call.signal })
  return found?.state === "COMMITTED" ? (await call.registry.memberships(id, { signal: call.signal }))[0] : undefined
}
