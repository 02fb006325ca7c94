import { RegistryError } from "../errors.ts"
import type { Page } from "./wire.ts"

/** Every node of a paged list, to its last page. A cursor that was there before is an error and no endless loop. */
export async function* allNodes<N>(
  operation: string,
  ask: (cursor: string | undefined) => Promise<Page<N> | null | undefined>,
): AsyncGenerator<N> {
  const seen = new Set<string>()
  let cursor: string | undefined
  for (;;) {
    const page = await ask(cursor)
    for (const { node } of page?.edges ?? []) if (node !== null) yield node
    if (!page?.pageInfo?.hasNextPage) return
    const { endCursor } = page.pageInfo
    if (!endCursor || seen.has(endCursor)) {
      throw new RegistryError(`The server's list ends nowhere: ${operation} says that there is more and not where.`, { operation })
    }
    seen.add(endCursor)
    cursor = endCursor
  }
}
