import { EntryNotFoundError } from "../errors.ts"
import type { CallOptions, Content, StoredEntry, VersionRef } from "../ports.ts"
import type { Context } from "./context.ts"
import { noteQuietly } from "./damage.ts"
import { readText } from "./manifests.ts"
import { requireVersion } from "./versions.ts"

/** The manifest of a committed version, or of a pending one as far as it has one. Verified. */
export async function getManifest(context: Context, id: string, options: CallOptions = {}): Promise<string> {
  const { row, source, member } = await requireVersion(context, id, options)
  const digest = row.manifest ?? row.parts.findLast(({ kind }) => kind === "FULL")?.digest
  if (digest === undefined)
    throw new EntryNotFoundError(`Version ${id} has no manifest yet; it is still being logged.`, { path: id })
  const label = source === undefined || member === undefined ? id : `${source.name}:v${member.index}`
  return readText(context, digest, label, options)
}

/** `EntryNotFoundError` when the bytes are gone, which is noted so that logging the same content brings them back. */
export async function openFile(
  context: Context,
  member: VersionRef & { readonly id: string },
  file: StoredEntry,
  options: CallOptions = {},
): Promise<Content> {
  options.signal?.throwIfAborted()
  const content = await context.blobs.get(file.digest, options)
  if (content !== undefined) return content
  await noteQuietly(({ noteIfNeeded }) => noteIfNeeded(context, member.id, file.digest, options), options)
  const version = `${member.collection}:v${member.index}`
  throw new EntryNotFoundError(
    `"${file.path}" of ${version} is not in ${context.blobs.name} any more: it was lost, or found damaged and set aside. Log the same content again to restore it.`,
    {
      path: file.path,
      expected: file.digest,
    },
  )
}
