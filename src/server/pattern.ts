import { InvalidArgumentError } from "../errors.ts"

interface Step {
  /** Undefined: any character. */
  readonly char: string | undefined
  readonly repeats: boolean
}

const maxLength = 256

/**
 * A regular expression of letters, `.`, `*`, `+`, `^`, `$` and `\` before other signs, as a test of strings. Others are refused: whoever
 * may send any expression at all can keep a backtracking engine busy for ever, and this one takes time in proportion to both lengths.
 */
export function compilePattern(pattern: string): (value: unknown) => boolean {
  if (pattern.length > maxLength) fail(pattern)
  const isAnchored = pattern.startsWith("^")
  const isClosed = /(?:^|[^\\])(?:\\\\)*\$$/.test(pattern)
  const steps = readSteps(pattern.slice(isAnchored ? 1 : 0, isClosed ? -1 : undefined), pattern)
  return (value) => typeof value === "string" && run(steps, value, isAnchored, isClosed)
}

function readSteps(text: string, pattern: string): Step[] {
  const steps: Step[] = []
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!
    if (sign === "*" || sign === "+") {
      const last = steps.pop()
      if (last === undefined || last.repeats) fail(pattern)
      if (sign === "+") steps.push(last!)
      steps.push({ char: last!.char, repeats: true })
    } else if (sign === ".") steps.push({ char: undefined, repeats: false })
    else if (sign === "\\" && /[^a-zA-Z0-9]/.test(text[at + 1] ?? "a")) steps.push({ char: text[++at]!, repeats: false })
    else if (/[\\^$?()[\]{}|]/.test(sign)) fail(pattern)
    else steps.push({ char: sign, repeats: false })
  }
  return steps
}

/** Every place in the pattern where the text so far could be, moved on one character at a time. */
function run(steps: readonly Step[], text: string, isAnchored: boolean, isClosed: boolean): boolean {
  let places = reach(steps, new Set([0]))
  for (const char of text.split("")) {
    if (!isClosed && places.has(steps.length)) return true
    const next = new Set<number>(isAnchored ? [] : [0])
    for (const place of places) {
      const step = steps[place]
      if (step === undefined || (step.char !== undefined && step.char !== char)) continue
      next.add(step.repeats ? place : place + 1)
    }
    places = reach(steps, next)
  }
  return places.has(steps.length)
}

function reach(steps: readonly Step[], places: Set<number>): Set<number> {
  // A set is walked on while it grows.
  for (const place of places) if (steps[place]?.repeats === true) places.add(place + 1)
  return places
}

function fail(pattern: string): never {
  const text = JSON.stringify(pattern.slice(0, 80))
  throw new InvalidArgumentError("filters", `The pattern ${text} is not one of letters, . * + ^ $ and \\ before other signs.`)
}
