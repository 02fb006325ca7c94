import { base64Decode, base64Encode } from "../core/digest-text.ts"
import { InvalidArgumentError } from "../errors.ts"
import { type Call, once } from "./call.ts"

export interface PageArgs {
  readonly after?: string | null | undefined
  readonly first?: number | null | undefined
}

const defaultPage = 50
const maxPage = 10_000

interface Listed<T> {
  readonly items: readonly T[]
  readonly offset: number
  readonly hasNextPage: boolean
}

/**
 * A page of a list as GraphQL clients read it. A cursor is the number of items before it, so lists must not change their order between
 * pages. `all` is asked only for the fields that were selected.
 */
export function connection<T>(
  call: Call,
  all: () => AsyncIterable<T> | Promise<readonly T[]>,
  node: (item: T) => object,
  args: PageArgs = {},
) {
  const offset = readCursor(args.after)
  const first = Math.min(args.first ?? defaultPage, maxPage)
  if (first < 0) throw new InvalidArgumentError("first", "first must be a whole number of at least 0.")
  const page = once(() => readPage(call, all, offset, first))
  return {
    totalCount: () => count(call, all),
    pageInfo: async () => {
      const { items, hasNextPage } = await page()
      return { __typename: "PageInfo", endCursor: items.length === 0 ? null : formatCursor(offset + items.length), hasNextPage }
    },
    edges: async () => {
      const { items } = await page()
      return items.map((item, index) => ({ cursor: formatCursor(offset + index + 1), ...node(item) }))
    },
  }
}

async function readPage<T>(
  call: Call,
  all: () => AsyncIterable<T> | Promise<readonly T[]>,
  offset: number,
  first: number,
): Promise<Listed<T>> {
  const source = all()
  if (!(Symbol.asyncIterator in source)) {
    const list = await source
    const items = list.slice(offset, offset + first)
    call.spend(items.length)
    return { items, offset, hasNextPage: offset + first < list.length }
  }
  const items: T[] = []
  let position = 0
  for await (const item of source) {
    if (position++ < offset) continue
    if (items.length === first) return { items, offset, hasNextPage: true }
    call.spend(1)
    items.push(item)
  }
  return { items, offset, hasNextPage: false }
}

async function count<T>(call: Call, all: () => AsyncIterable<T> | Promise<readonly T[]>): Promise<number> {
  const source = all()
  if (!(Symbol.asyncIterator in source)) return (await source).length
  let total = 0
  for await (const _ of source) {
    call.spend(1)
    total++
  }
  return total
}

function formatCursor(position: number): string {
  return base64Encode(new TextEncoder().encode(`after:${position}`))
}

function readCursor(after: string | null | undefined): number {
  if (after === null || after === undefined || after === "") return 0
  try {
    const position = /^after:(\d{1,15})$/.exec(new TextDecoder().decode(base64Decode(after)))?.[1]
    if (position !== undefined) return Number(position)
  } catch {
    // Refused below, as every other text that is no cursor.
  }
  throw new InvalidArgumentError("after", "after must be the endCursor of a page before.")
}

/** A list that is at hand, whole. */
export function wholeList<T>(items: readonly T[], node: (item: T) => object) {
  return {
    totalCount: items.length,
    pageInfo: { __typename: "PageInfo", endCursor: null, hasNextPage: false },
    edges: items.map((item, index) => ({ cursor: formatCursor(index + 1), ...node(item) })),
  }
}
