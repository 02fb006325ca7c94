import { mapAhead } from "../bytes/ahead.ts"
import type { Digest } from "../core/digest-text.ts"
import type { Manifest } from "../core/manifest.ts"
import { isArtifactError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import { type Context, more } from "./context.ts"
import { listDamage } from "./damage.ts"
import { filesOf, readManifest } from "./manifests.ts"
import type { VersionRow } from "./rows.ts"

/** Files whose bytes are not stored, or not in the size the manifest gives. */
export async function missingFiles(context: Context, manifest: Manifest, options: CallOptions, only?: ReadonlySet<Digest>) {
  const files = [...filesOf(manifest)].filter(([digest]) => only === undefined || only.has(digest))
  const missing: { readonly digest: Digest; readonly path: string }[] = []
  const look = async ([digest, { path, size }]: (typeof files)[number]) => {
    const info = await context.blobs.stat(digest, { ...options, size })
    return info !== undefined && (size === undefined || info.size === size) ? undefined : { digest, path }
  }
  for await (const file of mapAhead(files, look)) if (file !== undefined) missing.push(file)
  return missing
}

/**
 * Whether a committed version can be relied on to be all there. Known damage costs one listing that is empty as a rule; with
 * `statOnRelog` every file is looked up, which also notices what vanished behind the registry's back.
 */
export async function isWhole(context: Context, row: VersionRow, options: CallOptions): Promise<boolean> {
  const damage = await listDamage(context, options)
  if ((damage.size === 0 && !context.statOnRelog) || row.manifest === null) return true
  const { isWholeDespite } = await more()
  return isWholeDespite(context, damage, row.manifest, row.id, options)
}

/** A manifest that is lost or rotten is undefined; other failures are what they are. */
export async function readIfThere(
  context: Context,
  digest: Digest,
  label: string,
  options: CallOptions,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(context, digest, label, options)
  } catch (error) {
    if (isArtifactError(error) && error.code === "DIGEST_MISMATCH") return undefined
    if ((await context.blobs.stat(digest, options)) === undefined) return undefined
    throw error
  }
}
