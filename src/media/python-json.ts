import { InvalidArgumentError } from "../errors.ts"
import { PyFloat, pythonFloat, pythonNumber } from "./python-number.ts"

/** How deep objects and arrays may nest: the limit of Python's parser is about five times that. */
const MAX_DEPTH = 200

/**
 * JSON text as Python's `json.dumps(value, sort_keys=True)` writes it, byte for byte, so that the same object has the same digest there:
 * ASCII only, `", "` and `": "`, keys by code point, `NaN` and infinities as words. Whole numbers are integers, and floats as `PyFloat`.
 *
 * @throws InvalidArgumentError for what is no data: functions, symbols, class instances, cycles
 */
export function pythonJson(value: unknown, argument = "value"): string {
  const parts: string[] = []
  writePythonJson(value, argument, (text) => parts.push(text))
  return parts.join("")
}

type Write = (text: string) => void

/** The same, given to `write` piece by piece. */
export function writePythonJson(value: unknown, argument: string, write: Write): void {
  writeValue(value, argument, write, 0)
}

function writeValue(value: unknown, place: string, write: Write, depth: number): void {
  if (typeof value === "string") write(jsonString(value))
  else if (typeof value === "number") write(jsonNumber(value))
  else if (value === null || value === undefined) write("null")
  else if (typeof value === "boolean" || typeof value === "bigint") write(String(value))
  else if (value instanceof PyFloat) write(Number.isFinite(value.value) ? pythonFloat(value.value) : jsonNumber(value.value))
  else if (depth >= MAX_DEPTH) fail(place, `is nested more than ${MAX_DEPTH} levels deep, or contains itself`)
  else if (Array.isArray(value)) writeArray(value, place, write, depth)
  else if (value instanceof Map || isPlain(value)) writeObject(value as object, place, write, depth)
  else fail(place, "is nothing that JSON can hold")
}

function writeArray(items: readonly unknown[], place: string, write: Write, depth: number): void {
  write("[")
  for (let at = 0; at < items.length; at++) {
    if (at > 0) write(", ")
    writeValue(items[at], place, write, depth + 1)
  }
  write("]")
}

function writeObject(value: object, place: string, write: Write, depth: number): void {
  const entries = value instanceof Map ? Array.from(value, ([key, item]) => [String(key), item] as const) : Object.entries(value)
  entries.sort(([a], [b]) => compareCodePoints(a, b))
  write("{")
  entries.forEach(([key, item], at) => {
    if (at > 0) write(", ")
    write(jsonString(key))
    write(": ")
    writeValue(item, place, write, depth + 1)
  })
  write("}")
}

function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity"
  return pythonNumber(value)
}

// JSON.stringify escapes control characters as Python does, but for these, and halves of characters.
const NOT_ASCII = /[\u007f-\uffff]/g
const NEEDS_ESCAPE = /[^ !#-[\]-~]/

/** A string in quotes, all of it ASCII. */
export function jsonString(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** Python orders strings by code point, JavaScript by UTF-16 unit: the two differ where surrogates meet what is above them. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one !== other) return rank(one) - rank(other)
  }
  return a.length - b.length
}

const rank = (unit: number) => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit)

const isPlain = (value: unknown) => {
  const prototype = typeof value === "object" ? Object.getPrototypeOf(value) : undefined
  return prototype === Object.prototype || prototype === null
}

function fail(place: string, problem: string): never {
  throw new InvalidArgumentError(place, `${place} ${problem}`)
}
