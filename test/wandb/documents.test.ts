import { buildSchema, parse, validate } from "graphql"
import { describe, expect, test } from "vitest"
import { changeDefs } from "../../src/server/schema-changes.ts"
import { typeDefs } from "../../src/server/schema-types.ts"
import { documents } from "./documents.ts"

const schema = buildSchema(typeDefs + changeDefs)

describe("documents", () => {
  test("are all of them", () => expect(documents.length).toBeGreaterThan(35))

  test.each(documents.map((document) => [document.name, document] as const))(
    "%s is valid against the server's schema",
    (_, { text }) => {
      expect(validate(schema, parse(text))).toEqual([])
    },
  )

  test("no two have one name, and each is called what it is sent as", () => {
    const names = documents.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, text } of documents) expect(text).toMatch(new RegExp(`^(query|mutation) ${name}\\b`))
  })
})
