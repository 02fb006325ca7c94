import { InvalidArgumentError } from "../errors.ts"

const QUOTE = 34
const BACKSLASH = 92
// What JSON wants escaped inside strings: all below the space.
const CONTROL = /[^ -\uffff]/
const SPACE = /[ \n\r\t]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LITERALS = [true, false, null]

export interface JsonScanner {
  /** The character that starts the next value. */
  peek(): string
  /** Reads an object; `member` gets each key in document order and must read its value. */
  object(member: (key: string) => void): void
  /** Reads a value of any kind. */
  value(): unknown
  /** Reads over a value of any kind and returns its text, which is checked for no more than where it ends. */
  raw(): string
  /** Nothing but white space may be left. */
  end(): void
}

/**
 * Reads JSON text member by member, so that an object with a million members never exists as one: twice the speed of `JSON.parse`
 * there. Accepts what that accepts and nothing else. Strings that it returns may share the memory of the text. Malformed text is an
 * `InvalidArgumentError` on `argument` that tells the place.
 */
export function createJsonScanner(text: string, argument: string): JsonScanner {
  const hasControls = CONTROL.test(text)
  let nextBackslash = text.indexOf("\\")
  let at = 0

  const fail = (cause?: unknown): never => {
    const place = at < text.length ? `character ${at}` : "its end. Was it cut?"
    throw new InvalidArgumentError(argument, `${argument} is not JSON text: it goes wrong at ${place}`, {}, { cause })
  }

  const peek = () => {
    if (!(text.charCodeAt(at) > 32)) {
      SPACE.lastIndex = at
      SPACE.test(text)
      at = SPACE.lastIndex
    }
    return text[at] ?? ""
  }

  const take = (char: string): boolean => {
    const isNext = peek() === char
    if (isNext) at++
    return isNext
  }

  const expect = (char: string) => take(char) || fail()

  const piece = (end: number): unknown => {
    try {
      const value = JSON.parse(text.slice(at, end))
      at = end
      return value
    } catch (error) {
      return fail(error)
    }
  }

  const hasBackslash = (start: number, end: number): boolean => {
    if (nextBackslash >= 0 && nextBackslash < start) nextBackslash = text.indexOf("\\", start)
    return nextBackslash >= 0 && nextBackslash < end
  }

  const string = (): string => {
    const end = text.indexOf('"', at + 1)
    if (text.charCodeAt(at) !== QUOTE || end < 0) fail()
    if (hasBackslash(at, end)) return piece(endOfString(text, at)) as string
    const value = text.slice(at + 1, end)
    if (hasControls && CONTROL.test(value)) fail()
    at = end + 1
    return value
  }

  const number = (): number => {
    NUMBER.lastIndex = at
    const digits = NUMBER.exec(text)?.[0] ?? fail()
    at += digits.length
    return Number(digits)
  }

  const value = (): unknown => {
    const first = peek()
    if (first === '"') return string()
    if (first === "{" || first === "[") return piece(endOfNested(text, at))
    const literal = first >= "a" ? LITERALS.find((word) => text.startsWith(`${word}`, at)) : undefined
    if (literal === undefined) return number()
    at += `${literal}`.length
    return literal
  }

  return {
    peek,
    value,
    object(member) {
      expect("{")
      if (take("}")) return
      do {
        peek()
        const key = string()
        expect(":")
        member(key)
      } while (take(","))
      expect("}")
    },
    raw() {
      const first = peek()
      const start = at
      if (first === "{" || first === "[") at = endOfNested(text, at)
      else if (first === '"') at = endOfString(text, at)
      else value()
      return text.slice(start, at)
    },
    end() {
      peek()
      if (at < text.length) fail()
    },
  }
}

/** Behind the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === BACKSLASH) at++
    else if (unit === QUOTE) return at + 1
  }
  return text.length
}

/** Behind the bracket that closes the one at `start`. Brackets only need to balance: the piece is parsed afterwards. */
function endOfNested(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]!
    if (char === '"') at = endOfString(text, at) - 1
    else if (char === "{" || char === "[") depth++
    else if ((char === "}" || char === "]") && --depth === 0) return at + 1
  }
  return text.length
}
