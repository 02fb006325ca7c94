import { SharedAnswers } from "../bytes/shared-answers.ts"
import { untilAborted } from "../bytes/streams.ts"
import { registryNameOf } from "../core/names.ts"
import { show } from "../core/show.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, ProjectRef } from "../ports.ts"
import { entityOrganizations, type Organization } from "./account-documents.ts"
import { type Ask, absent } from "./ask.ts"
import type { Organizations } from "./context.ts"

/**
 * A registry's entity may be given as the organization's entity, as its display name, or as a team or user of it; the server knows only
 * the first.
 */
export function createOrganizations(ask: Ask, defaultEntity: () => Promise<string>): Organizations {
  const found = new SharedAnswers<Organization[]>(64)
  const displayNames = new Map<string, string>()
  const organizationsOf = (entity: string) => found.get(entity, () => findOrganizations(ask, entity))

  const find = async (name: string): Promise<Organization> => {
    const own = await organizationsOf(name)
    const named = own.find((org) => org.orgEntity?.name === name) ?? (own.length === 1 ? own[0] : undefined)
    if (named !== undefined) return named
    const mine = own.length > 0 ? own : await organizationsOf(await defaultEntity())
    const shown = mine.filter((org) => org.name === name)
    if (shown.length === 1) return shown[0]!
    const names = mine.map((org) => show(org.name)).join(", ") || "none"
    throw new InvalidArgumentError(
      "entity",
      `${show(name)} is not one organization of yours; you are in ${names}. Name one of them.`,
    )
  }
  return {
    displayName: (entity) => displayNames.get(entity) ?? entity,
    async resolve<T extends ProjectRef>(ref: T, { signal }: CallOptions = {}): Promise<T> {
      // A name that has come out of here once is not looked up again.
      if (registryNameOf(ref.project) === undefined || displayNames.has(ref.entity)) return ref
      signal?.throwIfAborted()
      const { name, orgEntity } = await untilAborted(find(ref.entity), signal)
      const entity = orgEntity?.name ?? ref.entity
      displayNames.set(entity, name)
      return { ...ref, entity }
    },
  }
}

async function findOrganizations(ask: Ask, entity: string): Promise<Organization[]> {
  const found = await absent(
    ask(entityOrganizations, { entity }, {}, (answer) => {
      const { organization, user } = answer.entity ?? {}
      const all = organization ? [organization] : (user?.organizations ?? [])
      return all.filter(({ orgEntity }) => orgEntity !== null)
    }),
  )
  return found ?? []
}
