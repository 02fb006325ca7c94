import { RegistryError } from "../errors.ts"
import { nodesOf, type Page } from "./wire.ts"

/** A page of a list, read. */
export interface Listed<T> {
  readonly items: readonly T[]
  readonly pageInfo: Page<T>["pageInfo"]
}

export const readPage = <N, T>(page: Page<N> | null | undefined, toItem: (node: N) => T): Listed<T> => ({
  items: nodesOf(page).map(toItem),
  pageInfo: page?.pageInfo,
})

/**
 * Every item of a paged list, to its last page. A cursor that was there before is an error and no endless loop; so are two pages in
 * succession with nothing on them, where Python's client stops at the first.
 */
export async function* allItems<T>(
  operation: string,
  ask: (cursor: string | undefined) => Promise<Listed<T> | undefined>,
): AsyncGenerator<T> {
  const seen = new Set<string>()
  const fail = (what: string): never => {
    throw new RegistryError(`The server's list ends nowhere: ${operation} says that there is more and ${what}.`, { operation })
  }
  let cursor: string | undefined
  let wasEmpty = false
  for (;;) {
    const { items, pageInfo } = (await ask(cursor)) ?? { items: [] }
    yield* items
    if (!pageInfo?.hasNextPage) return
    const { endCursor } = pageInfo
    const isEmpty = items.length === 0
    if (typeof endCursor !== "string" || endCursor === "" || seen.has(endCursor)) return fail("not where")
    if (isEmpty && wasEmpty) return fail("brings nothing")
    wasEmpty = isEmpty
    seen.add(endCursor)
    cursor = endCursor
  }
}
