import { createJsonScanner } from "./scan-json.ts"

/** A key and the text of its value. */
export type JsonMember = readonly [key: string, value: string]

/** The members of the object that a JSON text is, in its order; what their values hold is not looked at. */
export function membersOf(text: string, argument: string): JsonMember[] {
  const scanner = createJsonScanner(text, argument)
  const members: JsonMember[] = []
  scanner.object((key) => members.push([key, scanner.raw()]))
  scanner.end()
  return members
}

export function objectText(members: readonly JsonMember[]): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`
}
