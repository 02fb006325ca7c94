import { createHash } from "node:crypto"
import { join } from "node:path"
import { keySegments } from "./record-keys.ts"

const MAX_LENGTH = 180
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/
const HASHED = /\+=[0-9a-f]{32}$/

/** Ends the name of a directory that is a record; no segment can hold it, so `a` and `a/b` can both be records. */
export const RECORD_SUFFIX = "@"
/** Where records are written before they get their number; no segment can be called this. */
export const TEMPORARY = "@tmp"

/** The directory of a record: one path component per segment, each the same on every file system. */
export function recordDirectory(root: string, key: string): string {
  return prefixDirectory(root, key) + RECORD_SUFFIX
}

/** The directory that everything below `prefix` is in. */
export function prefixDirectory(root: string, prefix: string): string {
  return join(root, ...keySegments(prefix).map(escapeSegment))
}

/**
 * A segment as a file name. `+a` stands for `A`, since many file systems take both for one; `+_` for a dot at the end and `+~`
 * before a device name such as `con`, which Windows does not allow; a long one is cut and ends in `+=` and a hash.
 */
export function escapeSegment(segment: string): string {
  const lower = segment.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`).replace(/\.$/, "+_")
  const escaped = RESERVED.test(lower) ? `+~${lower}` : lower
  if (escaped.length <= MAX_LENGTH) return escaped
  return `${escaped.slice(0, MAX_LENGTH - 34)}+=${createHash("md5").update(segment).digest("hex")}`
}

/** The segment a name stands for, or undefined when it was cut and only the record itself knows. */
export function unescapeSegment(name: string): string | undefined {
  if (HASHED.test(name)) return undefined
  return name
    .replace(/^\+~/, "")
    .replace(/\+_$/, ".")
    .replace(/\+([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
