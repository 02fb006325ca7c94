import type { Entry } from "./entry.ts"
import { comparePaths } from "./path.ts"

/** What changed between two manifests, each list ascending by path. */
export interface ManifestDiff {
  readonly added: Entry[]
  readonly removed: Entry[]
  readonly changed: { readonly path: string; readonly from: Entry; readonly to: Entry }[]
}

interface HasEntries {
  readonly entries: ReadonlyMap<string, Entry>
}

/**
 * Entries differ when their digests do, or what they refer to; size, `extra` and the version that stored them first do not count.
 */
export function diffManifests(from: HasEntries, to: HasEntries): ManifestDiff {
  const diff: ManifestDiff = { added: [], removed: [], changed: [] }
  for (const [path, entry] of to.entries) {
    const old = from.entries.get(path)
    if (old === undefined) diff.added.push(entry)
    else if (old.digest !== entry.digest || old.ref !== entry.ref) diff.changed.push({ path, from: old, to: entry })
  }
  for (const [path, entry] of from.entries) if (!to.entries.has(path)) diff.removed.push(entry)
  for (const list of [diff.added, diff.removed, diff.changed] as { readonly path: string }[][]) {
    list.sort((a, b) => comparePaths(a.path, b.path))
  }
  return diff
}
