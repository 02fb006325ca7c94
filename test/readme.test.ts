/** Runs every snippet of the README, in order and in one folder, against the built package: as a reader would. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"

const root = join(import.meta.dirname, "..")
const readme = readFileSync(join(root, "README.md"), "utf8")
const snippets = [...readme.matchAll(/\n```ts\n([\s\S]*?)\n```/g)].map((match) => ({
  code: match[1]!,
  line: readme.slice(0, match.index).split("\n").length + 1,
}))

/** Answers for the stores that the snippets speak to. */
const elsewhere = join(import.meta.dirname, "readme-stores.ts")

let folder: string

beforeAll(() => {
  // Inside the repository, so that the package finds itself by its own name.
  folder = mkdtempSync(join(root, "test/.readme-"))
  mkdirSync(join(folder, "birds"))
  writeFileSync(join(folder, "birds/a.txt"), "seen\n")
  writeFileSync(join(folder, "birds/labels.json"), '["wren"]')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("the README has snippets", () => expect(snippets.length).toBeGreaterThan(6))

test.each(snippets)("the snippet at line $line runs", ({ code, line }) => {
  const file = join(folder, `line-${line}.ts`)
  writeFileSync(file, code)
  const { status, stderr } = spawnSync(process.execPath, ["--import", elsewhere, file], {
    cwd: folder,
    encoding: "utf8",
    env: cleanEnvironment(),
  })
  expect(stderr).toBe("")
  expect(status).toBe(0)
})

test("the two commands that the README promises are there", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  for (const [, script] of readme.matchAll(/npm ci && npm (?:run )?(\w+)/g)) expect(Object.keys(scripts)).toContain(script)
})

/** Without the settings of whoever runs the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WANDB_") && name !== "NODE_OPTIONS"))
}
