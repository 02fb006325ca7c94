import type { Ttl } from "../ports.ts"
import type { CollectionRow, Member } from "./rows.ts"

/** What can happen to a collection's record, as pure functions: each takes the row as read and returns the row to be written. */

export const latestAlias = "latest"

interface Clock {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Seconds; null: never. */
  readonly defaultTtl: number | null
}

/** Seconds the version lives, null for ever. */
export function effectiveTtl(ttl: number | null | undefined, defaultTtl: number | null): number | null {
  return ttl === undefined ? defaultTtl : ttl
}

/** Whether a member of a sequence has outlived its time; it is gone for every look-up from that instant. */
export function isExpired(member: Member, { at, defaultTtl }: Clock): boolean {
  const ttl = effectiveTtl(member.ttl, defaultTtl)
  return ttl !== null && Date.parse(member.createdAt) + ttl * 1000 <= at
}

/** The member of a sequence that stands for version `id`, unless it is gone. */
export function livingMember(row: CollectionRow | undefined, id: string, clock: Clock): Member | undefined {
  if (row === undefined || row.deleted) return undefined
  const member = row.members.find((candidate) => candidate.id === id)
  return member !== undefined && !isExpired(member, clock) ? member : undefined
}

/**
 * Where `latest` is in a sequence: on the version that was logged last, or, when that is gone, on the newest that is left. Undefined when
 * nothing is left, or somebody took the alias away.
 */
export function latestLiving(row: CollectionRow, clock: Clock): Member | undefined {
  const target = aliasTarget(row, latestAlias)
  const member = target === undefined ? undefined : memberAt(row, target)
  if (target === undefined || (member !== undefined && !isExpired(member, clock))) return member
  return newestLiving(row, clock)
}

export function newestLiving(row: CollectionRow, clock: Clock): Member | undefined {
  return row.members.findLast((member) => !isExpired(member, clock))
}

export function memberAt(row: CollectionRow, index: number): Member | undefined {
  return row.members.find((member) => member.index === index)
}

export function aliasTarget(row: CollectionRow, alias: string): number | undefined {
  return row.aliases.find(([name]) => name === alias)?.[1]
}

export function aliasesAt(row: CollectionRow, index: number): string[] {
  return row.aliases.filter(([, target]) => target === index).map(([alias]) => alias)
}

/** One alias, one version: those that are elsewhere move here. The same row when they are all here already. */
export function withAliases(row: CollectionRow, index: number, aliases: readonly string[]): CollectionRow {
  const moved = [...new Set(aliases)].filter((alias) => aliasTarget(row, alias) !== index)
  if (moved.length === 0) return row
  const kept = row.aliases.filter(([alias]) => !moved.includes(alias))
  return { ...row, aliases: [...kept, ...moved.map((alias) => [alias, index] as const)] }
}

/** Appends a version under the next number, with `latest` and its aliases. */
export function withMember(row: CollectionRow, member: Omit<Member, "index">, aliases: readonly string[]): CollectionRow {
  const index = row.next
  const grown = { ...row, next: index + 1, members: [...row.members, { index, ...member }] }
  return withAliases(grown, index, [latestAlias, ...aliases])
}

export function withTtl(row: CollectionRow, id: string, ttl: Ttl): CollectionRow {
  const member = row.members.find((candidate) => candidate.id === id)
  if (member === undefined) return row
  const changed = lasting(member, ttl)
  if (changed.ttl === member.ttl) return row
  return { ...row, members: row.members.map((candidate) => (candidate === member ? changed : candidate)) }
}

function lasting({ ttl: _, ...member }: Member, ttl: Ttl): Member {
  return ttl === "inherit" ? member : { ...member, ttl }
}

/** What was logged again: aliases and `latest` go there, and a ttl that was asked for holds from then on. */
interface Relogged {
  /** Hex manifest digest. */
  readonly digest: string
  readonly aliases: readonly string[]
  readonly ttl: Ttl | undefined
}

/**
 * The newest living version that has this content, and the row once it has been logged again. A version that would be past its time under
 * the ttl asked for is left as it is, and so not found: the content becomes a new version, whose time starts now.
 */
export function relog(row: CollectionRow, { digest, aliases, ttl }: Relogged, clock: Clock) {
  const lives = (member: Member) => !isExpired(member, clock) && (ttl === undefined || !isExpired(lasting(member, ttl), clock))
  const member = row.members.findLast((candidate) => candidate.digest === digest && lives(candidate))
  if (member === undefined) return undefined
  const aliased = withAliases(row, member.index, [latestAlias, ...aliases])
  return { member, row: ttl === undefined ? aliased : withTtl(aliased, member.id, ttl) }
}
