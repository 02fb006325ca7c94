import { InvalidArgumentError } from "../errors.ts"
import { checkStorable, refuse } from "./check.ts"
import { show } from "./show.ts"

const SLASH = 47
const DOT = 46
const COLON = 58
const BACKSLASH = 92

/**
 * A path inside an artifact, as it is stored: relative, components joined by `/`, no `.` component, no doubled or trailing `/`.
 * These are tidied away; everything else stays as it is, with no Unicode normalisation. A backslash is part of a name.
 *
 * Throws `InvalidArgumentError` for whatever could leave a download directory on any system: empty, absolute, a `..` component,
 * and, with Windows' eyes, a leading backslash, a drive (`C:x`, so also `a:b`), `..` between backslashes. Beyond Python's rules it
 * also refuses NUL and unpaired surrogates, which no store can hold. The answer is a fixed point: checking it again returns it.
 */
export function entryPath(text: unknown, argument = "name"): string {
  if (typeof text === "string" && isOrdinary(text)) return text
  const path = checkStorable(argument, text)
  if (path.startsWith("/")) fail(argument, path, "is absolute", "Give a path relative to the artifact, without the leading slash.")
  const parts = path.split("/").filter((part) => part !== "" && part !== ".")
  const tidy = parts.join("/")
  if (tidy === "") fail(argument, path, "is empty", "Name a file inside the artifact.")
  if (tidy.split(/[/\\]/).includes("..")) fail(argument, path, 'has a ".." component', "An artifact has nothing above its root.")
  if (tidy.startsWith("\\")) fail(argument, path, "starts with a backslash, which is absolute on Windows")
  if (/^[A-Za-z]:/.test(tidy)) fail(argument, path, "starts with a letter and a colon, which is a drive on Windows")
  return tidy
}

function fail(argument: string, path: string, problem: string, advice = "Use another name."): never {
  throw new InvalidArgumentError(argument, `${argument} ${problem}: ${show(path)}. ${advice}`, { path })
}

/**
 * Whether a path needs no second look: true for nearly all there are, and never true for one that the rules would change or refuse.
 */
function isOrdinary(path: string): boolean {
  let previous = SLASH
  for (let at = 0; at < path.length; at++) {
    const unit = path.charCodeAt(at)
    if (previous === SLASH && (unit === SLASH || unit === DOT)) return false
    if (unit === 0 || unit === BACKSLASH || (unit === COLON && at === 1)) return false
    if (unit >= 0xd800 && unit < 0xe000 && path.codePointAt(at++)! <= 0xffff) return false
    previous = unit
  }
  return previous !== SLASH
}

/**
 * Orders paths by Unicode code point, as Python sorts and as UTF-8 bytes do; JavaScript's own order differs where U+E000 to U+FFFF
 * meet characters beyond. For `Array.prototype.sort`.
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** A UTF-16 unit's place in code point order: surrogates, which stand for what lies beyond, after U+FFFF. */
const rank = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** The last component. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1)
}

/** `path` below `directory`, checked as a whole; `""` and `"."` are the root. Throws as {@link entryPath} does, for either part. */
export function joinEntryPath(directory: string, path: string, argument = "name"): string {
  if (typeof directory !== "string") refuse(argument, "a string", directory)
  const inner = entryPath(path, argument)
  if (directory === "" || directory === "." || directory === "./") return inner
  return entryPath(`${entryPath(directory, argument)}/${inner}`, argument)
}
