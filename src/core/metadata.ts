import { InvalidArgumentError } from "../errors.ts"
import { refuse } from "./check.ts"
import { type Json, toJson } from "./json.ts"

const MAX_KEYS = 100
/** What Python writes for numbers that JSON does not have, and what tells text from what is outside of it. */
const PYTHON_TOKEN = /\\.|"|-?Infinity|NaN/gs

/**
 * Metadata as it is stored: a deep copy, so that later changes to `value` do not reach it.
 *
 * Takes a plain object, or JSON text of one (also with the `NaN` that Python writes), or nothing: `null`, `undefined` and `""` mean
 * `{}`. `NaN` becomes null. Throws `InvalidArgumentError` naming the key, `metadata.a.b`, for what JSON cannot hold, and for more
 * than 100 top-level keys.
 */
export function checkMetadata(value: unknown, argument = "metadata"): { [key: string]: Json } {
  let object = value
  // JSON text of JSON text of an object is an object to Python.
  while (typeof object === "string" && object !== "") object = parse(object, argument)
  if (object === null || object === undefined || object === "") return {}
  if (typeof object !== "object" || Array.isArray(object)) refuse(argument, "a plain object, JSON text of one, or null", object)
  const copy = toJson(object, argument)
  if (typeof copy !== "object" || copy === null || Array.isArray(copy)) refuse(argument, "a plain object", copy)
  const count = Object.keys(copy).length
  if (count > MAX_KEYS) {
    const advice = "Nest some, or put them into a JSON file of the artifact."
    throw new InvalidArgumentError(argument, `${argument} must not have more than ${MAX_KEYS} keys, got ${count}. ${advice}`)
  }
  return copy as { [key: string]: Json }
}

function parse(text: string, argument: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parsePython(text, argument)
  }
}

function parsePython(text: string, argument: string): unknown {
  try {
    return JSON.parse(withoutPythonNumbers(text))
  } catch (error) {
    throw new InvalidArgumentError(argument, `${argument} is not JSON text: ${(error as Error).message}`, {}, { cause: error })
  }
}

/** `NaN` is null; an infinity is written so that it parses as one, and is refused by its key. */
function withoutPythonNumbers(text: string): string {
  let isQuoted = false
  return text.replace(PYTHON_TOKEN, (token) => {
    if (token === '"') isQuoted = !isQuoted
    if (isQuoted) return token
    return token === "NaN" ? "null" : token.replace("Infinity", "1e999")
  })
}
