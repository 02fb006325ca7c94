/** Runs the example scripts as their readers would: from a folder of their own, against the built package. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Where an example is. */
export const example = (path: string): string => join(root, "examples", path)

export interface Place {
  readonly folder: string
  /** Runs one of the project's programs in the folder. */
  run(program: string, ...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string }
}

/** An empty folder, or one with these files; it is gone when the test ends. */
export function openPlace(files: Readonly<Record<string, string>> = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), "isofact-example-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  // Without the settings of whoever runs the tests.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("WANDB_") && name !== "NODE_OPTIONS")
  const PATH = join(root, "node_modules/.bin") + delimiter + process.env.PATH
  const env = { ...Object.fromEntries(inherited), PATH, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" }
  return { folder, run: (program, ...args) => spawnSync(program, args, { cwd: folder, encoding: "utf8", env }) }
}
