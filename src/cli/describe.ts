import type { Artifact } from "../index.ts"
import { count, formatBytes } from "./units.ts"

/** A version as JSON: what Python's `json_encode` has, and where to look at it. */
export function describeArtifact(artifact: Artifact): { readonly [key: string]: unknown } {
  const { historyStep, isLink, sourceQualifiedName, url, version } = artifact
  return { ...artifact.jsonEncode(), version, sourceQualifiedName, isLink, historyStep, url }
}

/** `entity/project/collection:vN`, whatever it was asked for by. */
export function versionName({ collection, version }: Artifact): string {
  return `${collection.entity}/${collection.project}/${collection.name}:${version}`
}

/** `local/zoo/birds:v3  12 files, 3.4 MB  best, latest` */
export function summarize(artifact: Artifact): string {
  const { fileCount, size, aliases } = artifact
  return `${versionName(artifact)}  ${count(fileCount, "file")}, ${formatBytes(size)}  ${aliases.join(", ")}`.trimEnd()
}
