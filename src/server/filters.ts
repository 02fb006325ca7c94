import { show } from "../core/show.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Call } from "./call.ts"
import type { LivingList } from "./connection.ts"
import { compilePattern, maxText } from "./pattern.ts"
import { comparePlaces, type Place, placePart } from "./places.ts"
import type { FilterArgs } from "./view-project.ts"

/**
 * The filters and orders that W&B's clients send, a small part of MongoDB's language as JSON text: `{"name": "a"}`,
 * `{"$or": [{"tag": {"$in": ["x"]}}, {"version_index": {"$gte": 3}}]}`, and `+name,-created_at`.
 */
export type Fields<T> = { readonly [name: string]: (item: T) => unknown }
type Test<T> = (item: T) => boolean
type Json = { readonly [key: string]: unknown }

const maxDepth = 8
const maxTerms = 200
const maxLength = 8192
const maxParts = 32
/** What is looked at for as much as one object costs: characters, each as often as a pattern has them, and keys of an object. */
const charsPerObject = 500
const keysPerObject = 5
/** A test that looks at next to nothing, in characters. */
const leastChars = 10

/** What there is to know of things that can be listed. */
export interface Kind<T> {
  /** The words that filters and orders use of them. */
  readonly fields: Fields<T>
  /** Where one stands in the list as it comes. */
  placeOf(item: T): Place
  readonly isOrdered: boolean
}

/** What passes, in the order asked; as it comes when nothing is asked. */
export function listOf<T>(call: Call, items: () => AsyncIterable<T>, kind: Kind<T>, args: FilterArgs): LivingList<T> {
  const test = compileFilter(call, kind.fields, args.filters)
  const order = compileOrder(kind.fields, args.order)
  const all = () => (test === undefined ? items() : filtered(call, items(), test))
  if (order === undefined) return { all, placeOf: kind.placeOf, isOrdered: kind.isOrdered }
  const placeOf = (item: T): Place => [...order.placeOf(item), ...kind.placeOf(item)]
  return { all: () => sorted(call, all(), placeOf, order.signs), placeOf, signs: order.signs, isOrdered: true }
}

async function* filtered<T>(call: Call, items: AsyncIterable<T>, test: Test<T>): AsyncGenerator<T> {
  for await (const item of items) {
    call.spend(1)
    if (test(item)) yield item
  }
}

async function sorted<T>(call: Call, items: AsyncIterable<T>, placeOf: (item: T) => Place, signs: Order<T>["signs"]): Promise<T[]> {
  const list: { readonly item: T; readonly place: Place }[] = []
  for await (const item of items) {
    call.spend(1)
    list.push({ item, place: placeOf(item) })
  }
  return list.sort((a, b) => comparePlaces(a.place, b.place, signs)).map(({ item }) => item)
}

/** Each use of the test is charged for what it looks at. */
export function compileFilter<T>(call: Call, fields: Fields<T>, text: string | null | undefined): Test<T> | undefined {
  if (text === null || text === undefined || text === "") return undefined
  if (text.length > maxLength) fail(`more than ${maxLength} characters`)
  const filter = parse(text)
  let terms = 0
  const limits: Limits = {
    spend: call.spend,
    count: () => ++terms > maxTerms && fail(`more than ${maxTerms} terms`),
  }
  const compile = (part: unknown, depth: number): Test<T> => {
    if (depth > maxDepth) fail(`more than ${maxDepth} levels`)
    const tests = Object.entries(asObject(part)).map(([key, value]): Test<T> => {
      limits.count()
      if (key === "$not") return negate(compile(value, depth + 1))
      if (key.startsWith("$"))
        return combine(
          key,
          asArray(value).map((each) => compile(each, depth + 1)),
        )
      return compileField(readerOf(fields, key), value, limits)
    })
    return (item) => tests.every((test) => test(item))
  }
  return compile(filter, 0)
}

/** What a filter may take: terms as it is compiled, and work as it is used. */
interface Limits {
  count(): void
  spend(count: number): void
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return fail("no JSON")
  }
}

function combine<T>(key: string, tests: readonly Test<T>[]): Test<T> {
  if (key === "$and") return (item) => tests.every((test) => test(item))
  if (key === "$or") return (item) => tests.some((test) => test(item))
  if (key === "$nor") return (item) => !tests.some((test) => test(item))
  return fail(`the operator ${show(key)}`)
}

const negate =
  <T>(test: Test<T>): Test<T> =>
  (item) =>
    !test(item)

/** A field by name; a dot leads into one that is an object, as in `metadata.epoch`. */
function readerOf<T>(fields: Fields<T>, name: string): (item: T) => unknown {
  const [head = "", ...path] = name.split(".")
  if (path.length >= maxParts) fail(`a field of more than ${maxParts} parts`)
  const read = Object.hasOwn(fields, head) ? fields[head]! : fail(`the field ${show(name)}`)
  // W&B keeps each setting of a config under `value`, which its clients say or do not.
  const said = head === "config" ? path.lastIndexOf("value") : -1
  if (said < 1) return (item) => valueAt(read(item), path)
  const short = path.toSpliced(said, 1)
  return (item) => valueAt(read(item), path) ?? valueAt(read(item), short)
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value)
}

