import type { Entry } from "../core/entry.ts"

/** As Python records it: without the quotes at its ends, `W/"abc` for a weak one. */
export function stripQuotes(etag: string): string {
  return etag.replace(/^"+|"+$/g, "")
}

/** The letters that identify a version; servers change the marks around them when they compress or relay. */
function bare(etag: string): string {
  return stripQuotes(etag.replace(/^W\//, "")).replace(/(--?|;)(gzip|deflate|br|zstd)$/, "")
}

/** Whether an answer's ETag is the one that an entry recorded. */
export function hasEtag(entry: Entry, etag: string): boolean {
  const recorded = entry.extra?.etag
  return bare(entry.digest) === bare(etag) || (typeof recorded === "string" && bare(recorded) === bare(etag))
}

/** Whether an entry's ETag says what the bytes mean, and not that they are the same ones. */
export function hasWeakEtag({ digest, extra }: Entry): boolean {
  return digest.startsWith("W/") || (typeof extra?.etag === "string" && extra.etag.startsWith("W/"))
}
