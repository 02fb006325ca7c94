import type { Json } from "../core/json.ts"

/** Whether two values say the same; the order of an object's keys says nothing. */
export function isEqualJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [one, other] = [a, b] as { readonly [key: string]: Json }[]
  const keys = Object.keys(one!)
  if (keys.length !== Object.keys(other!).length) return false
  return keys.every((key) => Object.hasOwn(other!, key) && isEqualJson(one![key], other![key]))
}
