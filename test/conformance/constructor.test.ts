/** spec/api.md, "Constructor". */
import { Artifact } from "isofact"
import { describe, expect, test } from "vitest"
import { refusal } from "./fresh.ts"

describe("name", () => {
  test.each(["birds", "a", "A-b_c.9", "x".repeat(128)])("%j is taken as it is", (name) => {
    expect(new Artifact(name, "dataset").name).toBe(name)
  })

  test.each(["", "x".repeat(129), "a b", "a/b", "a:v1", "vögel", "a\n", "🐦"])("%j is refused", async (name) => {
    const error = await refusal("INVALID_ARGUMENT", () => new Artifact(name, "dataset"))
    expect(error.details.argument).toBe("name")
  })
})

describe("type", () => {
  test.each(["dataset", "my model", "运行", "jobs", "wandb"])("%j is taken as it is", (type) => {
    expect(new Artifact("birds", type).type).toBe(type)
  })

  test.each([
    ["birds", "job"],
    ["birds", "wandb-history"],
    ["birds", ""],
    ["run-abc-table", "run_table"],
    ["source-abc", "code"],
  ])("an artifact called %j cannot have type %j", async (name, type) => {
    const error = await refusal("INVALID_ARGUMENT", () => new Artifact(name, type))
    expect(error.details.argument).toBe("type")
  })

  test("the reserved pairs are free for other names", () => {
    expect(new Artifact("birds", "run_table").type).toBe("run_table")
    expect(new Artifact("birds", "code").type).toBe("code")
  })
})

describe("description", () => {
  test("is null by default", () => {
    expect(new Artifact("birds", "dataset").description).toBeNull()
  })

  test("is kept as text", () => {
    expect(new Artifact("birds", "dataset", { description: "# Birds\n" }).description).toBe("# Birds\n")
  })

  test("may be said to be absent", () => {
    expect(new Artifact("birds", "dataset", { description: null }).description).toBeNull()
  })
})

describe("metadata", () => {
  test("is empty by default", () => {
    expect(new Artifact("birds", "dataset").metadata).toEqual({})
  })

  test("is a copy of what was passed", () => {
    const metadata = { hz: 44100, tags: ["a"] }
    const artifact = new Artifact("birds", "dataset", { metadata })
    metadata.tags.push("b")
    expect(artifact.metadata).toEqual({ hz: 44100, tags: ["a"] })
  })

  test("turns NaN into null, at any depth", () => {
    const { metadata } = new Artifact("birds", "dataset", { metadata: { loss: Number.NaN, more: [{ x: Number.NaN }] } })
    expect(metadata).toEqual({ loss: null, more: [{ x: null }] })
  })

  test("may be JSON text of an object", () => {
    expect(new Artifact("birds", "dataset", { metadata: '{"loss": NaN, "epoch": 3}' }).metadata).toEqual({ loss: null, epoch: 3 })
  })

  test("takes 100 keys and not 101", async () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))
    expect(Object.keys(new Artifact("birds", "dataset", { metadata: keys(100) }).metadata)).toHaveLength(100)
    const error = await refusal("INVALID_ARGUMENT", () => new Artifact("birds", "dataset", { metadata: keys(101) }))
    expect(error.message).toContain("100")
  })

  test("refuses infinities and names where they are", async () => {
    const error = await refusal("INVALID_ARGUMENT", () => new Artifact("b", "dataset", { metadata: { a: { b: Infinity } } }))
    expect(error.details.argument).toBe("options.metadata.a.b")
  })

  test("keeps keys that mean something to JavaScript", () => {
    const metadata = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as { [key: string]: unknown }
    const artifact = new Artifact("birds", "dataset", { metadata })
    expect(JSON.stringify(artifact.metadata)).toBe('{"__proto__":{"x":1},"constructor":2}')
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})

describe("the other options", () => {
  test("incremental is false by default and true when asked for", () => {
    expect(new Artifact("birds", "dataset").incremental).toBe(false)
    expect(new Artifact("birds", "dataset", { incremental: true }).incremental).toBe(true)
  })

  test("useAs is accepted and has no effect", () => {
    expect(new Artifact("birds", "dataset", { useAs: "eval" }).useAs).toBe("eval")
  })

  test("storageRegion reaches the manifest", () => {
    expect(new Artifact("birds", "dataset", { storageRegion: "eu-west-1" }).manifest.storageRegion).toBe("eu-west-1")
  })

  test("a name that is no option is an error that lists those that are", async () => {
    const error = await refusal("INVALID_ARGUMENT", () => new Artifact("birds", "dataset", { desc: "x" } as never))
    expect(error.details.argument).toBe("options.desc")
    expect(error.message).toContain("description")
  })
})
