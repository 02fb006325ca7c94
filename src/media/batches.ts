import { InvalidArgumentError } from "../errors.ts"
import type { RowRange, RowSource } from "./rows.ts"

type Batches = AsyncIterable<readonly (readonly unknown[])[]>

/** Rows that come in batches from the first on, cut to the range that is asked for. */
export function cutRows(length: number | undefined, open: (options: RowRange) => Batches): RowSource {
  let known = length
  return {
    get length() {
      return known
    },
    async *open(options) {
      const { start = 0, end = Number.POSITIVE_INFINITY, signal } = options
      let at = 0
      for await (const rows of open(options)) {
        signal?.throwIfAborted()
        const [from, to] = [Math.max(start - at, 0), Math.min(end - at, rows.length)]
        at += rows.length
        if (from < to) yield rows.slice(from, to)
        if (at >= end) return
      }
      known = at
    },
  }
}

/** The places of columns in a source that has others too. @throws InvalidArgumentError when one is not there */
export function columnPlaces(wanted: readonly string[], found: readonly string[]): number[] {
  return wanted.map((name) => {
    const place = found.indexOf(name)
    if (place >= 0) return place
    throw new InvalidArgumentError("columns", `There is no column "${name}" in the source; it has ${found.join(", ") || "none"}`)
  })
}

/** Integers of 64 bits as numbers where these hold them. */
export const plainNumber = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
