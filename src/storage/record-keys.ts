import { InvalidArgumentError } from "../errors.ts"

const SEGMENT = /^[A-Za-z0-9._~%-]+$/

/** The segments of a record key; throws `InvalidArgumentError` for what is not one. See `RecordStore` for the rule. */
export function keySegments(key: string): string[] {
  const segments = typeof key === "string" ? key.split("/") : []
  const fine = segments.length > 0 && segments.every((segment) => SEGMENT.test(segment) && segment !== "." && segment !== "..")
  if (fine) return segments
  throw new InvalidArgumentError(
    "key",
    `a record key is segments of A-Z a-z 0-9 . _ ~ % - joined by "/", not ${JSON.stringify(key) ?? typeof key}`,
  )
}

/** Order of UTF-16 code units, which for keys is that of their bytes. */
export const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
