/** Secrets that the tests of one process let out, found wherever they come by. */
import { secretsIn } from "./secrets.ts"

type ErrorClass = abstract new (...args: never[]) => Error

const leaks: string[] = []
let unread: Error[] = []

/** Takes a look at what a program said. */
export function lookAt(text: string, place: string): void {
  for (const found of secretsIn(text)) leaks.push(`${place} tells a secret: ${found}`)
}

/**
 * Sees every error of that class from now on, also those that nobody ever sees: `super` of a class is whatever its prototype is when it is
 * called.
 */
export function watchErrors(base: ErrorClass): void {
  class Watched extends Error {
    constructor(message?: string, options?: ErrorOptions) {
      super(message, options)
      // Its other members are set after this.
      if (unread.push(this) > 1000) readErrors(unread.splice(0, 1000))
    }
  }
  Object.setPrototypeOf(base, Watched)
}

/** What was found since the last time. */
export function takeLeaks(): string[] {
  readErrors(unread)
  unread = []
  return leaks.splice(0)
}

function readErrors(errors: readonly Error[]): void {
  for (const error of errors) lookAt(wordsOf(error).join("\n"), `The error ${error.name}`)
}

/** All texts in a value and in what it holds: of an error its message, details and causes. */
function wordsOf(value: unknown, seen = new Set<unknown>(), depth = 0): string[] {
  if (typeof value === "string") return [value]
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || depth > 6 || seen.has(value)) return []
  seen.add(value)
  const members = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([name]) => name !== "stack")
  return members.flatMap(([name, member]) => [name, ...wordsOf(member.value, seen, depth + 1)])
}
