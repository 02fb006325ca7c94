/** An object or list that has been begun and not ended. */
interface Level {
  readonly value: object
  /** Keys, or what a list holds. */
  readonly items: readonly unknown[]
  at: number
}

/**
 * What `JSON.stringify(value, null, indent)` gives, to its end or until it is longer than `limit`: indents make much of little JSON that
 * nests deep, and a stack has no room for what nests ever deeper.
 */
export function printJson(value: unknown, limit: number, indent = ""): string {
  const open: Level[] = []
  const line = () => (indent === "" ? "" : `\n${indent.repeat(open.length)}`)
  const begin = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return JSON.stringify(value)
    open.push({ value, items: Array.isArray(value) ? value : Object.keys(value), at: 0 })
    return Array.isArray(value) ? "[" : "{"
  }
  const goOn = (level: Level): string => {
    const { value, items } = level
    const isList = Array.isArray(value)
    if (level.at === items.length) {
      open.pop()
      return (level.at === 0 ? "" : line()) + (isList ? "]" : "}")
    }
    const start = (level.at === 0 ? "" : ",") + line()
    const item = items[level.at++]
    if (isList) return start + begin(item)
    const name = JSON.stringify(item) + (indent === "" ? ":" : ": ")
    return start + name + begin((value as Record<string, unknown>)[item as string])
  }
  let text = begin(value)
  while (open.length > 0 && text.length <= limit) text += goOn(open.at(-1)!)
  return text
}
