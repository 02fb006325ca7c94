/** The mutations of the schema, as far as tests go through all of them. */
import { changeDefs } from "../../src/server/schema-changes.ts"

/** Input types, each with its fields and their types. */
export const inputs = new Map(
  [...changeDefs.matchAll(/input (\w+) \{([^}]*)\}/g)].map(([, name, body]) => [
    name!,
    [...body!.matchAll(/(\w+): (\S+)/g)].map(([, field, type]) => [field!, type!] as const),
  ]),
)

export const mutations = [...changeDefs.matchAll(/^ {2}(\w+)\(input: (\w+)!\)/gm)].map(([, field, input]) => ({
  field: field!,
  input: input!,
}))
