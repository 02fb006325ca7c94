/** Where an item stands in a list, whatever comes and goes around it. The first parts of two places that differ tell which is first. */
export type Place = readonly (string | number | null)[]

/** Nothing stands first, then numbers, then texts; `signs` are -1 for the parts that descend, and as long as the last of those. */
export function comparePlaces(a: Place, b: Place, signs: readonly number[] = []): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const result = compareParts(a[at] ?? null, b[at] ?? null)
    if (result !== 0) return result * (signs[at] ?? 1)
  }
  return 0
}

function compareParts(a: Place[number], b: Place[number]): number {
  if (a === b) return 0
  return rank(a) === rank(b) ? (a! < b! ? -1 : 1) : rank(a) - rank(b)
}

function rank(part: Place[number]): number {
  return part === null ? 0 : typeof part === "number" ? 1 : 2
}

/** The place of what is known by its name. Registries keep names percent-encoded, and so in this order. */
export function named(...names: readonly string[]): Place {
  return names.map(encodeURIComponent)
}

const longestPart = 200

/** What a value adds to a place: of a text its start, of what has no order nothing. */
export function placePart(value: unknown): Place[number] {
  if (typeof value === "string") return value.slice(0, longestPart)
  if (typeof value === "boolean") return Number(value)
  return typeof value === "number" ? value : null
}
