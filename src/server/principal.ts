import { checkString, refuse } from "../core/check.ts"
import { hexEncode } from "../core/digest-text.ts"
import type { CollectionRef } from "../ports.ts"
import { Refusal } from "./failure.ts"

export type Action = "read" | "write" | "delete"
export const allActions: readonly Action[] = ["read", "write", "delete"]

/** Who is asking, and what that allows. */
export interface Principal {
  /** Entity meant when a request names none. */
  readonly entity: string
  readonly username: string
  readonly email?: string | undefined
  /** Entities that may be seen and changed; `"*"`: all there are, and any name makes another. W&B's registries are their organization's, though teams find them too. */
  readonly entities: readonly string[] | "*"
  /** The one project it is for. Default: every project of `entities`. */
  readonly project?: string | undefined
  /** The one collection it is for; only with `project`. */
  readonly collection?: string | undefined
  /** Default: everything. */
  readonly actions?: readonly Action[] | undefined
}

/** An entity, a project of it, or a collection of that. */
export type Place = { readonly entity: string } & Partial<CollectionRef>

/**
 * Whether `who` may do that there. What is wider than the principal's own project or collection may be looked at, since names lead
 * through it, and never changed.
 */
export function may(who: Principal, action: Action, place: Place): boolean {
  if (who.entities !== "*" && !who.entities.includes(place.entity)) return false
  if (who.actions !== undefined && !who.actions.includes(action)) return false
  const within = (own: string | undefined, asked: string | undefined) =>
    own === undefined || (asked === undefined ? action === "read" : own === asked)
  return within(who.project, place.project) && within(who.collection, place.collection)
}

/** Refuses with 403 and names the place, which the asker named first. */
export function demand(who: Principal, action: Action, place: Place): void {
  if (!may(who, action, place)) refuseAction(action, place, reasonOf(who, place))
}

const maxNamed = 5

/** What a key is for instead, where the entity is at fault, which is how a misspelt one is found. */
function reasonOf({ entities }: Principal, { entity }: Place): string | undefined {
  if (entities === "*" || entities.includes(entity)) return undefined
  const more = entities.length > maxNamed ? ` and ${entities.length - maxNamed} more` : ""
  const names = `${entities.slice(0, maxNamed).join(", ")}${more}`
  return `it is for the ${entities.length === 1 ? "entity" : "entities"} ${names}, and whoever runs the server can name more`
}

export function refuseAction(action: Action, place: Place, reason?: string): never {
  const path = [place.entity, place.project, place.collection].filter((part) => part !== undefined).join("/")
  throw new Refusal(403, `This key may not ${action} ${path}${reason === undefined ? "" : `: ${reason}`}.`, path)
}

/** Runs belong to a project and to none of its collections. */
export function forRuns(who: Principal): Principal {
  return { ...who, collection: undefined }
}

/**
 * Keys and whose they are, for `createServer`'s `authenticate`. W&B's clients take a key of 40 or more letters, digits, `_` and `-`, or
 * `local-` and as many.
 *
 * @example createServer({ authenticate: apiKeys({ [env.API_KEY]: { entity: "birds", username: "ann", entities: ["birds"] } }), … })
 */
export function apiKeys(keys: Readonly<Record<string, Principal>>): (key: string) => Promise<Principal | undefined> {
  for (const [key, principal] of Object.entries(keys)) {
    if (!/^(?:[\w]+-)?[\w-]{40,}$/.test(key))
      refuse("keys", "keys of at least 40 letters, digits, - and _", "a shorter or other one")
    checkString("keys.entity", principal.entity)
  }
  let known: Promise<Map<string, Principal>> | undefined
  const load = async () =>
    new Map(await Promise.all(Object.entries(keys).map(async ([key, who]) => [await fingerprint(key), who] as const)))
  return async (key) => {
    known ??= load()
    // How long it takes to find a hash tells nothing of the key behind it.
    return (await known).get(await fingerprint(key))
  }
}

async function fingerprint(key: string): Promise<string> {
  return hexEncode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key))))
}
