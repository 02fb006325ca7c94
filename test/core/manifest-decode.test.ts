import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Manifest } from "../../src/core/manifest.ts"
import { InvalidArgumentError } from "../../src/errors.ts"
import { entries, json, troublesomeText } from "./arbitraries.ts"

const envelope = {
  version: 1,
  storagePolicy: "wandb-storage-policy-v1",
  storagePolicyConfig: { storageLayout: "V2" },
  contents: {},
}

const withMembers = (members: object) => JSON.stringify({ ...envelope, ...members })
const withContents = (contents: object) => withMembers({ contents })
const withEntry = (entry: unknown) => withContents({ p: entry })
const readEntry = (entry: unknown) => Manifest.decode(withEntry(entry)).get("p")

describe("lenient where Python is", () => {
  test("unknown keys, local_path and skip_cache are dropped", () => {
    const entry = {
      digest: "d",
      ref: "wandb-artifact://a/b",
      size: 0,
      local_path: "/home/u/tmp",
      skip_cache: false,
      future: { a: [1] },
    }
    const manifest = Manifest.decode(withMembers({ future: [1], contents: { p: entry } }))
    expect(manifest.get("p")).toEqual({ path: "p", digest: "d", ref: "wandb-artifact://a/b", size: 0 })
    expect(manifest.toJSON().contents).toEqual({ p: { digest: "d", ref: "wandb-artifact://a/b", size: 0 } })
  })

  test.each([
    [null, undefined],
    ["12", 12],
    [" 007 ", 7],
    ["+5", 5],
    ["1.0", 1],
    [0, 0],
    [2 ** 53 - 1, 2 ** 53 - 1],
  ])("size %j is %j", (size, bytes) => expect(readEntry({ digest: "d", size })?.size).toBe(bytes))

  test("null ref and birthArtifactID are absent, empty ones are kept", () => {
    expect(readEntry({ digest: "d", ref: null, birthArtifactID: null, extra: {} })).toEqual({ path: "p", digest: "d" })
    expect(readEntry({ digest: "", ref: "", birthArtifactID: "" })).toEqual({ path: "p", digest: "", ref: "", birthArtifactId: "" })
  })

  test("entries of another algorithm survive", () => {
    const contents = { p: { digest: "AAAAAAAAAAAAAAAAAAAAAA==", size: 1, extra: { alg: "XXH128" } } }
    expect(Manifest.decode(withContents(contents)).toJSON().contents).toEqual(contents)
  })

  test.each([{}, { storageLayout: "V1" }, { storageLayout: "V2" }, { storageRegion: "eu" }])(
    "config %j is kept",
    (storagePolicyConfig) => {
      const manifest = Manifest.decode(withMembers({ storagePolicyConfig }))
      expect(manifest.toJSON().storagePolicyConfig).toEqual(storagePolicyConfig)
      expect(manifest.copy().toJSON().storagePolicyConfig).toEqual(storagePolicyConfig)
    },
  )

  test("__proto__, constructor and numbers are ordinary names", () => {
    const text = withContents({ b: { digest: "1" }, constructor: { digest: "2" }, "1": { digest: "3" } }).replace(
      '"b"',
      '"__proto__"',
    )
    const manifest = Manifest.decode(text)
    expect(Array.from(manifest.entries.keys()).toSorted()).toEqual(["1", "__proto__", "constructor"])
    expect(manifest.get("__proto__")?.digest).toBe("1")
    const normal = JSON.stringify(JSON.parse(text))
    expect(JSON.stringify(JSON.parse(manifest.encode()))).toBe(normal)
    expect(JSON.stringify(manifest)).toBe(normal)
    expect(Object.getPrototypeOf(manifest.toJSON().contents)).toBe(Object.prototype)
  })

  test("an untidy path of an old client is tidied, and still digested and written as it was", () => {
    const contents = { "./a//b": { digest: "d", size: 1 }, c: { digest: "d" } }
    const manifest = Manifest.decode(withContents(contents))
    expect(manifest.get("a/b")).toEqual({ path: "a/b", digest: "d", size: 1 })
    expect(manifest.toJSON().contents).toEqual(contents)
    expect(JSON.parse(manifest.encode()).contents).toEqual(contents)
    // Python's own answer for this document.
    expect(manifest.digest()).toBe("246ba59ab25bd449614270d323dc6090")
    const draft = manifest.copy()
    draft.add({ path: "a/b", digest: "e" }, { overwrite: true })
    expect(Object.keys(draft.toJSON().contents)).toEqual(["a/b", "c"])
    expect(manifest.copy().remove("a/b")).toBe(1)
  })

  test("the same key twice: the last one counts", () => {
    const text = withContents({ p: { digest: "1", size: 1 } }).replace("}}}", '},"p":{"digest":"2","size":5}}}')
    const manifest = Manifest.decode(text)
    expect([manifest.get("p")?.digest, manifest.size, manifest.fileCount]).toEqual(["2", 5, 1])
  })
})

