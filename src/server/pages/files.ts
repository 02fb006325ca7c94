import { digestToHex, isDigest } from "../../core/digest-text.ts"
import { type Entry, hasMd5 } from "../../core/entry.ts"
import { comparePaths } from "../../core/path.ts"
import type { Membership } from "../../ports.ts"
import { sendGuarded } from "../downloads.ts"
import { entriesOf, refOf, storedEntry } from "../view-files.ts"
import { counted, name, size } from "./format.ts"
import { html, type Piece } from "./html.ts"
import { memberName, pager, pathLinks, slice, table } from "./parts.ts"
import { filePage } from "./preview.ts"
import { versionPage } from "./version.ts"
import type { Answer, Page, Visit } from "./visit.ts"

interface Folder {
  readonly folder: string
  files: number
  bytes: number
}

/** What stands at `path` of a version: the file, its bytes when the address asks for them, or a folder's list. */
export async function filesPage(visit: Visit, member: Membership, path: string): Promise<Answer> {
  const entries = await entriesOf(visit.call, member.version.id)
  const entry = entries.find((each) => each.path === path)
  if (entry === undefined) return folderPage(visit, member, path, entries)
  if (!visit.query.has("raw")) return filePage(visit, member, entry, entries)
  const stored = storedEntry(entry)
  return stored && sendGuarded(visit.call.setup, refOf(member), stored, visit.request)
}

function folderPage(visit: Visit, member: Membership, path: string, entries: readonly Entry[]): Page | undefined {
  const { folders, files } = readFolder(entries, path)
  if (folders.length + files.length === 0 && path !== "") return undefined
  const part = slice<Folder | Entry>(visit, [...folders, ...files])
  const rows = part.items.map((item) => ("folder" in item ? folderRow(visit, member, item) : fileRow(visit, member, item, path)))
  const columns = [{ label: "Name" }, { label: "Size", style: "number" }, { label: "Digest", style: "minor" }] as const
  const list = rows.length > 0 ? table("Files", columns, rows) : html`<p class="none">This version holds no files.</p>`
  const title = path === "" ? `Files of ${memberName(member)}` : `${path}/ in ${memberName(member)}`
  const total = [...folders].reduce((sum, { files }) => sum + files, files.length)
  const body = html`<section><h2>${pathLinks(visit, member, path)}</h2>
<p class="note">${counted(total, "file")}</p>${list}${pager(visit, part)}</section>`
  return versionPage(visit, member, "files", title, body)
}

/** What is directly in a folder, each folder below with all it holds. */
function readFolder(entries: readonly Entry[], path: string): { folders: Folder[]; files: Entry[] } {
  const start = path === "" ? "" : `${path}/`
  const folders = new Map<string, Folder>()
  const files: Entry[] = []
  for (const entry of entries) {
    if (!entry.path.startsWith(start)) continue
    const slash = entry.path.indexOf("/", start.length)
    if (slash < 0) files.push(entry)
    else addTo(folders, entry.path.slice(0, slash), entry)
  }
  return {
    folders: [...folders.values()].sort((a, b) => comparePaths(a.folder, b.folder)),
    files: files.sort((a, b) => comparePaths(a.path, b.path)),
  }
}

function addTo(folders: Map<string, Folder>, path: string, entry: Entry): void {
  const folder = folders.get(path) ?? { folder: path, files: 0, bytes: 0 }
  folder.files++
  folder.bytes += entry.size ?? 0
  folders.set(path, folder)
}

function folderRow({ links }: Visit, member: Membership, { folder, files, bytes }: Folder): Piece[] {
  const label = folder.slice(folder.lastIndexOf("/") + 1)
  return [
    html`<a class="folder" href="${links.files(member, folder)}">${name(`${label}/`)}</a>`,
    size(bytes),
    html`<span class="note">${counted(files, "file")}</span>`,
  ]
}

function fileRow({ links }: Visit, member: Membership, entry: Entry, folder: string): Piece[] {
  const label = folder === "" ? entry.path : entry.path.slice(folder.length + 1)
  return [
    html`<a class="${entry.ref === undefined ? "file" : "file reference"}" href="${links.files(member, entry.path)}">${name(label)}</a>`,
    size(entry.size),
    entry.ref === undefined ? showDigest(entry) : html`<span class="note">reference</span>`,
  ]
}

function showDigest(entry: Entry): Piece {
  const { digest } = entry
  return html`<code>${isDigest(digest) ? digestToHex(digest) : digest}</code>${!hasMd5(entry) && " XXH128"}`
}
