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

/**
 * Where a registry is: a directory, the address of a server, or `wandb`. What looks like an address and is none would become a directory
 * of that name.
 */
export function place(value: string): string {
  const isAddress = /^[a-z][a-z\d+.-]+:\/\//i.test(value)
  if (isAddress ? /^https?:\/\/[^/]/i.test(value) : !/^[\w.-]+:\d+(\/|$)/.test(value)) return value
  const guess = isAddress ? "" : ` Did you mean http://${value}?`
  throw new InvalidArgumentError(`It must be a directory, an address that begins with http:// or https://, or wandb.${guess}`)
}

/** A regular expression. */
export function pattern(value: string): RegExp {
  try {
    return new RegExp(value, "u")
  } catch {
    throw new InvalidArgumentError("It must be a regular expression.")
  }
}
