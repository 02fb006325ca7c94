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

/**
 * As a line of `.gitignore`: a name at any depth or, with a slash in it, a path from the top; a folder stands for all that is in it. `*`
 * and `?` stop at a slash, `**` does not.
 */
export function globs(value: string, before: readonly RegExp[] = []): RegExp[] {
  const glob = value.replace(/^\/|\/$/g, "")
  if (glob === "") throw new InvalidArgumentError("It must be a name or a path, such as *.tmp or raw/**.")
  const source = glob.replace(/\*\*\/|\*\*|./gs, (part) => wildcards.get(part) ?? part.replace(/[\\^$.+()[\]{}|/]/, "\\$&"))
  const start = value.slice(0, -1).includes("/") ? "^" : "(?:^|/)"
  return [...before, new RegExp(`${start}${source}(?:/|$)`, "u")]
}

const wildcards: ReadonlyMap<string, string> = new Map([
  ["**/", "(?:.*/)?"],
  ["**", ".*"],
  ["*", "[^/]*"],
  ["?", "[^/]"],
])

/** A regular expression. */
export function pattern(value: string): RegExp {
  try {
    return new RegExp(value, "u")
  } catch {
    throw new InvalidArgumentError("It must be a regular expression.")
  }
}