function compileField<T>(read: (item: T) => unknown, wanted: unknown, limits: Limits): Test<T> {
  const isOperators = isObject(wanted) && Object.keys(wanted).some((key) => key.startsWith("$"))
  const operators = isOperators ? Object.entries(wanted) : [["$eq", wanted] as const]
  const tests = operators.map(([operator, operand]) => {
    limits.count()
    if (operator === "$not") return negate(compileField(read, operand, limits))
    return compileOperator(operator, operand, limits)(read)
  })
  return (item) => tests.every((test) => test(item))
}

function compileOperator(operator: string, operand: unknown, { spend }: Limits): <T>(read: (item: T) => unknown) => Test<T> {
  const test = matcherOf(operator, operand, spend)
  const matches = (value: unknown) => {
    spend(charsOf(operator, operand, value) / charsPerObject)
    return test(value)
  }
  const isNegative = operator === "$ne" || operator === "$nin"
  // A list, such as tags, passes when it does or one of it; not being in it has to hold for all.
  return (read) => (item) => {
    const value = read(item)
    const values = Array.isArray(value) ? [value, ...value] : [value]
    return isNegative ? values.every(matches) : values.some(matches)
  }
}

/** How much a test has to look at; the texts of a filter itself are short. */
function charsOf(operator: string, operand: unknown, value: unknown): number {
  if (Array.isArray(operand)) return leastChars * operand.length
  if (typeof operand !== "string" || typeof value !== "string") return leastChars
  if (operator === "$regex") return leastChars + operand.length * Math.min(value.length, maxText)
  return operator === "$contains" ? leastChars + operand.length * value.length : leastChars
}

function matcherOf(operator: string, operand: unknown, spend: Limits["spend"]): (value: unknown) => boolean {
  if (operator === "$eq") return (value) => equal(value, operand, spend)
  if (operator === "$ne") return (value) => !equal(value, operand, spend)
  if (operator === "$in" || operator === "$nin") {
    const list = asArray(operand)
    return (value) => list.some((each) => equal(value, each, spend)) === (operator === "$in")
  }
  if (operator === "$exists") return (value) => (value !== undefined && value !== null) === operand
  if (operator === "$regex") return compilePattern(typeof operand === "string" ? operand : fail("a $regex that is no text"))
  if (operator === "$contains")
    return (value) => typeof value === "string" && typeof operand === "string" && value.includes(operand)
  const sign = comparisons[operator] ?? fail(`the operator ${show(operator)}`)
  return (value) => comparable(value, operand) && sign(order(value, operand))
}

const comparisons: { readonly [operator: string]: (sign: number) => boolean } = Object.assign(Object.create(null), {
  $gt: (sign: number) => sign > 0,
  $gte: (sign: number) => sign >= 0,
  $lt: (sign: number) => sign < 0,
  $lte: (sign: number) => sign <= 0,
})

/** As JSON, whatever the order of an object's keys. Goes no further than `wanted` does. */
function equal(value: unknown, wanted: unknown, spend: Limits["spend"]): boolean {
  if ((value ?? null) === (wanted ?? null)) return true
  if (Array.isArray(value) && Array.isArray(wanted))
    return value.length === wanted.length && wanted.every((each, at) => equal(value[at], each, spend))
  if (!isObject(value) || !isObject(wanted)) return false
  const { length } = Object.keys(value)
  spend(length / keysPerObject)
  const keys = Object.keys(wanted)
  return length === keys.length && keys.every((key) => Object.hasOwn(value, key) && equal(value[key], wanted[key], spend))
}

function comparable(a: unknown, b: unknown): boolean {
  return typeof a === typeof b && (typeof a === "number" || typeof a === "string")
}

function order(a: unknown, b: unknown): number {
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0
}

interface Order<T> {
  placeOf(item: T): Place
  readonly signs: readonly number[]
}

/** `+name` or `name` ascending, `-name` descending, several joined by commas. */
function compileOrder<T>(fields: Fields<T>, text: string | null | undefined): Order<T> | undefined {
  if (text === null || text === undefined || text === "") return undefined
  if (text.length > maxLength) fail(`more than ${maxLength} characters`)
  const steps = text.split(",", maxDepth).map((part) => {
    const [, sign, name = ""] = /^\s*([+-]?)(.*?)\s*$/s.exec(part)!
    return { read: readerOf(fields, name), sign: sign === "-" ? -1 : 1 }
  })
  return { placeOf: (item) => steps.map(({ read }) => placePart(read(item))), signs: steps.map(({ sign }) => sign) }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function asObject(value: unknown): Json {
  return isObject(value) ? value : fail("something other than an object where conditions belong")
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : fail("something other than a list behind an operator that takes one")
}

function fail(what: string): never {
  throw new InvalidArgumentError("filters", `filters or order hold ${what}, which this server does not understand.`)
}
