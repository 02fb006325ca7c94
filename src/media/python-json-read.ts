import { InvalidArgumentError } from "../errors.ts"

const WORDS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
])
/** Words of Python that JSON does not have, and integers that a number cannot hold. */
const BEYOND_JSON = /NaN|Infinity|(?<![\d.])\d{16,}(?![\d.eE])/
const TOKEN = /(?:"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(\s*:)?/gs
const INTEGER = /^-?\d+$/
const MARK = "\ue000"
const BEGINS_MARKED = /^"(?:\ue000|\\ue000)/i

/**
 * What Python's `json.load` reads: JSON, the words `NaN`, `Infinity` and `-Infinity`, and integers of any size, which are bigints here where
 * a number could not hold them.
 *
 * @throws InvalidArgumentError on `argument` for anything else, telling the place
 */
export function readPythonJson(text: string, argument: string): unknown {
  try {
    return BEYOND_JSON.test(text) ? JSON.parse(marked(text), revive) : JSON.parse(text)
  } catch (cause) {
    throw new InvalidArgumentError(argument, `${argument} is not JSON: ${(cause as Error).message}`, {}, { cause })
  }
}

/** What JSON cannot say as a string that says it, told from every other string by a character that those get twice. */
function marked(text: string): string {
  return text.replace(TOKEN, (token, colon: string | undefined) => {
    // The names of members are no values.
    if (colon !== undefined) return token
    if (token.startsWith('"')) return BEGINS_MARKED.test(token) ? `"${MARK}${token.slice(1)}` : token
    if (WORDS.has(token)) return `"${MARK}${token}"`
    return INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token
  })
}

function revive(_: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith(MARK)) return value
  const token = value.slice(1)
  if (token.startsWith(MARK)) return token
  return WORDS.get(token) ?? BigInt(token)
}
