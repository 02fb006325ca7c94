import { type Digest, digestFromHex, isDigest } from "../core/digest-text.ts"
import { show } from "../core/show.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CollectionRef, Membership, Ttl, VersionRecord, VersionRef } from "../ports.ts"
import { type Call, registryFor } from "./call.ts"
import type { Action } from "./principal.ts"

/** What a field holds that a client may leave out or send as null. */
export type Maybe<T> = T | null | undefined

/** W&B's clients leave out what is null, so an empty text is how they say that there is none. */
export function parseDescription(text: Maybe<string>): string | null | undefined {
  return text === "" ? null : text
}

/** -1 and -2 are W&B's words for "inherit" and "never"; nothing leaves it alone. */
export function parseTtl(seconds: Maybe<number>): Ttl | undefined {
  if (seconds === null || seconds === undefined) return undefined
  return seconds === -1 ? "inherit" : seconds === -2 ? null : seconds
}

export function parseMd5(argument: string, text: string): Digest {
  if (isDigest(text)) return text
  throw new InvalidArgumentError(argument, `${argument} must be a base64 MD5, got ${show(text)}.`)
}

/** A part's MD5: 32 hex digits, with quotes where it comes back as an ETag. */
export function parsePartMd5(text: string): Digest {
  return digestFromHex(text.replace(/^"(.*)"$/, "$1"))
}

export function tagNames(tags: Maybe<readonly { readonly tagName: string }[]>): string[] | undefined {
  return tags?.map(({ tagName }) => tagName)
}

/** The version that `action` is to be done to. */
export async function requireVersion(call: Call, id: string, action: Action): Promise<VersionRecord> {
  const version = await registryFor(call, action).getVersion(id, { signal: call.signal })
  if (version !== undefined) return version
  throw new EntryNotFoundError(`There is no version with the id ${show(id)}.`, { path: id })
}

/** The place of a version in the collection that `picks` chooses, for `action` to be done to it. */
export async function requireMember(
  call: Call,
  id: string,
  action: Action,
  picks: (place: CollectionRef) => boolean,
): Promise<Membership> {
  const members = await registryFor(call, action).memberships(id, { signal: call.signal })
  const member = members.find(({ collection }) => picks(collection))
  if (member !== undefined) return member
  throw new EntryNotFoundError(`Version ${show(id)} is not, or not any more, in that collection.`, { path: id })
}

export function samePlace(a: CollectionRef, b: CollectionRef): boolean {
  return a.entity === b.entity && a.project === b.project && a.collection === b.collection
}

export function memberRef({ collection: { entity, project, collection }, index }: Membership): VersionRef {
  return { entity, project, collection, index }
}
