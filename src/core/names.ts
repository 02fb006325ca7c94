import { InvalidArgumentError } from "../errors.ts"
import { checkStorable, checkString, codePointLength, refuse } from "./check.ts"
import { show } from "./show.ts"

const MAX_LENGTH = 128
const MAX_RUN_TAG_LENGTH = 64
const ARTIFACT_NAME = /^[A-Za-z0-9_.-]+$/
// Python's `\w` is letters, numbers and the low line in any script, without combining marks.
const TAG = /^[-_\p{L}\p{N}]+(?: +[-_\p{L}\p{N}]+)*$/u
const VERSION = /^v(0|[1-9]\d*)$/
const VERSION_LIKE = /^v\p{N}+$/u
const NOT_IN_ADDRESSES = /[/\\#?%:\r\n]/
const REGISTRY_PREFIX = "wandb-registry-"
const RESERVED_NAMES: ReadonlyMap<string, string> = new Map([
  ["job", ""],
  ["run_table", "run-"],
  ["code", "source-"],
])

/**
 * A new artifact's name: ASCII letters, digits, `_`, `-` and `.`, 1 to 128 of them. A trailing line feed, `.` and `..`, which Python
 * lets pass, are refused.
 */
export function checkArtifactName(name: unknown, argument = "name"): string {
  const text = refuseDots(argument, checkLength(argument, checkString(argument, name)))
  const advice = text.includes(":") ? "Versions and aliases are not part of it." : ""
  return ARTIFACT_NAME.test(text) ? text : refuse(argument, "made of letters, digits, dashes, underscores and dots", text, advice)
}

/** A collection that is there or may be: 1 to 128 characters without `/`, and without `:`, which starts the alias in a path; not `.` or `..`. */
export function checkCollectionName(name: unknown, argument = "name"): string {
  const text = refuseDots(argument, checkLength(argument, checkStorable(argument, name)))
  return /[/:]/.test(text) ? refuse(argument, "a name without / and :", text) : text
}

/**
 * An artifact's type: any text but the ones W&B reserves: `wandb-…`, `job`, and `run_table` and `code` for artifacts called `run-…`
 * and `source-…`. Unlike Python this refuses an empty one, which no registry could list, `.` and `..`.
 */
export function checkArtifactType(type: unknown, name: string, argument = "type"): string {
  const text = refuseDots(argument, checkStorable(argument, type))
  if (text === "") refuse(argument, 'a word such as "dataset" or "model"', text)
  const reserved = RESERVED_NAMES.get(text)
  const isReserved = text.startsWith("wandb-") || (reserved !== undefined && name.startsWith(reserved))
  return isReserved ? refuse(argument, "one that W&B does not reserve for itself", text, "Choose another word.") : text
}

/**
 * Nicknames for a version, duplicates dropped: 1 to 128 characters without `/` and `:`. `vN` is refused here because versions are
 * called that; Python's client sends such an alias, and leaves the refusal to the server. One string is a list of one.
 */
export function checkAliases(aliases: unknown, argument = "aliases"): string[] {
  return checkList(aliases, argument, (place, alias) => {
    const text = checkLength(place, checkStorable(place, alias))
    if (/[/:]/.test(text)) refuse(place, "an alias without / and :", text)
    return VERSION_LIKE.test(text) ? refuse(place, "other than v and a number, which is how versions are called", text) : text
  })
}

/**
 * Tags, duplicates dropped: letters and digits of any script, `-` and `_`, in words joined by spaces, at most 128 characters. A
 * trailing line feed, which Python lets pass, is refused. One string is a list of one.
 */
export function checkTags(tags: unknown, argument = "tags"): string[] {
  return checkList(tags, argument, (place, tag) => {
    const text = checkLength(place, checkString(place, tag))
    return TAG.test(text) ? text : refuse(place, "letters, digits, hyphens and underscores, in words joined by spaces", text)
  })
}

/** Tags of a run, duplicates dropped: any text of 1 to 64 characters, such as `v1.0` or `lr=0.1`. One string is a list of one. */
export function checkRunTags(tags: unknown, argument = "tags"): string[] {
  return checkList(tags, argument, (place, tag) => {
    const text = checkStorable(place, tag)
    return text !== "" && codePointLength(text) <= MAX_RUN_TAG_LENGTH ? text : refuse(place, "1 to 64 characters", text)
  })
}

/** A project: 1 to 128 characters, none of `/ \ # ? % :` or a line break, not `.` or `..`. `wandb-registry-` needs a registry's name behind it. */
export function checkProjectName(name: unknown, argument = "project"): string {
  const text = checkAddressable(name, argument)
  return text === REGISTRY_PREFIX ? refuse(argument, `more than the prefix of registries`, text, "Add the registry's name.") : text
}

/** What people call the registry that a project of this name is; undefined for every other project. */
export function registryNameOf(project: string): string | undefined {
  return project.startsWith(REGISTRY_PREFIX) && project !== REGISTRY_PREFIX ? project.slice(REGISTRY_PREFIX.length) : undefined
}

/** An entity (user, team or organization): the same characters as a project. */
export function checkEntityName(name: unknown, argument = "entity"): string {
  return checkAddressable(name, argument)
}

/** `3` for `"v3"`; undefined for what is not the name of a version, also `"v03"`. */
export function versionIndexOf(text: string): number | undefined {
  const index = Number(VERSION.exec(text)?.[1])
  return Number.isSafeInteger(index) ? index : undefined
}

function checkAddressable(name: unknown, argument: string): string {
  const text = refuseDots(argument, checkLength(argument, checkStorable(argument, name)))
  return NOT_IN_ADDRESSES.test(text) ? refuse(argument, "a name without / \\ # ? % : and line breaks", text) : text
}

/** Of what has a page: addresses take these for places. */
export function refuseDots(argument: string, name: string): string {
  return name === "." || name === ".." ? refuse(argument, "other than . and ..", name) : name
}

function checkLength(argument: string, text: string): string {
  if (text === "") refuse(argument, "a name", text)
  return codePointLength(text) > MAX_LENGTH ? refuse(argument, `at most ${MAX_LENGTH} characters long`, text) : text
}

function checkList(list: unknown, argument: string, check: (place: string, item: unknown) => string): string[] {
  if (typeof list === "string") return [check(argument, list)]
  const isIterable = typeof list === "object" && list !== null && Symbol.iterator in list
  if (!isIterable) throw new InvalidArgumentError(argument, `${argument} must be a string or a list of strings, got ${show(list)}.`)
  const items = Array.from(list as Iterable<unknown>, (item, index) => check(`${argument}[${index}]`, item))
  return Array.from(new Set(items))
}
