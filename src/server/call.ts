import type { SharedAnswers } from "../bytes/shared-answers.ts"
import type { Entry } from "../core/entry.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Hasher, ProjectRef, Registry } from "../ports.ts"
import { guardRegistry } from "./guard.ts"
import { type Action, allActions, type Principal } from "./principal.ts"
import type { Signer } from "./signing.ts"

/** A server, made once. */
export interface Setup {
  /** Without a guard: only for what a signature or a guarded look-up has allowed already. */
  readonly registry: Registry
  readonly signer: Signer
  readonly authenticate: (key: string, request: Request) => Promise<Principal | undefined> | Principal | undefined
  readonly baseUrl: string | undefined
  readonly corsOrigins: readonly string[]
  readonly urlExpiresInSeconds: number
  readonly maxRequestBytes: number
  readonly maxManifestBytes: number
  readonly maxDepth: number
  /** Whether to hand out addresses of the store itself where it has some. */
  readonly direct: boolean
  /** Whether another server keeps the files. */
  readonly isGateway: boolean
  readonly multipart: boolean
  readonly hasher: Hasher
  readonly onError: (error: unknown, details: { readonly requestId?: string | undefined }) => void
  /** The entries of the versions that were listed last, by id. A committed version's never change. */
  readonly manifests: SharedAnswers<Entry[]>
  /** When each multipart upload that is being put together last moved, so that a client that asks twice does not start it twice. */
  readonly completing: Map<string, number>
}

/** What answers one request of one principal. */
export interface Call {
  readonly setup: Setup
  readonly principal: Principal
  /** As the principal may use it. */
  readonly registry: Registry
  /** What every address that is handed out starts with; no slash at its end. */
  readonly baseUrl: string
  readonly signal: AbortSignal
  /** Throws when one request asks for more than a client needs: objects, and what is as much work as looking at so many. */
  spend(count: number): void
}

const maxObjects = 200_000
/** What to spend on looking up one thing that a list has not brought along. */
export const lookUpCost = 10

export function createCall(setup: Setup, principal: Principal, baseUrl: string, signal: AbortSignal): Call {
  let left = maxObjects
  const spend = (count: number) => {
    left -= count
    if (left < 0)
      throw new InvalidArgumentError(
        "query",
        `The query is as much work as more than ${maxObjects} objects; ask for fewer at once, or with a simpler filter.`,
      )
  }
  return { setup, principal, registry: guardRegistry(setup.registry, principal, spend), baseUrl, signal, spend }
}

/** For finding what `action` is to be done to, also without the right to read it: nothing that comes from here is told. */
export function registryFor({ setup, principal, spend }: Call, action: Action): Registry {
  const { actions = allActions } = principal
  const mayFind = actions.includes("read") || actions.includes(action)
  return guardRegistry(setup.registry, { ...principal, actions: mayFind ? ["read"] : [] }, spend)
}

/** The project a request means, with the defaults filled in. */
export async function placeOf(
  call: Call,
  entity: string | null | undefined,
  project: string | null | undefined,
): Promise<ProjectRef> {
  if (entity && project) return { entity, project }
  const defaults = await call.registry.defaults({ signal: call.signal })
  return { entity: entity || defaults.entity, project: project || defaults.project }
}

/** Calls `work` at the first use only. */
export function once<T>(work: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: work() }
    return made.value
  }
}

/** The items that have a key in common, in their order. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
