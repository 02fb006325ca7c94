import { expect, test } from "vitest"
import { example, openPlace } from "./program.ts"

test("the Node example logs and reads back", () => {
  const { status, stdout, stderr } = openPlace().run("node", example("node.ts"))
  expect(stderr).toBe("")
  expect(stdout).toBe("local/notes/notes:v0: 2 files, 39 bytes\nfirst note\n\n")
  expect(status).toBe(0)
})
