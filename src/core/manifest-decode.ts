import * as v from "valibot"
import { InvalidArgumentError } from "../errors.ts"
import { checkString, refuse } from "./check.ts"
import { checkEntry, type Entry } from "./entry.ts"
import { entryPath } from "./path.ts"
import { createJsonScanner, type JsonScanner } from "./scan-json.ts"
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
const Envelope = /* @__PURE__ */ v.object({
  version: v.custom<1>((value) => value === 1, "must be 1: this reads version 1 only"),
  storagePolicy: v.custom((value) => value === STORAGE_POLICY, `must be "${STORAGE_POLICY}", the only one there is`),
  storagePolicyConfig: v.object(
    {
      storageLayout: v.nullish(v.custom<StorageLayout>((value) => value === "V1" || value === "V2", 'must be "V1" or "V2"')),
      storageRegion: v.nullish(v.custom<string>((value) => typeof value === "string" && value.trim() !== "", REGION)),
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
  const scanner = createJsonScanner(checkString(ARGUMENT, text), ARGUMENT)
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
  return { storageLayout: storageLayout ?? undefined, storageRegion: storageRegion?.trim(), ...contents }
}

function checkEnvelope(envelope: object) {
  const result = v.safeParse(Envelope, envelope)
  if (result.success) return result.output.storagePolicyConfig
  const issue = result.issues[0]
  const place = [ARGUMENT, ...(issue.path ?? []).map(({ key }) => key)].join(".")
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

/** Reads one entry after another into the same object: a million of them leave no garbage behind. */
function createEntryReader(scanner: JsonScanner): (path: string) => Entry {
  type Raw = { [K in "digest" | "size" | "ref" | "birthArtifactId" | "extra"]: unknown }
  const raw: Raw = { digest: undefined, size: undefined, ref: undefined, birthArtifactId: undefined, extra: undefined }
  const readMember = (key: string) => {
    const value = scanner.value()
    if (key === "digest") raw.digest = value
    else if (key === "size") raw.size = readSize(value)
    else if (key === "ref") raw.ref = value ?? undefined
    else if (key === "birthArtifactID") raw.birthArtifactId = value ?? undefined
    else if (key === "extra") raw.extra = value
  }
  return (path) => {
    if (scanner.peek() !== "{") refuse(placeOf(path), "an object", scanner.value())
    raw.digest = raw.size = raw.ref = raw.birthArtifactId = raw.extra = undefined
    scanner.object(readMember)
    return checkEntry(path, raw, memberPlace)
  }
}

function readSize(size: unknown): unknown {
  // Adding 0 turns -0 into 0.
  if (typeof size === "number") return size + 0
  return typeof size === "string" && /^\s*\+?\d+(?:\.0+)?\s*$/.test(size) ? Number(size) : (size ?? undefined)
}

const placeOf = (path: string) => `${ARGUMENT}.contents[${show(path)}]`
const memberPlace = (key: string, path: string) => `${placeOf(path)}.${key === "birthArtifactId" ? "birthArtifactID" : key}`
