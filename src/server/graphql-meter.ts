import { defaultFieldResolver, type GraphQLFieldResolver } from "graphql"
import { InvalidArgumentError } from "../errors.ts"
import type { Call } from "./call.ts"

const maxCharacters = 64 * 1024 * 1024
/** What stands around the name and the value of a field, and a value that is no text. */
const fieldCharacters = 8

/**
 * Resolves fields as graphql-js does and ends the execution through `stop` when the answer gets longer than any client needs: a short
 * query can name a long text, or a field of many objects, over and over.
 */
export function createMeter(stop: AbortController): GraphQLFieldResolver<unknown, Call> {
  let left = maxCharacters
  const take = (count: number) => {
    left -= count
    if (left < 0 && !stop.signal.aborted) stop.abort(tooLong())
  }
  const takeText = <T>(value: T): T => {
    if (typeof value === "string") take(value.length)
    else if (Array.isArray(value) && typeof value[0] === "string") value.forEach(takeText)
    return value
  }
  return (source, args, call, info) => {
    take(fieldCharacters + String(info.path.key).length)
    const value = defaultFieldResolver(source, args, call, info)
    return value instanceof Promise ? value.then(takeText) : takeText(value)
  }
}

function tooLong(): InvalidArgumentError {
  return new InvalidArgumentError(
    "query",
    `The answer has more than ${maxCharacters} characters; ask for fewer fields, or for smaller pages.`,
  )
}
