/** spec/api.md, "Methods": add, for anything that speaks the port of typed objects. What the classes of isofact/media write is tested there. */
import { Artifact, type Content, type MediaDraft, type MediaObject } from "isofact"
import { describe, expect, test } from "vitest"
import { toContent } from "../../src/digest/content.ts"
import { draftOf, failure, fresh, refusal } from "./fresh.ts"

const paths = (draft: Artifact) => [...draft.manifest.entries.keys()].sort()

/** An object that is `text`, and adds `parts` first. */
class Note implements MediaObject {
  readonly logType = "note"
  readonly parts: Note[] = []
  revision = 0
  text: string

  constructor(text: string) {
    this.text = text
  }

  async toContent(draft: MediaDraft): Promise<Content> {
    for (const [index, part] of this.parts.entries()) await draft.add(part, `parts/${index}`)
    return toContent(new Blob([this.text]))
  }
}

describe("add", () => {
  test.each([
    ["t", "t.note.json"],
    ["t.note.json", "t.note.json"],
    ["a/mynote.json", "a/mynote.json"],
    ["./a//t", "a/t.note.json"],
  ])("%s is at %s", async (name, path) => {
    const draft = new Artifact("birds", "dataset")
    expect(await draft.add(new Note("x"), name)).toMatchObject({ path, size: 1, digest: "ndTkYSaMgDT1yFZOFVxnpg==" })
  })

  test("set is add, the other way round", async () => {
    const draft = new Artifact("birds", "dataset")
    expect((await draft.set("t", new Note("x"))).path).toBe("t.note.json")
    await refusal("INVALID_ARGUMENT", draft.set("t", new Note("y")))
    draft.finalize()
    await refusal("ARTIFACT_FINALIZED", draft.set("u", new Note("x")))
  })

  test("an object added twice keeps its entry, and its parts theirs", async () => {
    const draft = new Artifact("birds", "dataset")
    const whole = new Note("whole")
    whole.parts.push(new Note("part"))
    const [first, second] = await Promise.all([draft.add(whole, "a"), draft.add(whole, "b")])
    expect([first.path, second.path]).toEqual(["a.note.json", "a.note.json"])
    expect((await draft.add(whole.parts[0]!, "c")).path).toBe("parts/0.note.json")
    expect(paths(draft)).toEqual(["a.note.json", "parts/0.note.json"])
  })

  test("a taken path is refused when the content differs, unless overwrite is set", async () => {
    const draft = new Artifact("birds", "dataset")
    await draft.add(new Note("x"), "t")
    await draft.add(new Note("x"), "t")
    await refusal("INVALID_ARGUMENT", draft.add(new Note("y"), "t"))
    const { digest } = await draft.add(new Note("y"), "t", { overwrite: true })
    expect(draft.manifest.get("t.note.json")?.digest).toBe(digest)
  })

  test("below media/tables the content names the entry", async () => {
    const draft = new Artifact("birds", "dataset")
    expect((await draft.add(new Note("x"), "media/tables/t_1")).path).toBe("media/tables/9dd4e461268c8034f5c8.note.json")
  })

  test("an object of a logged artifact becomes a reference, until it changes", async () => {
    const { start } = fresh()
    const run = await start()
    const note = new Note("x")
    const first = new Artifact("first", "dataset")
    await first.add(note, "a")
    await run.logArtifact(first)
    const second = new Artifact("second", "dataset")
    const entry = await second.add(note, "b")
    expect(entry).toMatchObject({ path: "b.note.json", size: 0, digest: "ndTkYSaMgDT1yFZOFVxnpg==" })
    expect(entry.ref).toMatch(/^wandb-artifact:\/\/[0-9a-f]+\/a\.note\.json$/)
    const logged = await run.logArtifact(second)
    expect(await logged.getEntry("b.note.json").text()).toBe("x")

    note.text = "changed"
    note.revision++
    const third = new Artifact("third", "dataset")
    expect((await third.add(note, "c")).ref).toBeUndefined()
  })

  test("one that contains itself is refused", async () => {
    const note = new Note("x")
    const other = new Note("y")
    note.parts.push(other)
    other.parts.push(note)
    const draft = new Artifact("birds", "dataset")
    const error = await refusal("INVALID_ARGUMENT", draft.add(note, "t"))
    expect(error.message).toContain("contains itself")
    expect(paths(draft)).toEqual([])
  })

  test("what is no typed object is refused, and so is a final artifact", async () => {
    const draft = await draftOf("birds", {})
    for (const wrong of [undefined, null, {}, "text", new Blob(["x"])]) {
      expect((await refusal("INVALID_ARGUMENT", draft.add(wrong as never, "t"))).message).toContain("addFile")
    }
    for (const name of ["", "..", "/a", "a/../b"]) await refusal("INVALID_ARGUMENT", draft.add(new Note("x"), name))
    draft.finalize()
    await refusal("ARTIFACT_FINALIZED", draft.add(new Note("x"), "t"))
  })

  test("an object whose writing fails can be added again", async () => {
    const draft = new Artifact("birds", "dataset")
    const note = new Note("x")
    const write = note.toContent
    note.toContent = () => Promise.reject(new Error("no"))
    expect(await failure(draft.add(note, "t"))).toMatchObject({ message: "no" })
    note.toContent = write
    expect((await draft.add(note, "t")).path).toBe("t.note.json")
  })
})
