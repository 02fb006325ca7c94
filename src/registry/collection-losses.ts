import { aliasTarget, latestAlias, withAliases } from "./collection-state.ts"
import type { CollectionRow, Member } from "./rows.ts"
import { latestMember, type Sources } from "./versions.ts"

/** What a collection's record can lose, as functions like those of `collection-state.ts`. */

/** Aliases that are at another version stay there. */
export function withoutAliases(row: CollectionRow, index: number, aliases: readonly string[]): CollectionRow {
  const kept = row.aliases.filter(([alias, target]) => target !== index || !aliases.includes(alias))
  return kept.length === row.aliases.length ? row : { ...row, aliases: kept }
}

/**
 * Takes versions out, with their aliases. Numbers are not used again. When `latest` was on one of them it moves to the newest version
 * left, because a collection with versions always has a latest one.
 */
export function withoutMembers(row: CollectionRow, isGone: (member: Member) => boolean): CollectionRow {
  const members = row.members.filter((member) => !isGone(member))
  if (members.length === row.members.length) return row
  const left = new Set(members.map(({ index }) => index))
  const aliases = row.aliases.filter(([, index]) => left.has(index))
  const lostLatest = aliasTarget(row, latestAlias) !== undefined && !aliases.some(([alias]) => alias === latestAlias)
  const newest = members.at(-1)
  const smaller = { ...row, members, aliases }
  return lostLatest && newest !== undefined ? withAliases(smaller, newest.index, [latestAlias]) : smaller
}

/** The row with `latest` where readers see it, for whoever is about to take it away or to respect it. */
export async function settleLatest(sources: Sources, collection: CollectionRow): Promise<CollectionRow> {
  const latest = await latestMember(sources, collection)
  return latest === undefined ? collection : withAliases(collection, latest.index, [latestAlias])
}
