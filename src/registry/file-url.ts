import type { CallOptions, StoredEntry, VersionRef } from "../ports.ts"
import type { Context } from "./context.ts"

/** An address in the store itself, for as long as asked, one hour by default; only where the store has addresses. */
export async function fileUrl(
  context: Context,
  _member: VersionRef,
  file: StoredEntry,
  { expiresInSeconds = 3600, signal }: CallOptions & { readonly expiresInSeconds?: number } = {},
): Promise<string> {
  const { url } = await context.blobs.sign!("GET", file.digest, { expiresInSeconds, signal })
  return url
}
