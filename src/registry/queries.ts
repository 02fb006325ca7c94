/** What is asked of a registry besides "which version is this". @module */

import { mapAhead } from "../bytes/ahead.ts"
import type { CallOptions, CollectionRecord, CollectionRef, Membership, ProjectRef, VersionRecord } from "../ports.ts"
import { latestAlias, memberAt } from "./collection-state.ts"
import { findCollection, readCollection, requireCollection, toCollectionRecord } from "./collections.ts"
import type { Context } from "./context.ts"
import { clientKey, nameKey, namePrefix, typePrefix } from "./keys.ts"
import { listRecords, readRecord } from "./records.ts"
import type { ClientRow, NameRow, TypeRow } from "./rows.ts"
import { createSources, latestMember, loadVersion, toMembership, toVersionRecord } from "./versions.ts"

export async function getVersion(context: Context, id: string, options: CallOptions = {}): Promise<VersionRecord | undefined> {
  const loaded = await loadVersion(context, id, options)
  return loaded && toVersionRecord(context, loaded)
}

/** The version a client id stands for, also while pending; undefined once it is gone. */
export async function resolveClientId(context: Context, clientId: string, options: CallOptions = {}): Promise<string | undefined> {
  const client = await readRecord<ClientRow>(context.records, clientKey(clientId), options)
  const loaded = client && (await loadVersion(context, client.id, options))
  return loaded === undefined || loaded.state === "DELETED" ? undefined : loaded.row.id
}

export async function getCollection(
  context: Context,
  ref: CollectionRef,
  options: CallOptions = {},
): Promise<CollectionRecord | undefined> {
  const row = await findCollection(context, ref, options)
  return row && toCollectionRecord(row)
}

/** In order of their names. */
export async function* listCollections(
  context: Context,
  project: ProjectRef,
  type: string | undefined,
  options: CallOptions = {},
): AsyncGenerator<CollectionRecord> {
  const pointers = listRecords(context.records, namePrefix(project), options)
  for await (const row of mapAhead(pointers, async ({ key, value }) => {
    const row = await readCollection(context, (value as unknown as NameRow).token, options)
    return row !== undefined && nameKey({ ...row, collection: row.name }) === key ? row : undefined
  })) {
    if (row !== undefined && (type === undefined || row.type === type)) yield toCollectionRecord(row)
  }
}

export async function* listTypes(context: Context, project: ProjectRef, options: CallOptions = {}) {
  for await (const { value } of listRecords(context.records, typePrefix(project), options)) {
    const { id, name, createdAt } = value as unknown as TypeRow
    yield { id, name, description: null, createdAt }
  }
}

/** Newest first. Reads the collection once, and its versions as they are asked for. */
export async function* listVersions(context: Context, ref: CollectionRef, options: CallOptions = {}): AsyncGenerator<Membership> {
  const collection = await requireCollection(context, ref, options)
  const sources = createSources(context, options)
  const newestFirst = collection.members.toReversed()
  for await (const membership of mapAhead(newestFirst, (member) => toMembership(context, sources, collection, member, options))) {
    if (membership !== undefined) yield membership
  }
}

/** Every alias in use, without `vN`. */
export async function listAliases(context: Context, ref: CollectionRef, options: CallOptions = {}): Promise<string[]> {
  const collection = await requireCollection(context, ref, options)
  const sources = createSources(context, options)
  const latest = await latestMember(sources, collection)
  const aliases = latest === undefined ? [] : [latestAlias]
  for (const [alias, index] of collection.aliases) {
    const member = memberAt(collection, index)
    if (alias !== latestAlias && member !== undefined && (await sources.living(collection, member)) !== undefined)
      aliases.push(alias)
  }
  return aliases
}
