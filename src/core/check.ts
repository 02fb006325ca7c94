import { InvalidArgumentError } from "../errors.ts"
import { show } from "./show.ts"

const LONE_SURROGATE = /\p{Surrogate}/u

type AnyFunction = (...args: never[]) => unknown

/**
 * Throws the {@link InvalidArgumentError} that says what `argument` must be and what it was. `advice` is the way out, a sentence.
 */
export function refuse(argument: string, must: string, value: unknown, advice = ""): never {
  throw new InvalidArgumentError(argument, `${argument} must be ${must}, got ${show(value)}.${advice && ` ${advice}`}`)
}

/** Runs a check on a value that may be left out: `optional(checkString, "options.name", options.name)`. */
export function optional<T>(check: (argument: string, value: unknown) => T, argument: string, value: unknown): T | undefined {
  return value === undefined ? undefined : check(argument, value)
}

/** A string, or `InvalidArgumentError`. */
export function checkString(argument: string, value: unknown): string {
  return typeof value === "string" ? value : refuse(argument, "a string", value)
}

/**
 * A string that a store can hold and give back unchanged: no NUL (files and databases end a name there) and no unpaired surrogate
 * (it has no UTF-8 form, so it would silently become U+FFFD).
 */
export function checkStorable(argument: string, value: unknown): string {
  const text = checkString(argument, value)
  if (text.includes("\0")) refuse(argument, "text without NUL characters", text, "No store can hold a name with one.")
  if (hasLoneSurrogate(text)) refuse(argument, "well-formed Unicode", text, "It holds half of a surrogate pair; was it cut?")
  return text
}

export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text)
}

/** Length as Python's `len` counts it: code points, not UTF-16 units. */
export function codePointLength(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}

/** `true` or `false`; truthy is not enough. */
export function checkBoolean(argument: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse(argument, "true or false", value)
}

/** A whole number from 1 to 2^53 − 1. */
export function checkPositiveInteger(argument: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  return refuse(argument, "a whole number of at least 1", value)
}

/** An `AbortSignal`, also one from another realm or a polyfill. */
export function checkSignal(argument: string, value: unknown): AbortSignal {
  const signal = value as Partial<AbortSignal> | null
  if (typeof signal === "object" && typeof signal?.aborted === "boolean" && typeof signal.addEventListener === "function") {
    return signal as AbortSignal
  }
  return refuse(argument, "an AbortSignal", value, "Pass controller.signal, not the controller.")
}

export function checkFunction<F extends AnyFunction>(argument: string, value: F): F
export function checkFunction(argument: string, value: unknown): AnyFunction
export function checkFunction(argument: string, value: unknown): AnyFunction {
  return typeof value === "function" ? (value as AnyFunction) : refuse(argument, "a function", value)
}

/** A check per option: what it returns does not matter, only that it throws. */
export type OptionChecks<T> = { readonly [K in keyof T]?: ((argument: string, value: unknown) => unknown) | undefined }

/**
 * An options object, `{}` when left out. A name that is not allowed is an error that lists those that are: a misspelt option must not
 * be ignored. `allowed` are the names, or the check of each, which an option that is left out does not run.
 */
export function checkOptions<T extends object>(
  argument: string,
  value: T | undefined,
  allowed: readonly (keyof T & string)[] | OptionChecks<T>,
): T {
  if (value === undefined) return {} as T
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(argument, "an object of options", value)
  const checks = checksOf(allowed)
  for (const [key, option] of Object.entries(value)) {
    const place = `${argument}.${key}`
    if (!Object.hasOwn(checks, key)) {
      const names = Object.keys(checks).join(", ") || "none"
      throw new InvalidArgumentError(place, `${argument} has no option ${show(key)}. It takes ${names}.`)
    }
    if (option !== undefined) checks[key as keyof T]?.(place, option)
  }
  return value
}

export function checksOf<T>(allowed: readonly (keyof T & string)[] | OptionChecks<T>): OptionChecks<T> {
  return Array.isArray(allowed) ? Object.fromEntries(allowed.map((name) => [name, undefined])) : (allowed as OptionChecks<T>)
}

/** A check that `value` is one of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): (argument: string, value: unknown) => T {
  const [last, ...others] = words.map((word) => JSON.stringify(word)).reverse()
  const must = others.length === 0 ? last! : `${others.reverse().join(", ")} or ${last}`
  return (argument, value) => words.find((word) => word === value) ?? refuse(argument, must, value)
}
