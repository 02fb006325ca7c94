import { readHashed } from "../bytes/hash-stream.ts"
import { type Digest, digestFromHex } from "../core/digest-text.ts"
import type { CallOptions, Content } from "../ports.ts"
import type { Context } from "./context.ts"
import { damageKey, damagePrefix } from "./keys.ts"
import { createRecord, listRecords, removeRecord } from "./records.ts"

/**
 * Bytes that were stored once and are lost or rotten. What has rotted is taken out of sight and then marked, in this order: a mark stands
 * for absent bytes. Nothing marked (as a rule) is one cheap listing; while something is, logging content that needs it stores it again.
 */
export async function listDamage(context: Context, options: CallOptions): Promise<Set<Digest>> {
  const damaged = new Set<Digest>()
  for await (const { key } of listRecords(context.records, damagePrefix, options))
    damaged.add(digestFromHex(key.slice(damagePrefix.length + 1)))
  return damaged
}

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
export async function reportCorrupt(context: Context, digest: Digest, options: CallOptions): Promise<void> {
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

/** Awaits the note of a reader who has a failure of its own to tell: a store that takes no notes (read-only, full) must not hide that. */
export async function quietly(note: Promise<unknown>, { signal }: CallOptions): Promise<void> {
  await note.catch(() => signal?.throwIfAborted())
}
