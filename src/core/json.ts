import { ArtifactError, InvalidArgumentError } from "../errors.ts"
import { hasLoneSurrogate } from "./check.ts"
import { show } from "./show.ts"

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** How deep objects and arrays may nest: the limit of Python's parser, and well inside every JavaScript engine's stack. */
const MAX_DEPTH = 200
const PLAIN_KEY = /^[\p{L}_$][\p{L}\p{N}_$]*$/u

/**
 * A deep copy of `value` as JSON, or an `InvalidArgumentError` that names the place: `metadata.a.b[3]`.
 *
 * `NaN` becomes null, as in Python's wandb. An object with `toJSON` (`Date`, `URL`, `Temporal.*`) is taken as what that returns.
 * Refused: infinities, `undefined`, functions, symbols, bigints, binary data, `Map`, `Set` and other class instances, unpaired
 * surrogates, cycles, and nesting beyond 200 levels.
 */
export function toJson(value: unknown, argument: string): Json {
  try {
    return copy(value, argument, new Set())
  } catch (error) {
    if (error instanceof ArtifactError) throw error
    throw new InvalidArgumentError(argument, `${argument} could not be read as JSON: ${String(error)}`, {}, { cause: error })
  }
}

function copy(value: unknown, place: string, within: Set<object>): Json {
  if (value === null || typeof value === "boolean") return value
  if (typeof value === "number") return copyNumber(value, place)
  if (typeof value === "string") return copyString(value, place)
  if (typeof value !== "object") return refuseKind(value, place)
  if (within.has(value)) return fail(place, "contains itself")
  if (within.size >= MAX_DEPTH) return fail(place, `is nested more than ${MAX_DEPTH} levels deep`)
  within.add(value)
  const json = copyObject(value, place, within)
  within.delete(value)
  return json
}

function copyObject(value: object, place: string, within: Set<object>): Json {
  if (Array.isArray(value)) return Array.from(value, (item, index) => copy(item, `${place}[${index}]`, within))
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return fail(place, "is binary data", "Put it into a file of the artifact, or use Array.from for a short list of numbers.")
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), place, within)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return refuseInstance(value, place)
  return copyMembers(value, place, within)
}

function copyNumber(value: number, place: string): Json {
  if (Number.isNaN(value)) return null
  // Adding 0 turns -0, which JSON text does not keep apart, into 0.
  return Number.isFinite(value) ? value + 0 : fail(place, `is ${value}, which JSON cannot hold`, "Use null or a string.")
}

function copyString(value: string, place: string): string {
  return hasLoneSurrogate(value) ? fail(place, `holds half of a surrogate pair: ${show(value)}`, "Was it cut?") : value
}

function copyMembers(value: object, place: string, within: Set<object>): Json {
  const result: { [key: string]: Json } = {}
  for (const [key, item] of Object.entries(value)) {
    const inner = `${place}${PLAIN_KEY.test(key) ? `.${key}` : `[${show(key)}]`}`
    if (hasLoneSurrogate(key)) fail(inner, "has half of a surrogate pair in its key", "Was it cut?")
    const json = copy(item, inner, within)
    if (key === "__proto__")
      Object.defineProperty(result, key, { value: json, enumerable: true, configurable: true, writable: true })
    else result[key] = json
  }
  return result
}

function refuseKind(value: unknown, place: string): never {
  if (value === undefined) return fail(place, "is undefined, which JSON cannot hold", "Leave the key out, or use null.")
  if (typeof value === "bigint")
    return fail(place, `is the bigint ${show(value)}, which JSON cannot hold`, "Use Number() or String().")
  return fail(place, `is ${show(value)}, which JSON cannot hold`)
}

function refuseInstance(value: object, place: string): never {
  if (value instanceof Map) return fail(place, "is a Map", "Use Object.fromEntries(map).")
  if (value instanceof Set) return fail(place, "is a Set", "Use Array.from(set).")
  const name = value.constructor?.name
  return fail(place, `is ${name ? `an instance of ${show(name)}` : "a class instance"}`, "Use a plain object.")
}

const SHOWN_START = 60
const SHOWN_END = 20

function fail(path: string, problem: string, advice = ""): never {
  const place = shorten(path)
  throw new InvalidArgumentError(place, `${place} ${problem}.${advice && ` ${advice}`}`)
}

/** The way down to what is nested deep, or under long keys, is longer than anybody reads. */
function shorten(place: string): string {
  if (place.length <= SHOWN_START + SHOWN_END) return place
  const start = place.slice(0, SHOWN_START).replace(/[\ud800-\udbff]$/, "")
  return `${start}…${place.slice(-SHOWN_END).replace(/^[\udc00-\udfff]/, "")}`
}
