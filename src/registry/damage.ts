import { readHashed } from "../bytes/hash-stream.ts"
import { type Digest, digestFromHex } from "../core/digest-text.ts"
import type { CallOptions } from "../ports.ts"
import type { Context } from "./context.ts"
import { damageKey, damagePrefix } from "./keys.ts"
import { createRecord, listRecords, removeRecord } from "./records.ts"

/**
 * Bytes that were stored once and are lost or rotten. Each is deleted and then marked, in this order: a mark always stands for absent
 * bytes. Nothing marked (as a rule) is one cheap listing; while something is, logging content that needs it stores it again.
 */
export async function listDamage(context: Context, options: CallOptions): Promise<Set<Digest>> {
  const damaged = new Set<Digest>()
  for await (const { key } of listRecords(context.records, damagePrefix, options))
    damaged.add(digestFromHex(key.slice(damagePrefix.length + 1)))
  return damaged
}

/** Deletes a blob that some version needs and nobody can use. */
export async function forgetBlob(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  await context.blobs.delete(digest, options)
  await createRecord(context.records, damageKey(digest), { at: context.now() }, options)
}

export async function clearDamage(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  await removeRecord(context.records, damageKey(digest), () => true, options)
}

/**
 * Somebody read bytes that are not what `digest` says. Looks for itself, since a caller may be wrong or malicious: bytes that are as
 * they should be stay.
 */
export async function reportCorrupt(context: Context, digest: Digest, options: CallOptions): Promise<void> {
  const content = await context.blobs.get(digest, options)
  if (content === undefined || (await readHashed(content, context.hasher, options)).digest === digest) return
  await forgetBlob(context, digest, options)
}
