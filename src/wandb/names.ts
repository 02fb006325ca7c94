import { refuse } from "../core/check.ts"
import { base64Decode } from "../core/digest-text.ts"
import { checkAliases, checkCollectionName, checkEntityName, checkProjectName, checkTags } from "../core/names.ts"
import { isArtifactError } from "../errors.ts"
import type { CollectionRef, Ttl } from "../ports.ts"

/** Whether there can be such a place at all; servers answer what nobody could have made in many ways. */
export const isPossible = (ref: CollectionRef): boolean => passes(() => checkPlace(ref))

/** A place that is named whole: servers take an empty name for one that the key has of its own. */
export function checkPlace<T extends CollectionRef>(ref: T): T {
  checkEntityName(ref.entity)
  checkProjectName(ref.project)
  checkCollectionName(ref.collection, "collection")
  return ref
}

/** Whether an id has the form that every id has. */
export const isId = (id: string): boolean => id !== "" && passes(() => base64Decode(id))

function passes(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (isArtifactError(error)) return false
    throw error
  }
}

export const aliasInputs = (collection: string, aliases: readonly string[]) =>
  checkAliases(aliases).map((alias) => ({ artifactCollectionName: collection, alias }))

export const tagInputs = (tags: readonly string[] = []) => checkTags(tags).map((tagName) => ({ tagName }))

/** As protocol.md 3.3 writes it: -1 to inherit, -2 for never. */
export function ttlSeconds(ttl: Ttl | undefined): number | undefined {
  if (ttl === undefined) return undefined
  if (ttl === "inherit") return -1
  if (ttl === null) return -2
  if (Number.isSafeInteger(ttl) && ttl > 0) return ttl
  return refuse("ttl", 'whole seconds of at least 1, null for never, or "inherit"', ttl)
}
