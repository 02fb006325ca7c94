import { InvalidArgumentError } from "../errors.ts"
import { type Call, once } from "./call.ts"
import { formatCursor, readOffset, readPlace } from "./cursors.ts"
import { comparePlaces, type Place } from "./places.ts"

export interface PageArgs {
  readonly after?: string | null | undefined
  readonly first?: number | null | undefined
}

/** A list that never changes: its cursors count the items before them. */
type FixedList<T> = () => Promise<readonly T[]>

type Items<T> = AsyncIterable<T> | Promise<readonly T[]>

/** A list whose items come and go while somebody pages through it: its cursors say which item they stand behind. */
export interface LivingList<T> {
  all(): Items<T>
  placeOf(item: T): Place
  /** As `comparePlaces` takes them. */
  readonly signs?: readonly number[]
  /** Whether it is in the order of its places for certain. */
  readonly isOrdered: boolean
}

interface Page<T> {
  readonly items: readonly T[]
  readonly hasNextPage: boolean
  cursorOf(index: number): string
}

const defaultPage = 50
const maxPage = 10_000
/** What to spend on an item that a page begins behind. */
const skipCost = 0.1

/** A page of a list as GraphQL clients read it. The list is asked for only when the fields that were selected need it. */
export function connection<T>(
  call: Call,
  list: FixedList<T> | LivingList<T>,
  node: (item: T) => object,
  { after, first: asked }: PageArgs = {},
) {
  const first = Math.min(asked ?? defaultPage, maxPage)
  if (first < 0) throw new InvalidArgumentError("first", "first must be a whole number of at least 0.")
  const isFixed = typeof list === "function"
  const page = once(() =>
    isFixed ? fixedPage(call, list, after || undefined, first) : livingPage(call, list, after || undefined, first),
  )
  return {
    totalCount: () => count(call, isFixed ? list() : list.all()),
    pageInfo: async () => {
      const { items, hasNextPage, cursorOf } = await page()
      return { __typename: "PageInfo", endCursor: items.length === 0 ? null : cursorOf(items.length - 1), hasNextPage }
    },
    edges: async () => {
      const { items, cursorOf } = await page()
      return items.map((item, index) => ({ cursor: () => cursorOf(index), ...node(item) }))
    },
  }
}

async function fixedPage<T>(call: Call, list: FixedList<T>, after: string | undefined, first: number): Promise<Page<T>> {
  const offset = after === undefined ? 0 : readOffset(after)
  const all = await list()
  const items = all.slice(offset, offset + first)
  call.spend(items.length)
  return { items, hasNextPage: offset + first < all.length, cursorOf: (index) => formatCursor(offset + index + 1) }
}

async function livingPage<T>(call: Call, list: LivingList<T>, after: string | undefined, first: number): Promise<Page<T>> {
  const items: T[] = []
  const cursorOf = (index: number) => formatCursor(list.placeOf(items[index]!))
  for await (const item of itemsAfter(call, list, after === undefined ? undefined : readPlace(after), first)) {
    if (items.length === first) return { items, hasNextPage: true, cursorOf }
    call.spend(1)
    items.push(item)
  }
  return { items, hasNextPage: false, cursorOf }
}

/**
 * What comes after the item at a place, at least as far as a page of `first` needs. Where that item is gone, what comes after the place;
 * a list that may be in another order, as that of another server may, is looked through for the item first.
 */
async function* itemsAfter<T>(call: Call, list: LivingList<T>, after: Place | undefined, first: number): AsyncGenerator<T> {
  const later: T[] = []
  let isPast = after === undefined
  for await (const item of await list.all()) {
    const side = isPast ? 1 : comparePlaces(list.placeOf(item), after!, list.signs)
    isPast ||= side > 0 && list.isOrdered
    if (isPast) yield item
    else call.spend(skipCost)
    if (!isPast && side > 0 && later.length <= first) later.push(item)
    isPast ||= side === 0
  }
  if (!isPast) yield* later
}

async function count<T>(call: Call, all: Items<T>): Promise<number> {
  if (!(Symbol.asyncIterator in all)) return (await all).length
  let total = 0
  for await (const _ of all) {
    call.spend(1)
    total++
  }
  return total
}

/** A list that is at hand, whole. */
export function wholeList<T>(items: readonly T[], node: (item: T) => object) {
  return {
    totalCount: items.length,
    pageInfo: { __typename: "PageInfo", endCursor: null, hasNextPage: false },
    edges: items.map((item, index) => ({ cursor: formatCursor(index + 1), ...node(item) })),
  }
}
