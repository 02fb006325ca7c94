import { InvalidArgumentError } from "commander"

/** For options that may be given many times. */
export function listed(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

/** A whole number of at least 1. */
export function positive(value: string): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new InvalidArgumentError("It must be a whole number of at least 1.")
}

/** A regular expression. */
export function pattern(value: string): RegExp {
  try {
    return new RegExp(value, "u")
  } catch {
    throw new InvalidArgumentError("It must be a regular expression.")
  }
}
