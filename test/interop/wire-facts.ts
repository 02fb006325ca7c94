/** A version told the way wire_report.py tells it, so that both sides can be compared. */

import type { Artifact, Manifest } from "isofact"

export type EntryFact = readonly [path: string, digest: string, size: number | null, ref: string | null]

export interface VersionFacts {
  readonly name: string
  readonly type: string
  readonly digest: string
  readonly size: number
  readonly fileCount: number
  readonly description: string | null
  readonly metadata: unknown
  readonly aliases: readonly string[]
  readonly tags: readonly string[]
  readonly entries: readonly EntryFact[]
}

export function factsOf(artifact: Artifact): VersionFacts {
  return {
    name: artifact.sourceName,
    type: artifact.type,
    digest: artifact.digest,
    size: artifact.size,
    fileCount: artifact.fileCount,
    description: artifact.description ?? null,
    metadata: artifact.metadata,
    aliases: artifact.aliases.toSorted(),
    tags: artifact.tags.toSorted(),
    entries: entriesOf(artifact.manifest),
  }
}

/** Entries in the order of the digest, which is that of their paths in UTF-8. */
export function entriesOf(manifest: Manifest): EntryFact[] {
  return [...manifest.entries.values()]
    .map(({ path, digest, size, ref }) => [path, digest, size ?? null, ref ?? null] as const)
    .toSorted(([one], [other]) => compareCodePoints(one, other))
}

function compareCodePoints(one: string, other: string): number {
  const [left, right] = [[...one], [...other]]
  const at = left.findIndex((character, index) => character !== right[index])
  if (at < 0) return left.length - right.length
  return left[at]!.codePointAt(0)! - (right[at]?.codePointAt(0) ?? -1)
}
