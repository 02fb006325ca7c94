/** Which fields of a server's answers its client reads. */
import { vi } from "vitest"
import type { Fetch } from "./served.ts"

/** Fields as `Operation.project.name`; what lists hold has the path of the list. */
export interface Reading {
  /** Marks answers, so that what is parsed of them is known by its operation. */
  watch(fetch: Fetch): Fetch
  readonly asked: ReadonlySet<string>
  /** What was answered and read by nobody. The only field of its object does not count: GraphQL wants one. */
  unread(): string[]
}

export function watchReading(): Reading {
  const asked = new Set<string>()
  const given = new Set<string>()
  const needed = new Set<string>()

  const note = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const item of value) note(item, path)
    if (Array.isArray(value) || !isObject(value)) return
    const keys = Object.keys(value)
    for (const key of keys) {
      given.add(`${path}.${key}`)
      if (keys.length === 1) needed.add(`${path}.${key}`)
      note(value[key], `${path}.${key}`)
    }
  }
  const watched = <T>(value: T, path: string): T => {
    if (Array.isArray(value)) return value.map((item) => watched(item, path)) as T
    if (!isObject(value)) return value
    const get = (target: object, key: string | symbol) => {
      const at = `${path}.${String(key)}`
      needed.add(at)
      return watched(Reflect.get(target, key), at)
    }
    return new Proxy<object>(value, { get }) as T
  }
  const parse = JSON.parse
  vi.spyOn(JSON, "parse").mockImplementation((text, reviver) => {
    const value = parse(text, reviver)
    const operation = value?.answerTo
    if (operation === undefined || !isObject(value.data)) return value
    note(value.data, operation)
    return { ...value, data: watched(value.data, operation) }
  })
  return {
    watch: (fetch) => async (request) => {
      if (!request.url.endsWith("/graphql")) return fetch(request)
      const { operationName } = await request.clone().json()
      asked.add(operationName)
      const answer = await fetch(request)
      return new Response(JSON.stringify({ answerTo: operationName, ...(await answer.json()) }), answer)
    },
    asked,
    unread: () => [...given].filter((path) => !needed.has(path)).sort(),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null
