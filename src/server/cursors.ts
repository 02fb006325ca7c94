import { base64Decode, base64Encode } from "../core/digest-text.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Place } from "./places.ts"

/** How many items stand before the page, or the place that it comes after. To clients a cursor is a text and nothing more. */
type Position = number | Place

export function formatCursor(position: Position): string {
  return base64Encode(new TextEncoder().encode(`after:${JSON.stringify(position)}`))
}

export function readOffset(after: string): number {
  const position = readCursor(after)
  return Number.isSafeInteger(position) && (position as number) >= 0 ? (position as number) : refuse()
}

export function readPlace(after: string): Place {
  const position = readCursor(after)
  return Array.isArray(position) && position.every(isPart) ? position : refuse()
}

function isPart(part: unknown): part is Place[number] {
  return part === null || typeof part === "string" || typeof part === "number"
}

function readCursor(after: string): unknown {
  try {
    return JSON.parse(/^after:(.*)$/s.exec(new TextDecoder().decode(base64Decode(after)))![1]!)
  } catch {
    return refuse()
  }
}

function refuse(): never {
  throw new InvalidArgumentError("after", "after must be the endCursor of a page before.")
}
