import * as v from "valibot"
import { InvalidArgumentError } from "../errors.ts"
import { checkString, hasLoneSurrogate, refuse } from "./check.ts"
import type { Entry } from "./entry.ts"
import { type Json, toJson } from "./json.ts"
import { entryPath } from "./path.ts"
import { JsonScanner } from "./scan-json.ts"
import { show } from "./show.ts"

export const STORAGE_POLICY = "wandb-storage-policy-v1"

/** How a W&B server lays out files: by content (`"V2"`), or the way it did before. */
export type StorageLayout = "V1" | "V2"

/** What manifest JSON says. */
export interface ManifestParts {
  readonly storageLayout: StorageLayout | undefined
  readonly storageRegion: string | undefined
  readonly entries: Map<string, Entry>
  /**
   * How the document spells the paths that it does not write as {@link entryPath} would: `"./a"` for `"a"`. Old clients did that.
   */
  readonly spellings: Map<string, string>
}

const ARGUMENT = "manifest"
const CONFIG = "must be an object, which may be empty"
const REGION = "must be a non-empty string, or null"
const Envelope = v.object({
  version: v.literal(1, "must be 1: this reads version 1 only"),
  storagePolicy: v.literal(STORAGE_POLICY, `must be "${STORAGE_POLICY}", the only one there is`),
  storagePolicyConfig: v.object(
    {
      storageLayout: v.nullish(v.picklist(["V1", "V2"], 'must be "V1" or "V2"')),
      storageRegion: v.nullish(v.pipe(v.string(REGION), v.trim(), v.nonEmpty(REGION))),
    },
    CONFIG,
  ),
})

/**
 * Reads manifest v1 JSON: strict about what could do harm, lenient where Python's wandb is: unknown keys,
 * `local_path` and `skip_cache` are dropped, a size may be null or a numeric string, a path may be untidy if it is still one of a
 * kind.
 *
 * Throws `InvalidArgumentError`, and nothing else, whatever the text.
 */
export function decodeManifest(text: unknown): ManifestParts {
  const scanner = new JsonScanner(checkString(ARGUMENT, text), ARGUMENT)
  const envelope: [string, unknown][] = []
  let contents: Pick<ManifestParts, "entries" | "spellings"> | undefined
  if (scanner.peek() !== "{") refuse(ARGUMENT, "a JSON object", scanner.value())
  scanner.object((key) => {
    if (key === "contents") contents = readContents(scanner)
    else envelope.push([key, scanner.value()])
  })
  scanner.end()
  const { storageLayout, storageRegion } = checkEnvelope(Object.fromEntries(envelope))
  if (contents === undefined) throw new InvalidArgumentError(ARGUMENT, `${ARGUMENT}.contents is missing. Was all of it read?`)
  return { storageLayout: storageLayout ?? undefined, storageRegion: storageRegion ?? undefined, ...contents }
}

function checkEnvelope(envelope: object) {
  const result = v.safeParse(Envelope, envelope)
  if (result.success) return result.output.storagePolicyConfig
  const issue = result.issues[0]
  const place = [ARGUMENT, v.getDotPath(issue)].join(".")
  const problem = issue.received === "undefined" ? "is missing" : issue.message
  throw new InvalidArgumentError(ARGUMENT, `${place} ${problem}, got ${show(issue.input)}.`)
}

function readContents(scanner: JsonScanner): Pick<ManifestParts, "entries" | "spellings"> {
  const entries = new Map<string, Entry>()
  const spellings = new Map<string, string>()
  const readEntry = createEntryReader(scanner)
  if (scanner.peek() !== "{") refuse(`${ARGUMENT}.contents`, "an object of entries", scanner.value())
  scanner.object((key) => {
    const path = entryPath(key, `${ARGUMENT}.contents`)
    const entry = readEntry(path)
    const spelling = spellings.get(path) ?? path
    if ((path !== key || spellings.size > 0) && entries.has(path) && spelling !== key) {
      throw new InvalidArgumentError(
        ARGUMENT,
        `${ARGUMENT}.contents has the same file twice: ${show(spelling)} and ${show(key)}.`,
        { path },
      )
    }
    if (path !== key) spellings.set(path, key)
    entries.set(path, entry)
  })
  return { entries, spellings }
}

/** An entry as it stands in the document: what is not named here is dropped. */
interface RawEntry {
  digest: unknown
  size: unknown
  ref: unknown
  birthArtifactID: unknown
  extra: unknown
}

/** Reads one entry after another into the same object: a million of them leave no garbage behind. */
function createEntryReader(scanner: JsonScanner): (path: string) => Entry {
  const raw: RawEntry = { digest: undefined, size: undefined, ref: undefined, birthArtifactID: undefined, extra: undefined }
  const readMember = (key: string) => {
    const value = scanner.value()
    if (key === "digest") raw.digest = value
    else if (key === "size") raw.size = value
    else if (key === "ref") raw.ref = value
    else if (key === "birthArtifactID") raw.birthArtifactID = value
    else if (key === "extra") raw.extra = value
  }
  return (path) => {
    if (scanner.peek() !== "{") refuse(place(path), "an object", scanner.value())
    raw.digest = raw.size = raw.ref = raw.birthArtifactID = raw.extra = undefined
    scanner.object(readMember)
    return checkEntry(path, raw)
  }
}

function checkEntry(path: string, raw: RawEntry): Entry {
  const { digest, ref, birthArtifactID, extra } = raw
  if (typeof digest !== "string" || hasLoneSurrogate(digest)) return refuse(place(path, "digest"), "a string", digest)
  const size = readSize(path, raw.size)
  if (ref === undefined && birthArtifactID === undefined && extra === undefined) {
    return size === undefined ? { path, digest } : { path, digest, size }
  }
  const entry = { path, digest, size, ref: readText(path, "ref", ref), extra: readExtra(path, extra) }
  return { ...entry, birthArtifactId: readText(path, "birthArtifactID", birthArtifactID) }
}

function readSize(path: string, size: unknown): number | undefined {
  if (size === undefined || size === null) return undefined
  const isNumeric = typeof size === "string" && /^\s*\+?\d+(?:\.0+)?\s*$/.test(size)
  const bytes = isNumeric ? Number(size) : size
  if (Number.isSafeInteger(bytes) && (bytes as number) >= 0) return (bytes as number) + 0
  return refuse(place(path, "size"), "a whole number of bytes from 0 to 2^53 - 1", size)
}

function readText(path: string, key: string, text: unknown): string | undefined {
  if (text === undefined || text === null) return undefined
  return typeof text === "string" ? text : refuse(place(path, key), "a string", text)
}

function readExtra(path: string, extra: unknown): { [key: string]: Json } | undefined {
  if (extra === undefined) return undefined
  if (typeof extra !== "object" || extra === null || Array.isArray(extra)) return refuse(place(path, "extra"), "an object", extra)
  if (Object.keys(extra).length === 0) return undefined
  return toJson(extra, place(path, "extra")) as { [key: string]: Json }
}

function place(path: string, key?: string): string {
  const entry = `${ARGUMENT}.contents[${show(path)}]`
  return key === undefined ? entry : `${entry}.${key}`
}
