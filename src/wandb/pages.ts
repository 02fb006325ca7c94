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

/** Every item of a paged list, to its last page. A cursor that was there before is an error and no endless loop. */
export async function* allItems<T>(
  operation: string,
  ask: (cursor: string | undefined) => Promise<Listed<T> | undefined>,
): AsyncGenerator<T> {
  const seen = new Set<string>()
  let cursor: string | undefined
  for (;;) {
    const page = await ask(cursor)
    yield* page?.items ?? []
    if (!page?.pageInfo?.hasNextPage) return
    const { endCursor } = page.pageInfo
    if (typeof endCursor !== "string" || endCursor === "" || seen.has(endCursor)) {
      throw new RegistryError(`The server's list ends nowhere: ${operation} says that there is more and not where.`, { operation })
    }
    seen.add(endCursor)
    cursor = endCursor
  }
}
