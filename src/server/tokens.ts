import { checkOptions, checkPositiveInteger, checkString, type OptionChecks, optional, refuse } from "../core/check.ts"
import { checkCollectionName, checkEntityName, checkProjectName } from "../core/names.ts"
import { type Action, allActions, type Principal } from "./principal.ts"
import type { Signer } from "./signing.ts"

export interface TokenOptions {
  /** Default: the registry's. */
  readonly entity?: string | undefined
  readonly project: string
  /** Default: every collection of the project. */
  readonly collection?: string | undefined
  /** Clients look at what they have logged: for logging give `"read"` and `"write"`. */
  readonly actions: readonly Action[]
  readonly expiresInSeconds: number
}

interface TokenClaim {
  readonly entity: string
  readonly project: string
  readonly collection?: string | undefined
  readonly actions: readonly Action[]
}

const purpose = "token"
/** Three parts joined by dots are what W&B's clients take for a key unseen. */
const prefix = "isofact."

const optionChecks: OptionChecks<TokenOptions> = {
  entity: undefined,
  project: undefined,
  collection: undefined,
  actions: checkActions,
  expiresInSeconds: checkPositiveInteger,
}

export async function issueToken(signer: Signer, defaultEntity: () => Promise<string>, options: TokenOptions): Promise<string> {
  const { entity, project, collection, actions, expiresInSeconds } = checkOptions("options", options, optionChecks)
  checkPositiveInteger("options.expiresInSeconds", expiresInSeconds)
  const claim: TokenClaim = {
    entity: checkEntityName(entity ?? (await defaultEntity()), "options.entity"),
    project: checkProjectName(project, "options.project"),
    collection: optional((place, value) => checkCollectionName(value, place), "options.collection", collection),
    actions: checkActions("options.actions", actions),
  }
  return prefix + (await signer.sign(purpose, claim, expiresInSeconds))
}

function checkActions(argument: string, value: unknown): Action[] {
  const list = Array.isArray(value) ? value.map((item) => checkString(argument, item) as Action) : []
  const isFine = list.length > 0 && list.every((action) => allActions.includes(action))
  return isFine ? list : refuse(argument, 'a list of "read", "write" and "delete", at least one', value)
}

/** Whose token it is; undefined for one that has expired, was altered, or is none. */
export async function readToken(signer: Signer, text: string): Promise<Principal | undefined> {
  const claim = isToken(text) ? await signer.verify<TokenClaim>(purpose, text.slice(prefix.length)) : undefined
  if (claim === undefined) return undefined
  const { entity, project, collection, actions } = claim
  return { entity, username: "token", entities: [entity], project, collection, actions }
}

export function isToken(text: string): boolean {
  return text.startsWith(prefix)
}
