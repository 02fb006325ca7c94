import fc from "fast-check"
import type { Json } from "../../src/core/json.ts"
import { entryPath } from "../../src/core/path.ts"

const trouble = [
  "/",
  "\\",
  ".",
  "..",
  "//",
  "./",
  "../",
  "..\\",
  "C:",
  "c:",
  ":",
  "\0",
  "\ud800",
  "\udc00",
  "~",
  " ",
  "\n",
  "CON",
  "__proto__",
  "é",
  "e\u0301",
]
const order = ["\ud7ff", "\ue000", "\uff5e", "\uffff", "\u{10000}", "\u{1f600}", "\u{10ffff}", "a", "-", "."]

/** Text made to break path rules: separators, dots, drives and unpaired surrogates in any mixture. */
export const troublesomeText = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...trouble), fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 8 })
    .map((parts) => parts.join("")),
  fc.string({ unit: "binary-ascii" }),
  fc.string({ unit: "grapheme" }),
)

/** Whatever {@link entryPath} lets pass, with names around the places where UTF-16 order goes wrong. */
export const validPath = fc
  .oneof(
    troublesomeText,
    fc.array(fc.constantFrom(...order, "/"), { minLength: 1, maxLength: 6 }).map((parts) => parts.join("")),
  )
  .map((text) => {
    try {
      return entryPath(text)
    } catch {
      return undefined
    }
  })
  .filter((path) => path !== undefined)

export const json = fc.jsonValue({ depthSize: "small", stringUnit: "grapheme" }) as fc.Arbitrary<Json>

export const entry = fc.record(
  {
    path: validPath,
    digest: fc.oneof(fc.base64String({ minLength: 24, maxLength: 24 }), fc.string({ unit: "grapheme" })),
    size: fc.maxSafeNat(),
    ref: fc.webUrl(),
    birthArtifactId: fc.base64String(),
    extra: fc.dictionary(fc.string({ unit: "grapheme", minLength: 1 }), json, { minKeys: 1, maxKeys: 3 }),
  },
  { requiredKeys: ["path", "digest"] },
)

export const entries = fc.uniqueArray(entry, { selector: ({ path }) => path, maxLength: 12 })
