import { Manifest } from "../core/manifest.ts"
import { ConflictError } from "../errors.ts"
import type { CallOptions, ManifestUpload } from "../ports.ts"
import { changeCollection, readCollection } from "./collections.ts"
import { touch } from "./commit.ts"
import type { Context } from "./context.ts"
import { readManifest, storeText } from "./manifests.ts"
import { clearDamage } from "./repair.ts"
import type { VersionRow } from "./rows.ts"
import { changeVersion, readVersionRow } from "./version-row.ts"
import { type LoadedVersion, requireVersion } from "./versions.ts"

/** Makes a commit that has not seen this part lose its swap and look again, or learns that it came too late. */
export async function announcePart(context: Context, row: VersionRow, options: CallOptions): Promise<void> {
  const source = await readCollection(context, row.collection, options)
  if (source === undefined)
    throw new ConflictError(`The collection of version ${row.id} was deleted meanwhile; log again to make another.`)
  const isListed = await changeCollection(context, source, touch(row.id), options)
  if (!isListed || (await readVersionRow(context, row.id, options))!.merged >= row.parts.length) return
  throw new ConflictError(`Version ${row.id} was committed by another writer before this part arrived; log again to make another.`)
}

/** Stores the manifest of a committed version again, whose blob was lost. */
export async function restoreManifest(
  context: Context,
  { row }: LoadedVersion,
  { kind, json }: ManifestUpload,
  options: CallOptions,
): Promise<void> {
  if (kind !== "FULL") throw new ConflictError(`Version ${row.id} is committed already; log again to make another.`)
  const stored = row.manifest !== null && (await context.blobs.stat(row.manifest, options))
  if (stored) return
  const digest = await storeText(context, json, options)
  await changeVersion(context, row.id, (current) => ({ ...current, manifest: digest }), options)
  for (const lost of [row.manifest, digest]) if (lost !== null) await clearDamage(context, lost, options)
}

/**
 * The manifest that the parts of a version add up to: a full one starts afresh, an incremental one on its own base or on `base`, a patch
 * goes on top. Later ones win.
 */
export async function mergeParts(
  context: Context,
  row: VersionRow,
  base: string | undefined,
  options: CallOptions,
): Promise<Manifest> {
  let merged = new Manifest()
  for (const { kind, digest, baseId = base } of row.parts) {
    const part = await readManifest(context, digest, row.id, options)
    if (kind === "FULL") {
      merged = part
      continue
    }
    if (kind === "INCREMENTAL") merged = await manifestBelow(context, baseId, options)
    for (const entry of part.entries.values()) merged.add(entry, { overwrite: true })
  }
  return merged
}

async function manifestBelow(context: Context, base: string | undefined, options: CallOptions): Promise<Manifest> {
  const { id, manifest } = base === undefined ? { manifest: null } : (await requireVersion(context, base, options)).row
  return manifest === null ? new Manifest() : readManifest(context, manifest, id, options)
}
