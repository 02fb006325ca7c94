import type { Artifact } from "../index.ts"
import type { Answer } from "./answer.ts"
import { describeArtifact, versionName } from "./describe.ts"
import { findArtifact, type Session } from "./session.ts"
import { count, formatBytes, table } from "./units.ts"

/** `30 days`, `1 hour, 30 minutes`. */
function formatTtl(ttl: Artifact["ttl"]): string {
  const units = Object.entries(ttl ?? {}) as [string, number][]
  return units.map(([unit, number]) => count(number, unit.replace(/s$/, ""))).join(", ")
}

/** One version, with its links and the runs around it. */
export async function info(session: Session, [name]: readonly [string]): Promise<Answer> {
  const { signal } = session
  const artifact = await findArtifact(session, name)
  const [logger, users, links] = await Promise.all([
    artifact.loggedBy({ signal }),
    artifact.usedBy({ signal }),
    artifact.linkedArtifacts({ signal }),
  ])
  const lineage = {
    loggedBy: logger?.path ?? null,
    usedBy: users.map(({ path }) => path),
    links: links.map(({ qualifiedName }) => qualifiedName),
  }
  const { type, aliases, tags, description, metadata, digest, size, fileCount, createdAt, updatedAt, ttl } = artifact
  const rows: [string, string | undefined][] = [
    ["name", versionName(artifact)],
    ["type", type],
    ["aliases", aliases.join(", ")],
    ["tags", tags.join(", ")],
    ["size", `${formatBytes(size)} in ${count(fileCount, "file")}`],
    ["digest", digest],
    ["created", createdAt],
    ["updated", updatedAt === createdAt ? "" : updatedAt],
    ["kept for", formatTtl(ttl)],
    ["source", artifact.isLink ? artifact.sourceQualifiedName : ""],
    ["links", lineage.links.join(", ")],
    ["logged by", lineage.loggedBy ?? ""],
    ["used by", lineage.usedBy.join(", ")],
    ["metadata", Object.keys(metadata).length === 0 ? "" : JSON.stringify(metadata)],
    ["description", description ?? ""],
    ["page", artifact.url],
  ]
  const shown = rows.filter((row): row is [string, string] => !!row[1])
  return { json: { ...describeArtifact(artifact), ...lineage }, lines: table(shown) }
}
