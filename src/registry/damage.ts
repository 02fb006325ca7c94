import { type Digest, digestFromHex } from "../core/digest-text.ts"
import type { CallOptions } from "../ports.ts"
import { type Context, type More, more } from "./context.ts"
import { damagePrefix } from "./keys.ts"
import { listRecords } from "./records.ts"

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

/**
 * Lets a reader note what it has met, who has a failure of its own to tell: a store that takes no notes (read-only, full) must not hide
 * that.
 */
export async function noteQuietly(note: (module: More) => Promise<void>, { signal }: CallOptions): Promise<void> {
  await more()
    .then(note)
    .catch(() => signal?.throwIfAborted())
}
