import { Artifact } from "isofact"
import { expect, test } from "vitest"
import { addFiles, draftOf, fresh } from "./fresh.ts"

test("incremental whose own files are an old version", async () => {
  const { log, start } = fresh()
  await log("birds", { a: "a" })
  await log("birds", { a: "x", b: "b" })
  const more = new Artifact("birds", "dataset", { incremental: true })
  await addFiles(more, { a: "a" })
  const logged = await (await start()).logArtifact(more)
  expect([...logged.manifest.entries.keys()].sort()).toEqual(["a", "b"])
  expect(logged.version).toBe("v2")
})
test("share whose own files are an old version", async () => {
  const { log, start } = fresh()
  await log("birds", { a: "a" })
  await (await start()).upsertArtifact(await draftOf("birds", { b: "b" }), { distributedId: "d" })
  const logged = await (await start()).finishArtifact(await draftOf("birds", { a: "a" }), { distributedId: "d" })
  expect(logged.version).toBe("v1")
})
