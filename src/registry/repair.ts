import { readHashed } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import type { CallOptions, Content } from "../ports.ts"
import type { Context } from "./context.ts"
import { damageKey } from "./keys.ts"
import { filesOf } from "./manifests.ts"
import { missingFiles, readIfThere } from "./presence.ts"
import { createRecord, removeRecord } from "./records.ts"
import { loadVersion } from "./versions.ts"

/** What is done about damage; `damage.ts` says how it is noted. */

/** Takes a blob that some version needs and nobody can use out of the way; where the store can, its bytes stay for a rescue. */
async function forgetBlob(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  const { blobs } = context
  await (blobs.setAside === undefined ? blobs.delete(digest, options) : blobs.setAside(digest, options))
  await markDamage(context, digest, options)
}

/** Notes that a blob some version needs is not there. Nothing is deleted: somebody may have logged it again since it was missed. */
export async function noteMissing(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  await markDamage(context, digest, options)
  if ((await context.blobs.stat(digest, options)) !== undefined) await clearDamage(context, digest, options)
}

async function markDamage(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  await createRecord(context.records, damageKey(digest), { at: context.now() }, options)
}

export async function clearDamage(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  await removeRecord(context.records, damageKey(digest), () => true, options)
}

/**
 * Somebody read bytes that are not what `digest` says. Looks for itself, since a caller may be wrong or malicious: bytes that are as
 * they should be stay, and so do those that somebody has stored anew meanwhile.
 */
export async function reportCorrupt(context: Context, digest: Digest, options: CallOptions = {}): Promise<void> {
  const content = await context.blobs.get(digest, options)
  if (content === undefined || (await isSound(context, digest, content, options))) return
  const again = await context.blobs.get(digest, options)
  if (again === undefined || again.version !== content.version) return
  if (again.version === undefined && (await isSound(context, digest, again, options))) return
  await forgetBlob(context, digest, options)
}

/** {@link reportCorrupt}, or {@link noteMissing} for what is not there. */
export async function repairBlob(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  const isThere = (await context.blobs.stat(digest, options)) !== undefined
  await (isThere ? reportCorrupt : noteMissing)(context, digest, options)
}

async function isSound(context: Context, digest: Digest, content: Content, options: CallOptions): Promise<boolean> {
  return (await readHashed(content, context.hasher, options)).digest === digest
}

/** Only what a version really names is worth a note: anybody can ask for any digest. */
export async function noteIfNeeded(context: Context, id: string, digest: Digest, options: CallOptions): Promise<void> {
  const loaded = await loadVersion(context, id, options)
  if (loaded?.state !== "COMMITTED" || loaded.row.manifest === null) return
  const manifest = await readIfThere(context, loaded.row.manifest, id, options)
  if (manifest !== undefined && filesOf(manifest).has(digest)) await noteMissing(context, digest, options)
}

/** Looks for what is said to be damaged, and forgets the damage that is none any more; with `statOnRelog` looks for every file. */
export async function isWholeDespite(
  context: Context,
  damage: ReadonlySet<Digest>,
  digest: Digest,
  id: string,
  options: CallOptions,
): Promise<boolean> {
  const manifest = await readIfThere(context, digest, id, options)
  if (manifest === undefined) return false
  const missing = await missingFiles(context, manifest, options, context.statOnRelog ? undefined : damage)
  const absent = new Set(missing.map((file) => file.digest))
  const files = filesOf(manifest)
  for (const lost of damage) if (files.has(lost) && !absent.has(lost)) await clearDamage(context, lost, options)
  return missing.length === 0
}