describe("strict where it protects", () => {
  const paths = ["../x", "/x", "//x", "a/../b", "", ".", "C:x", "a:b", "\\x", "a\\..\\b", "a\0b", "\ud800"]
  test.each(paths)("path %j", (path) => {
    expect(() => Manifest.decode(withContents({ [path]: { digest: "d" } }))).toThrow(InvalidArgumentError)
  })

  test("two spellings of one path, either way round", () => {
    for (const keys of [
      ["a", "./a"],
      ["./a", "a"],
      ["./a", "a/"],
    ] as const) {
      const contents = Object.fromEntries(keys.map((key) => [key, { digest: "d" }]))
      expect(() => Manifest.decode(withContents(contents))).toThrow(/the same file twice/)
    }
  })

  const sizes = [-1, 1.5, "1e3", "", "-1", "0x10", true, [], {}, 2 ** 53].map((size) => ({ digest: "d", size }))
  const types = [null, 1, "d", [], {}, { digest: null }, { digest: 1 }, { digest: {} }, { digest: "\ud800" }]
  const rest = [
    { ref: 1 },
    { ref: {} },
    { birthArtifactID: 1 },
    { extra: null },
    { extra: [] },
    { extra: "x" },
    { extra: { a: "\ud800" } },
  ]
  const bad: unknown[] = [...types, ...sizes, ...rest.map((members) => ({ digest: "d", ...members }))]
  test.each(bad.map((entry) => [entry]))("entry %j", (entry) => {
    expect(() => Manifest.decode(withEntry(entry))).toThrow(/^manifest\.contents\["p"\]/)
    expect(() => Manifest.decode(withEntry(entry))).toThrow(InvalidArgumentError)
  })

  test.each([
    [{ version: 2 }, "manifest.version must be 1: this reads version 1 only, got 2."],
    [{ version: "1" }, "manifest.version must be 1"],
    [{ version: true }, "manifest.version must be 1"],
    [{ version: undefined }, "manifest.version is missing"],
    [{ storagePolicy: "other" }, 'manifest.storagePolicy must be "wandb-storage-policy-v1", the only one there is, got "other".'],
    [{ storagePolicy: undefined }, "manifest.storagePolicy is missing"],
    [{ storagePolicyConfig: undefined }, "manifest.storagePolicyConfig is missing"],
    [{ storagePolicyConfig: null }, "manifest.storagePolicyConfig must be an object"],
    [
      { storagePolicyConfig: { storageLayout: "V3" } },
      'manifest.storagePolicyConfig.storageLayout must be "V1" or "V2", got "V3".',
    ],
    [{ storagePolicyConfig: { storageRegion: " " } }, "manifest.storagePolicyConfig.storageRegion must be"],
    [{ storagePolicyConfig: { storageRegion: 1 } }, "manifest.storagePolicyConfig.storageRegion must be"],
    [{ contents: undefined }, "manifest.contents is missing"],
    [{ contents: null }, "manifest.contents must be an object of entries, got null."],
    [{ contents: [] }, "manifest.contents must be an object of entries"],
  ])("%j", (members, message) => {
    expect(() => Manifest.decode(withMembers(members))).toThrow(message)
    expect(() => Manifest.decode(withMembers(members))).toThrow(InvalidArgumentError)
  })

  test.each(["", "{", "null", "1", "[]", '"x"', "{}", "{}{}", `${withMembers({})}x`, withMembers({}).slice(0, -1), "not json"])(
    "text %j",
    (text) => {
      expect(() => Manifest.decode(text)).toThrow(InvalidArgumentError)
    },
  )

  test.each([undefined, null, 1, {}, new Uint8Array(2)])("no text: %j", (text) => {
    expect(() => Manifest.decode(text as never)).toThrow(InvalidArgumentError)
  })

  test("nesting that would overflow a stack", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`
    const text = (key: string) =>
      withEntry({ digest: "d", [key]: "here" }).replace('"here"', key === "extra" ? `{"a":${deep}}` : deep)
    expect(() => Manifest.decode(text("extra"))).toThrow(/200 levels/)
    expect(Manifest.decode(text("future")).fileCount).toBe(1)
  })

  test("a reference, whose address may be signed, is not shown", () => {
    const entry = { digest: "d", ref: "https://h/x?sig=SECRET", size: -1 }
    expect(() => Manifest.decode(withEntry(entry))).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("SECRET") }),
    )
  })
})

describe("properties", () => {
  const anything = fc.oneof(json, troublesomeText, fc.constantFrom(-1, 0.5, "V1", 1, {}, []))
  const rawEntry = fc.record(
    { digest: anything, size: anything, ref: anything, extra: anything, birthArtifactID: anything },
    { requiredKeys: [] },
  )
  const document = fc.record(
    {
      version: fc.constantFrom(1, 2, "1"),
      storagePolicy: fc.constantFrom("wandb-storage-policy-v1", "x"),
      storagePolicyConfig: fc.oneof(fc.constant({}), anything),
      contents: fc.oneof(fc.dictionary(troublesomeText, fc.oneof(rawEntry, fc.constant({ digest: "d" }), anything)), anything),
    },
    { requiredKeys: [] },
  )
  const decodes = (text: string) => {
    try {
      return Manifest.decode(text)
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidArgumentError)
      return undefined
    }
  }

  test("hostile documents give InvalidArgumentError and nothing else, and what passes can be written again", () => {
    fc.assert(
      fc.property(document, (value) => {
        const manifest = decodes(JSON.stringify(value))
        if (manifest !== undefined) expect(Manifest.decode(manifest.encode()).digest()).toBe(manifest.digest())
      }),
      { numRuns: 2000 },
    )
  })

  test("a document with one character changed is read or refused as JSON.parse does", () => {
    const isJson = (text: string) => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
    const changed = fc.tuple(
      entries,
      fc.nat(),
      fc.nat({ max: 1 }),
      fc.constantFrom(
        "",
        '"',
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "0",
        "-",
        ".",
        "e",
        " ",
        "\n",
        "\t",
        "\u0001",
        "\u00a0",
        "n",
        "\\u00",
      ),
    )
    fc.assert(
      fc.property(changed, ([list, place, cut, insert]) => {
        const manifest = new Manifest()
        for (const entry of list) manifest.add(entry)
        const text = manifest.encode()
        const at = place % text.length
        const broken = text.slice(0, at) + insert + text.slice(at + cut)
        const isRefusedAsText = (() => {
          try {
            Manifest.decode(broken)
            return false
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidArgumentError)
            return (error as Error).message.includes("is not JSON text")
          }
        })()
        if (isJson(broken)) expect(isRefusedAsText).toBe(false)
        else expect(decodes(broken)).toBeUndefined()
      }),
      { numRuns: 3000 },
    )
  })
})
