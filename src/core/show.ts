const MAX_SHOWN = 80
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escapeInvisible = (char: string) => `\\u{${char.codePointAt(0)!.toString(16)}}`

/**
 * A caller's value as an error message shows it: a string in double quotes, cut at 80 characters, with control, bidirectional and
 * other invisible characters escaped so that it cannot repaint a terminal; anything else by its kind. Never throws and never calls
 * into the value.
 */
export function show(value: unknown): string {
  if (typeof value === "string") return showString(value)
  if (value === null) return "null"
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`
  if (typeof value === "bigint") return `${value}n`
  if (typeof value === "object") return "an object"
  if (typeof value === "function") return "a function"
  if (typeof value === "symbol") return "a symbol"
  return Object.is(value, -0) ? "-0" : String(value)
}

function showString(text: string): string {
  const cut = text.length > MAX_SHOWN ? text.slice(0, MAX_SHOWN).replace(/[\ud800-\udbff]$/, "") : text
  const quoted = JSON.stringify(cut).replace(INVISIBLE, escapeInvisible)
  return cut === text ? quoted : `${quoted}… (${text.length} characters)`
}
