import { base64Decode, base64Encode } from "../core/digest-text.ts"
import { EntryNotFoundError } from "../errors.ts"

/**
 * Ids as W&B's clients want them: padded base64. What a registry knows by its names gets an id that is those names, so that any of
 * many servers can read it back.
 */
export function formatId(kind: string, ...parts: readonly string[]): string {
  const bytes = new TextEncoder().encode(`${kind}:${JSON.stringify(parts)}`)
  // In pieces, since names can be longer than a call may have arguments.
  let text = ""
  for (let at = 0; at < bytes.length; at += 3000) text += base64Encode(bytes.subarray(at, at + 3000))
  return text
}

/** The parts of such an id; anything else is an `EntryNotFoundError`, as every id that was never given out is. */
export function parseId(kind: string, id: string, count: number): string[] {
  const parts = readParts(kind, id)
  const isFine = parts?.length === count && parts.every((part) => typeof part === "string")
  if (isFine) return parts
  throw new EntryNotFoundError(`There is no ${kind} with the id ${JSON.stringify(id.slice(0, 80))}.`, { path: id.slice(0, 80) })
}

/** The last part of such an id, and of an id that this is, to the end; an id of another making as it is. */
export function innermostPart(kind: string, id: string): string {
  const last = readParts(kind, id)?.at(-1)
  return typeof last === "string" ? innermostPart(kind, last) : id
}

function readParts(kind: string, id: string): string[] | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(base64Decode(id))
    const parts = text.startsWith(`${kind}:`) ? JSON.parse(text.slice(kind.length + 1)) : undefined
    return Array.isArray(parts) ? parts : undefined
  } catch {
    return undefined
  }
}

/** A number that stands for a text, where W&B's clients insist on one. */
export function numberOf(text: string): number {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return Number(hash >> 12n)
}
