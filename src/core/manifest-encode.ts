import { hexEncode } from "./digest-text.ts"
import type { Entry } from "./entry.ts"
import type { Json } from "./json.ts"
import { type ManifestParts, STORAGE_POLICY } from "./manifest-decode.ts"
import { createMd5 } from "./md5.ts"
import { comparePaths } from "./path.ts"
import { createUtf8Writer } from "./utf8-writer.ts"

/** Manifest v1 as a plain object: what Python's `to_manifest_json` returns. */
export interface ManifestJson {
  readonly version: 1
  readonly storagePolicy: string
  readonly storagePolicyConfig: { readonly storageLayout?: string; readonly storageRegion?: string }
  readonly contents: { readonly [path: string]: EntryJson }
}

export interface EntryJson {
  readonly digest: string
  readonly ref?: string
  readonly birthArtifactID?: string
  readonly size?: number
  readonly extra?: { readonly [key: string]: Json }
}

const HEADER = "wandb-artifact-manifest-v1\n"
const CHUNK_PARTS = 8_192
const QUOTE = 34
const BACKSLASH = 92
const FIRST_SURROGATE = 0xd800

/** The manifest without its entries. */
export function encodeEnvelope({ storageLayout, storageRegion }: Pick<ManifestParts, "storageLayout" | "storageRegion">) {
  const storagePolicyConfig = { ...(storageLayout && { storageLayout }), ...(storageRegion && { storageRegion }) }
  return { version: 1, storagePolicy: STORAGE_POLICY, storagePolicyConfig } as const
}

/** Keys in Python's order. A size of 0 is written, an empty `extra` is not. */
export function encodeEntry({ digest, ref, birthArtifactId, size, extra }: Entry): EntryJson {
  return {
    digest,
    ...(ref !== undefined && { ref }),
    ...(birthArtifactId !== undefined && { birthArtifactID: birthArtifactId }),
    ...(size !== undefined && { size }),
    ...(extra !== undefined && { extra }),
  }
}

/** Compact JSON text of a manifest, entries in the order of `entries`. Built in pieces: there is never an object of them all. */
export function encodeManifest(envelope: object, entries: ReadonlyMap<string, Entry>): string {
  const chunks = [`${JSON.stringify(envelope).slice(0, -1)},"contents":{`]
  let parts: string[] = []
  let separator = '"'
  for (const [path, entry] of entries) {
    parts.push(separator, quoteInner(path), '":')
    pushEntry(parts, entry)
    separator = ',"'
    if (parts.length < CHUNK_PARTS) continue
    chunks.push(parts.join(""))
    parts = []
  }
  chunks.push(parts.join(""), "}}")
  return chunks.join("")
}

function pushEntry(parts: string[], entry: Entry): void {
  if (entry.ref !== undefined || entry.extra !== undefined) {
    parts.push(JSON.stringify(encodeEntry(entry)))
    return
  }
  parts.push('{"digest":"', quoteInner(entry.digest))
  if (entry.birthArtifactId !== undefined) parts.push('","birthArtifactID":"', quoteInner(entry.birthArtifactId))
  if (entry.size === undefined) parts.push('"}')
  else parts.push('","size":', String(entry.size), "}")
}

/** The inside of a JSON string; nearly every text is its own. */
function quoteInner(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 32 || unit === QUOTE || unit === BACKSLASH || unit >= FIRST_SURROGATE) return JSON.stringify(text).slice(1, -1)
  }
  return text
}

/**
 * The artifact's digest, lowercase hex: MD5 over a header and one `path:digest` line per entry, paths ascending by code point.
 */
export function digestManifest(entries: ReadonlyMap<string, Entry>): string {
  const md5 = createMd5()
  const write = createUtf8Writer((bytes) => md5.update(bytes))
  write(HEADER)
  forEachInOrder(entries, (path, { digest }) => {
    write(path)
    write(":")
    write(digest)
    write("\n")
  })
  write()
  return hexEncode(md5.digest())
}

/**
 * Entries with their paths ascending. Those that are in order already, as many file walks are, need neither sorting nor looking up.
 */
function forEachInOrder(entries: ReadonlyMap<string, Entry>, visit: (path: string, entry: Entry) => void): void {
  if (isInOrder(entries.keys())) for (const [path, entry] of entries) visit(path, entry)
  else for (const path of sortPaths(Array.from(entries.keys()))) visit(path, entries.get(path)!)
}

function isInOrder(paths: Iterable<string>): boolean {
  let previous = ""
  for (const path of paths) {
    if (comparePaths(previous, path) > 0) return false
    previous = path
  }
  return true
}

/**
 * Sorts in place by code point. The engine's own order, by UTF-16 unit, is much faster and the same unless there are surrogates,
 * which stand for what is beyond U+FFFF, as well as units above them.
 */
export function sortPaths(paths: string[]): string[] {
  const differs =
    paths.some((path) => hasUnit(path, FIRST_SURROGATE, 0xdfff)) && paths.some((path) => hasUnit(path, 0xe000, 0xffff))
  return differs ? paths.sort(comparePaths) : paths.sort()
}

function hasUnit(path: string, from: number, to: number): boolean {
  for (let at = 0; at < path.length; at++) {
    const unit = path.charCodeAt(at)
    if (unit >= from && unit <= to) return true
  }
  return false
}
