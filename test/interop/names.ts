/** Thousands of generated strings, judged by Python's validators and by ours. */

import { isDeepStrictEqual } from "node:util"
import { checkMetadata } from "../../src/core/metadata.ts"
import {
  checkAliases,
  checkArtifactName,
  checkArtifactType,
  checkCollectionName,
  checkProjectName,
  checkTags,
  versionIndexOf,
} from "../../src/core/names.ts"
import { entryPath } from "../../src/core/path.ts"
import { parseArtifactPath } from "../../src/core/path-string.ts"
import { isArtifactError } from "../../src/errors.ts"
import type { Group, Peer } from "./group.ts"

interface Verdict {
  readonly input: unknown
  readonly valid: boolean
  readonly value?: unknown
}
type Ranges = readonly (readonly [first: number, last: number])[]

const each = (input: unknown): string[] => (typeof input === "string" ? [input] : (input as string[]))
const some = (test: RegExp) => (input: unknown) => each(input).some((text) => test.test(text))
const unstorable = some(/\0|\p{Surrogate}/u)
const empty = some(/^$/)
/** A name that has a page, which addresses would take for a place. */
const place = some(/^\.\.?$/)

/** Every place where isofact means to differ: it refuses what Python lets pass, and the server or a file system would not. */
const differences: Readonly<Record<string, Readonly<Record<string, (input: unknown) => boolean>>>> = {
  "artifact name": { "a trailing line feed": some(/\n$/), "a dot or two": place },
  "collection name": {
    "NUL and lone surrogates": unstorable,
    empty,
    "a dot or two": place,
    "a colon, which starts the alias in a path": some(/:/),
  },
  "project name": { "NUL and lone surrogates": unstorable, "a dot or two": place },
  type: {
    "NUL and lone surrogates": (input) => unstorable((input as string[])[0]),
    empty: (input) => (input as string[])[0] === "",
    "a dot or two": (input) => place((input as string[])[0]),
  },
  aliases: { "NUL and lone surrogates": unstorable, empty, "vN, which is how versions are called": some(/^v\p{N}+$/u) },
  tags: { "a trailing line feed": some(/\n$/) },
  "entry path": {
    "NUL and lone surrogates": unstorable,
    // Python looks for these before it takes the dot away, and so answers with a path that it would refuse itself.
    "a drive or a leading backslash behind a dot": some(/^(\.\/+)+(\\|[A-Za-z]:)/),
  },
  "path string": { "NUL and lone surrogates": unstorable, "empty parts": some(/^[^:]*\/\/|^\/|^$|^[^:]*\/(:|$)|^:|^[^:]*:$/s) },
  "version alias": { "other digits, leading zeros, numbers past 2^53": some(/^v(0\p{N}|.*[^0-9]|\d{16})/u) },
  metadata: {},
}

const ours: Readonly<Record<string, (input: never) => unknown>> = {
  "artifact name": (text: string) => checkArtifactName(text),
  "collection name": (text: string) => checkCollectionName(text),
  "project name": (text: string) => checkProjectName(text),
  type: ([type, name]: [string, string]) => checkArtifactType(type, name),
  aliases: (list: unknown) => checkAliases(list),
  tags: (list: unknown) => checkTags(list),
  "entry path": (text: string) => entryPath(text),
  "path string": (text: string) => ({ entity: null, project: null, alias: null, ...parseArtifactPath(text) }),
  "version alias": (text: string) => versionIndexOf(text) !== undefined,
  metadata: (value: unknown) => checkMetadata(untag(value)),
}

/** Python keeps an alias that is given twice; a set of nicknames needs it once. */
const kept = (kind: string, value: unknown) => (kind === "aliases" ? [...new Set(value as string[])] : value)

export function checkNames(peer: Peer, group: Group, options: { seed: number; count: number }): void {
  const { kinds, tagCharacters, unassigned } = peer.run<{
    kinds: Record<string, Verdict[]>
    tagCharacters: Ranges
    unassigned: Ranges
  }>("names", "names.json", options)
  for (const [kind, verdicts] of Object.entries(kinds)) checkKind(group, kind, verdicts, options.count)
  checkCharacters(group, tagCharacters, unassigned)
  group.note(`${Object.keys(kinds).length} kinds × ${options.count}, every character of Unicode as a tag`)
}

function checkKind(group: Group, kind: string, verdicts: readonly Verdict[], count: number): void {
  const unseen = new Set(Object.keys(differences[kind]!))
  for (const { input, valid, value } of verdicts) {
    const python = valid ? { valid, value: kept(kind, value) } : { valid }
    const mine = judge(kind, input)
    const known = Object.entries(differences[kind]!).filter(([, applies]) => applies(input))
    const isStricter = valid && (!mine.valid || mine.value === false) && known.length > 0
    if (isStricter)
      known.forEach(([why]) => {
        unseen.delete(why)
      })
    group.check(isStricter || isDeepStrictEqual(mine, python), () => {
      return `${kind} ${JSON.stringify(input)}: isofact ${JSON.stringify(mine)}, Python ${JSON.stringify(python)}`
    })
  }
  if (count < 1000) return
  for (const why of unseen) group.check(false, () => `${kind}: the intended difference "${why}" was not seen; is it one?`)
}

function judge(kind: string, input: unknown): { valid: boolean; value?: unknown } {
  try {
    return { valid: true, value: ours[kind]!(input as never) }
  } catch (error) {
    if (!isArtifactError(error)) throw new Error(`${kind} ${JSON.stringify(input)} threw something untyped`, { cause: error })
    return { valid: false }
  }
}

/** Numbers that JSON cannot say arrive as `{"$": "NaN"}`. */
function untag(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untag)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value)
  if (entries.length === 1 && entries[0]![0] === "$") return Number(entries[0]![1])
  return Object.fromEntries(entries.map(([key, item]) => [key, untag(item)]))
}

/** Which single characters make a tag, for every character that both Unicode versions know. */
function checkCharacters(group: Group, python: Ranges, unassigned: Ranges): void {
  const inPython = expand(python)
  const unknown = expand(unassigned)
  const wrong: string[] = []
  for (let point = 0; point <= 0x10ffff; point++) {
    if (unknown.has(point)) continue
    const isTag = judge("tags", String.fromCodePoint(point)).valid
    if (isTag !== inPython.has(point)) wrong.push(point.toString(16))
  }
  group.check(wrong.length === 0, () => `tag characters: ${wrong.length} judged differently: ${wrong.slice(0, 40).join(" ")}`)
}

function expand(ranges: Ranges): Set<number> {
  return new Set(ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)))
}
