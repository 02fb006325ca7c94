import { InvalidArgumentError } from "../errors.ts"

/**
 * Whether a key is of those that hold bytes: blobs, damaged ones and what is staged. With no prefix, what others keep in the bucket is
 * listed as well, and is not ours to remove.
 */
export function isOwnKey(key: string): boolean {
  return /^((blobs|damaged)\/[0-9a-f]{32}|stage\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(key)
}

/** Leaves room for the longest key in the 1,024 bytes that stores take. */
const MAX_CHARS = 200

/** `prefix` with one `/` at its end, or nothing. Throws `InvalidArgumentError` for what not every store keeps as it is. */
export function keyPrefix(prefix = ""): string {
  if (prefix === "") return ""
  const segments = prefix.replace(/\/+$/, "").split("/")
  const fine =
    prefix.length <= MAX_CHARS &&
    segments.every((segment) => /^[A-Za-z0-9._~=@-]+$/.test(segment) && segment !== "." && segment !== "..")
  if (fine) return `${segments.join("/")}/`
  throw new InvalidArgumentError(
    "options.prefix",
    `prefix must be segments of A-Z a-z 0-9 . _ ~ = @ - joined by "/", ${MAX_CHARS} characters at most, not ${JSON.stringify(prefix)}`,
  )
}
