import { readdirSync } from "node:fs"
import { expect, test } from "vitest"
import { example, openPlace } from "./program.ts"

const script = example("deno/log-folder.ts")
const rights = ["--allow-read=.", "--allow-write=."]
const birds = { "birds/a.txt": "wren", "birds/b/c.txt": "robin" }

test("the Deno example logs a folder and reads a file back, with its working directory as its only right", () => {
  const place = openPlace(birds)
  const first = place.run("deno", "run", "--no-prompt", ...rights, script, "birds", "b/c.txt")
  expect(first).toMatchObject({ stdout: "local/birds/birds:v0: 2 files, 9 bytes\nb/c.txt: robin\n", stderr: "", status: 0 })
  const again = place.run("deno", "run", "--no-prompt", ...rights, script, "birds")
  expect(again).toMatchObject({ stdout: "local/birds/birds:v0: 2 files, 9 bytes\na.txt: wren\n", stderr: "", status: 0 })
  expect(readdirSync(place.folder).sort()).toEqual([".isofact", "birds"])
})

test("without rights it fails and says which one is missing", () => {
  const { status, stdout, stderr } = openPlace(birds).run("deno", "run", "--no-prompt", script, "birds")
  expect(stderr).toContain("--allow-read")
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" })
})
