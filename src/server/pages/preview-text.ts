import { readAll } from "../../bytes/hash-stream.ts"
import { verifiedBytes } from "../../bytes/verified.ts"
import type { Entry } from "../../core/entry.ts"
import type { Membership } from "../../ports.ts"
import { refOf, storedEntry } from "../view-files.ts"
import { count } from "./format.ts"
import { type Html, html } from "./html.ts"
import { parseSeparated, readTable, showGrid } from "./preview-table.ts"
import { printJson } from "./print-json.ts"
import type { Visit } from "./visit.ts"

/** What a page shows of a file. */
export interface Preview {
  readonly content: Html
  /** How much that is, when it is not all: `the first 200 rows are`. */
  readonly shown: string
  readonly isWhole: boolean
}

/** Bytes that are read of a file that need not be understood as a whole, and characters that are shown of any. */
const startBytes = 256 * 1024
/** Bytes of JSON that are parsed. */
const parseBytes = 4 * 1024 * 1024

/** The file as text or as a table; undefined when it is neither. A file that is read whole is verified. */
export async function readPreview(
  visit: Visit,
  member: Membership,
  entry: Entry,
  entries: readonly Entry[],
): Promise<Preview | undefined> {
  const ending = entry.path.slice(entry.path.lastIndexOf(".") + 1).toLowerCase()
  const limit = ending === "json" ? parseBytes : startBytes
  const bytes = await readStart(visit, member, entry, limit)
  const isWhole = entry.size !== undefined && bytes.length === entry.size
  const text = decode(bytes, isWhole)
  if (text === undefined) return undefined
  if (ending === "csv" || ending === "tsv") return showGrid(parseSeparated(text, ending === "csv" ? "," : "\t"), isWhole)
  if (ending === "json" && isWhole) return showJson(visit, member, entry.path, text, entries)
  return showText(text, isWhole)
}

async function readStart({ call }: Visit, member: Membership, entry: Entry, limit: number): Promise<Uint8Array> {
  const stored = storedEntry(entry)!
  const content = await call.registry.openFile(refOf(member), stored, { signal: call.signal })
  // What another algorithm identifies is not proven here.
  const isProven = entry.size !== undefined && entry.size <= limit && stored.alg === undefined
  if (!isProven) return readAll(content, { range: { start: 0, end: limit }, signal: call.signal })
  const { digest, size } = stored
  return verifiedBytes(content, { digest, size }, call.setup.hasher, { label: entry.path, signal: call.signal })
}

/** Text, or undefined for bytes that are something else. What was cut off may end within a character. */
function decode(bytes: Uint8Array, isWhole: boolean): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole })
    // Control characters other than white space and those of terminal colours are no text's.
    return /[^\P{Cc}\t\n\v\f\r]/u.test(text.replaceAll("\u001b", "")) ? undefined : text
  } catch {
    return undefined
  }
}

function showJson(visit: Visit, member: Membership, path: string, text: string, entries: readonly Entry[]): Preview {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Python writes NaN and Infinity, which JSON does not know.
    return showText(text, true)
  }
  const table = path.endsWith(".table.json") ? readTable(value) : undefined
  return table ? showGrid(table, true, { visit, member, entries }) : showText(printJson(value, startBytes, "  "), true)
}

function showText(text: string, isWhole: boolean): Preview {
  const shown = text.slice(0, startBytes)
  return {
    content: html`<pre class="text" tabindex="0" dir="auto"><code>${shown}</code></pre>`,
    shown: `the first ${count(shown.length)} characters are`,
    isWhole: isWhole && shown.length === text.length,
  }
}
