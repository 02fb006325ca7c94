import { InvalidArgumentError } from "../errors.ts"
import { refuse } from "./check.ts"
import { type Json, toJson } from "./json.ts"
import { checkMetadata } from "./metadata.ts"

export type JsonObject = { readonly [key: string]: Json }

/** What tells text from what is outside of it, and there the space between. */
const SPACE = /\\.|"|[ \t\n\r]+/gs
/** The same, and the numbers that only Python's JSON has. */
const PYTHON_NUMBER = /\\.|"|-?Infinity|NaN/gs

/**
 * The JSON text of an object, without white space, where it says more than the value that was read from it: whole numbers beyond 2^53,
 * `1.0`, the order of keys that are numbers. Undefined where the value says it all.
 */
export function exactText(text: string, value: JsonObject): string | undefined {
  const tight = outsideStrings(text, SPACE, () => "")
  return tight.startsWith("{") && tight !== JSON.stringify(value) ? tight : undefined
}

/**
 * JSON text of what Python and wandb-core take for it: of the numbers that JSON does not have, `NaN` becomes null, and an infinity the
 * text `"Infinity"` or `"-Infinity"`.
 */
export function plainJson(text: string): string {
  return outsideStrings(text, PYTHON_NUMBER, (token) => (token === "NaN" ? "null" : `"${token}"`))
}

function outsideStrings(text: string, pattern: RegExp, change: (token: string) => string): string {
  let isQuoted = false
  return text.replace(pattern, (token) => {
    if (token === '"') isQuoted = !isQuoted
    return isQuoted || token === '"' || token.startsWith("\\") ? token : change(token)
  })
}

/** An object, or the JSON text of one, as a checked copy, with the text where it says more. */
export function readObject(given: unknown, argument: string): { readonly value: JsonObject; readonly text: string | undefined } {
  const value = toJson(typeof given === "string" ? parse(given, argument) : given, argument)
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(argument, "an object, or its JSON text", value)
  return { value: value as JsonObject, text: typeof given === "string" ? exactText(given, value as JsonObject) : undefined }
}

function parse(text: string, argument: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(argument, `${argument} is not JSON text: ${(error as Error).message}`, {}, { cause: error })
  }
}

export interface ExactMetadata {
  readonly metadata: JsonObject
  readonly metadataText: string | undefined
}

/** {@link checkMetadata}, with the text where one was given that says more than the object. */
export function readMetadata(given: unknown): ExactMetadata {
  const metadata = checkMetadata(given)
  return { metadata, metadataText: typeof given === "string" ? exactText(plainJson(given), metadata) : undefined }
}
