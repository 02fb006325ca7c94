import type { CallOptions } from "../ports.ts"
import type { Context } from "./context.ts"
import type { CheckedVersion } from "./inputs.ts"
import { sharedKey } from "./keys.ts"
import { changeRecord, readRecord } from "./records.ts"
import type { CollectionRow, SharedRow, VersionRow } from "./rows.ts"
import { recordLogged } from "./runs.ts"
import { changeVersion, readVersionRow } from "./version-row.ts"
import { loadVersion } from "./versions.ts"

/** Whether a version was committed with this part. */
export async function hasPart(context: Context, id: string, digest: string, options: CallOptions): Promise<boolean> {
  const row = await readVersionRow(context, id, options)
  return row?.parts.slice(0, row.merged).some(({ content }) => content === digest) ?? false
}

/** The pending version that writers with this `distributedId` share, now with this writer's aliases and tags as well. */
export async function joinShared(
  context: Context,
  wanted: CheckedVersion,
  collection: CollectionRow,
  options: CallOptions,
): Promise<{ readonly id?: string; readonly stale?: string | undefined }> {
  if (wanted.distributedId === undefined) return {}
  const shared = await readRecord<SharedRow>(context.records, sharedKey(collection.token, wanted.distributedId), options)
  const loaded = shared && (await loadVersion(context, shared.id, options))
  if (loaded?.state !== "PENDING") return { stale: shared?.id }
  await changeVersion(
    context,
    loaded.row.id,
    (row) => ({
      ...row,
      aliases: [...new Set([...row.aliases, ...wanted.aliases])],
      tags: [...new Set([...row.tags, ...wanted.tags])],
      ...joinedMetadata(row, wanted),
    }),
    options,
  )
  if (wanted.run !== null) await recordLogged(context, loaded.row.id, wanted.run, collection.token, options)
  return { id: loaded.row.id }
}

/** Every writer's keys. The text can only be one writer's, and is that of whoever brings all keys again. */
function joinedMetadata(row: VersionRow, wanted: CheckedVersion): Pick<VersionRow, "metadata" | "metadataText"> {
  const { metadata, metadataText } = row
  if (Object.keys(wanted.metadata).length === 0) return { metadata, metadataText }
  const bringsAll = Object.keys(metadata).every((key) => Object.hasOwn(wanted.metadata, key))
  return { metadata: { ...metadata, ...wanted.metadata }, metadataText: bringsAll ? wanted.metadataText : undefined }
}

export async function claimShared(
  context: Context,
  wanted: CheckedVersion,
  collection: CollectionRow,
  id: string,
  stale: string | undefined,
  options: CallOptions,
): Promise<string> {
  const claim = (current: SharedRow | undefined) => {
    if (current !== undefined && current.id !== stale) return { result: current.id }
    return { next: { id }, result: id }
  }
  const winner = await changeRecord<SharedRow, string>(
    context.records,
    sharedKey(collection.token, wanted.distributedId!),
    claim,
    options,
  )
  return winner === id ? id : ((await joinShared(context, wanted, collection, options)).id ?? winner)
}
