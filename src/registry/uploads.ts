import { collect, mapAhead } from "../bytes/ahead.ts"
import { SharedAnswers } from "../bytes/shared-answers.ts"
import { untilAborted } from "../bytes/streams.ts"
import { refuse } from "../core/check.ts"
import { type Digest, isDigest } from "../core/digest-text.ts"
import type { CallOptions, UploadRequest, UploadTicket } from "../ports.ts"
import { newestLiving } from "./collection-state.ts"
import { type Context, more } from "./context.ts"
import { listDamage } from "./damage.ts"
import { readIfThere } from "./presence.ts"
import { readVersionRow } from "./version-row.ts"
import { clockOf, type LoadedVersion, requireVersion } from "./versions.ts"

type Births = ReadonlyMap<string, string>

/** Which version brought a digest, as far as the version before knows; remembered while a draft asks batch after batch. */
export type BirthCache = SharedAnswers<Births>

export const createBirthCache = (): BirthCache => new SharedAnswers(4)

/** What is stored already needs no bytes; the rest gets a `put`. Asking again is free. */
export async function requestUploads(
  context: Context,
  cache: BirthCache,
  versionId: string,
  files: readonly UploadRequest[],
  options: CallOptions = {},
): Promise<UploadTicket[]> {
  const loaded = await requireVersion(context, versionId, options)
  for (const file of files) checkRequest(file)
  const damage = await listDamage(context, options)
  const ask = (file: UploadRequest) => ticketFor(context, cache, loaded, file, damage.has(file.digest), options)
  return collect(mapAhead(files, ask))
}

function checkRequest({ path, digest, size }: UploadRequest): void {
  if (!isDigest(digest)) refuse("files.digest", "a base64 MD5", digest, `It belongs to "${path}".`)
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0))
    refuse("files.size", "a whole number of bytes", size, `It belongs to "${path}".`)
}

async function ticketFor(
  context: Context,
  cache: BirthCache,
  loaded: LoadedVersion,
  file: UploadRequest,
  isDamaged: boolean,
  options: CallOptions,
): Promise<UploadTicket> {
  const { blobs } = context
  const info = await blobs.stat(file.digest, { ...options, size: file.size })
  if (info !== undefined && (file.size === undefined || info.size === file.size)) {
    const births = await untilAborted(
      cache.get(loaded.row.id, () => readBirths(context, loaded)),
      options.signal,
    )
    return { birthArtifactId: births.get(file.digest) ?? loaded.row.id, storedSize: info.size }
  }
  return {
    birthArtifactId: loaded.row.id,
    storedSize: info?.size,
    async put(content, putOptions = {}) {
      await blobs.put(file.digest, content, { ...putOptions, replace: info !== undefined })
      if (isDamaged) await (await more()).clearDamage(context, file.digest, putOptions)
    },
    // Replacing bytes is more than whoever holds an address may do.
    sign: info === undefined && !isDamaged && blobs.sign ? (signing) => blobs.sign!("PUT", file.digest, signing) : undefined,
  }
}

/** From the manifest of the newest version; when that cannot be read nothing is known, which is no reason not to log. */
async function readBirths(context: Context, { source }: LoadedVersion): Promise<Births> {
  const newest = source && newestLiving(source, clockOf(context))
  const row = newest && (await readVersionRow(context, newest.id, {}))
  const manifest = row?.manifest && (await readIfThere(context, row.manifest, row.id, {}))
  const births = new Map<Digest | string, string>()
  if (!manifest) return births
  for (const { digest, birthArtifactId } of manifest.entries.values()) births.set(digest, birthArtifactId ?? row.id)
  return births
}
