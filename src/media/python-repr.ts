import { pythonNumber } from "./python-number.ts"

/**
 * Python's `repr()` of plain data. W&B hashes it to name class files and sorts types by it.
 *
 * Strings are quoted with `'` unless they hold that and no `"`; what Python's `str.isprintable` refuses is escaped.
 */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return "None"
  if (value === true) return "True"
  if (value === false) return "False"
  if (typeof value === "string") return reprString(value)
  if (typeof value === "number") return reprNumber(value)
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(", ")}]`
  if (value instanceof Map) return reprEntries(value)
  if (typeof value === "object" && isPlain(value)) return reprEntries(Object.entries(value))
  return String(value)
}

function reprEntries(entries: Iterable<readonly [unknown, unknown]>): string {
  return `{${Array.from(entries, ([key, value]) => `${pythonRepr(key)}: ${pythonRepr(value)}`).join(", ")}}`
}

const isPlain = (value: object) => [Object.prototype, null].includes(Object.getPrototypeOf(value))

/** Whole numbers are Python's `int`, as in {@link pythonJson}. */
function reprNumber(value: number): string {
  if (Number.isNaN(value)) return "nan"
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf"
  return pythonNumber(value)
}

const SHORT: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }
// All of "Other" and "Separator" but the space, and halves of characters.
const UNPRINTABLE = /[\\\n\r\t]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu

function reprString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(UNPRINTABLE, (character) => SHORT[character] ?? hexEscape(character.codePointAt(0)!))
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote
}

function hexEscape(code: number): string {
  const hex = code.toString(16)
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`
}
