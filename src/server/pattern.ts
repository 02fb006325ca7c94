import { InvalidArgumentError } from "../errors.ts"

interface Step {
  /** Undefined: any character. */
  readonly char: string | undefined
  readonly repeats: boolean
}

const maxLength = 256
/** Of a longer text only so much is looked at: its end, which `$` means, is then out of sight. */
export const maxText = 10_000

/**
 * A regular expression of letters, `.`, `*`, `+`, `^`, `$` and `\` before other signs, as a test of strings. Others are refused: whoever
 * may send any expression at all can keep a backtracking engine busy for ever, and this one takes time in proportion to both lengths.
 */
export function compilePattern(pattern: string): (value: unknown) => boolean {
  if (pattern.length > maxLength) fail(pattern)
  const isAnchored = pattern.startsWith("^")
  const isClosed = /(?:^|[^\\])(?:\\\\)*\$$/.test(pattern)
  const steps = readSteps(pattern.slice(isAnchored ? 1 : 0, isClosed ? -1 : undefined), pattern)
  return (value) => {
    if (typeof value !== "string" || (isClosed && value.length > maxText)) return false
    return run(steps, value.slice(0, maxText), isAnchored, isClosed)
  }
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
  let [places, next] = [new Uint8Array(steps.length + 1), new Uint8Array(steps.length + 1)]
  places[0] = 1
  reach(steps, places)
  for (let at = 0; at < text.length; at++) {
    if (!isClosed && places[steps.length] === 1) return true
    next.fill(0)
    if (!isAnchored) next[0] = 1
    move(steps, text[at]!, places, next)
    reach(steps, next)
    ;[places, next] = [next, places]
  }
  return places[steps.length] === 1
}

function move(steps: readonly Step[], char: string, places: Uint8Array, next: Uint8Array): void {
  for (let place = 0; place < steps.length; place++) {
    const step = steps[place]!
    if (places[place] === 0 || (step.char !== undefined && step.char !== char)) continue
    next[step.repeats ? place : place + 1] = 1
  }
}

/** What may be there no times at all may be passed by. */
function reach(steps: readonly Step[], places: Uint8Array): void {
  for (let place = 0; place < steps.length; place++) if (places[place] === 1 && steps[place]!.repeats) places[place + 1] = 1
}

function fail(pattern: string): never {
  const text = JSON.stringify(pattern.slice(0, 80))
  throw new InvalidArgumentError("filters", `The pattern ${text} is not one of letters, . * + ^ $ and \\ before other signs.`)
}
