/** What a Worker cannot do says so at once, and what to do instead. */
import { Artifact } from "isofact"
import { expect, test } from "vitest"
import { createWasmHasher } from "../../../src/digest/hash-wasm.ts"
import { draftOf, fresh, refusal } from "../../conformance/fresh.ts"

test("a download needs a target", async () => {
  const artifact = await fresh().log("birds", { a: "a" })
  expect((await refusal("UNSUPPORTED", artifact.download())).message).toMatch(/entry\.stream\(\)|Directory/)
})

test("there are no paths to add", async () => {
  const draft = new Artifact("birds", "dataset")
  for (const work of [draft.addFile("./a.txt"), draft.addDir("./folder")]) {
    expect((await refusal("UNSUPPORTED", work)).message).toMatch(/pass/)
  }
  expect((await draftOf("birds", { a: "a" })).manifest.entries.size).toBe(1)
})

test("hash-wasm is refused by the runtime, and names another engine", async () => {
  expect((await refusal("UNSUPPORTED", createWasmHasher().create())).message).toMatch(/isofact\/digest\//)
})
